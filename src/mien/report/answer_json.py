"""The answer as JSON."""

from __future__ import annotations

import json
from pathlib import Path

from mien.report.atomic import atomic
from mien.types import Prediction

__all__ = ["write_json"]


def write_json(p: Prediction, path: Path) -> None:
    """Write the published form of the answer (`schema/prediction-1.json`), UTF-8, one line.

    Raises:
        OutputError: the file cannot be written.
    """
    text = json.dumps(p.to_dict(), ensure_ascii=False, allow_nan=False)
    with atomic(path) as part:
        part.write_text(text + "\n", "utf-8")
