"""What becomes of a `Prediction`: one output format a file, each written whole or not at all.

A writer is imported when it is asked for: most runs write one format or none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from mien.core.walk import ANNOTATED

if TYPE_CHECKING:
    from mien.output.report.answer_json import write_json
    from mien.output.report.html import write_html
    from mien.output.report.subtitles import write_srt
    from mien.output.report.table_csv import write_csv
    from mien.output.report.table_parquet import need_parquet, write_parquet
    from mien.output.report.video import write_video
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

_HOMES = {
    "need_parquet": "table_parquet",
    "write_csv": "table_csv",
    "write_html": "html",
    "write_json": "answer_json",
    "write_parquet": "table_parquet",
    "write_srt": "subtitles",
    "write_video": "video",
}


def __getattr__(name: str) -> Callable[..., None]:
    if name not in _HOMES:
        raise AttributeError(f"module 'mien.output.report' has no attribute '{name}'")
    member: Callable[..., None] = getattr(import_module(f"mien.output.report.{_HOMES[name]}"), name)
    return member


@dataclass(frozen=True)
class Writer:
    """One format.

    Args:
        suffix: put after the full name of the source, as in clip.mp4.json.
        writer: the function that writes it; `write_video` also reads the source.
    """

    suffix: str
    writer: str

    def write(self, prediction: Prediction, source: Path, target: Path) -> None:
        """Write one file; `source` is the one that was analysed."""
        arguments = (source, target) if self.writer == "write_video" else (target,)
        __getattr__(self.writer)(prediction, *arguments)


WRITERS = {
    "json": Writer(".json", "write_json"),
    "csv": Writer(".csv", "write_csv"),
    "parquet": Writer(".parquet", "write_parquet"),
    "srt": Writer(".srt", "write_srt"),
    "html": Writer(".html", "write_html"),
    "video": Writer(ANNOTATED, "write_video"),
}
"""By the name of the option that asks for it."""
