"""What becomes of a `Prediction`: one output format a file, each written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mien.report.answer_json import write_json
from mien.report.html import write_html
from mien.report.subtitles import write_srt
from mien.report.table_csv import write_csv
from mien.report.table_parquet import need_parquet, write_parquet
from mien.report.video import write_video
from mien.types import Prediction

__all__ = [
    "WRITERS",
    "Writer",
    "need_parquet",
    "write_csv",
    "write_html",
    "write_json",
    "write_parquet",
    "write_srt",
    "write_video",
]


@dataclass(frozen=True)
class Writer:
    """One format.

    Args:
        suffix: put after the full name of the source, as in clip.mp4.json.
        write: (prediction, source file, target file) -> None.
    """

    suffix: str
    write: Callable[[Prediction, Path, Path], None]


WRITERS = {
    "json": Writer(".json", lambda p, _, path: write_json(p, path)),
    "csv": Writer(".csv", lambda p, _, path: write_csv(p, path)),
    "parquet": Writer(".parquet", lambda p, _, path: write_parquet(p, path)),
    "srt": Writer(".srt", lambda p, _, path: write_srt(p, path)),
    "html": Writer(".html", lambda p, _, path: write_html(p, path)),
    "video": Writer(".annotated.mp4", write_video),
}
"""By the name of the option that asks for it."""
