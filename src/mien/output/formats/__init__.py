"""Answers in the formats of other programs; one format per file.

They are made from an answer, new or stored, and so need neither the clip nor a model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mien.output.formats.deepface import write_deepface
from mien.output.formats.elan import write_eaf
from mien.output.formats.fer import write_fer
from mien.output.formats.praat import write_textgrid
from mien.output.formats.rekognition import write_rekognition
from mien.output.formats.video_indexer import write_video_indexer
from mien.output.report.subtitles import write_srt
from mien.output.report.table_csv import write_csv
from mien.types import Prediction

__all__ = [
    "FORMATS",
    "Format",
    "write_deepface",
    "write_eaf",
    "write_fer",
    "write_rekognition",
    "write_textgrid",
    "write_video_indexer",
]


@dataclass(frozen=True)
class Format:
    """One output format.

    Args:
        suffix: put after the full name of the source, as in clip.mp4.eaf.
        write: (prediction, target file) -> None.
        reader: the program that reads it.
    """

    suffix: str
    write: Callable[[Prediction, Path], None]
    reader: str


FORMATS = {
    "eaf": Format(".eaf", write_eaf, "ELAN"),
    "textgrid": Format(".TextGrid", write_textgrid, "Praat"),
    "srt": Format(".srt", write_srt, "players, as subtitles"),
    "csv": Format(".csv", write_csv, "spreadsheets and data frames"),
    "deepface": Format(".deepface.jsonl", write_deepface, "code written for deepface"),
    "fer": Format(".fer.jsonl", write_fer, "code written for fer"),
    "rekognition": Format(
        ".rekognition.json", write_rekognition, "code written for Amazon Rekognition Video"
    ),
    "video-indexer": Format(
        ".video-indexer.json", write_video_indexer, "code written for Azure AI Video Indexer"
    ),
}
"""By the name that `mien convert --to` takes."""
