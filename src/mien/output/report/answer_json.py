"""The answer as JSON."""

from __future__ import annotations

from pathlib import Path

from mien.core.atomic import atomic
from mien.output.answer import answer_text
from mien.types import Prediction

__all__ = ["write_json"]


def write_json(p: Prediction, path: Path) -> None:
    """Write the published form of the answer (`schema/prediction-1.json`), UTF-8, one line.

    Raises:
        OutputError: the file cannot be written.
    """
    with atomic(path) as part, part.open("w", encoding="utf-8") as stream:
        stream.writelines(answer_text(p))
        stream.write("\n")
