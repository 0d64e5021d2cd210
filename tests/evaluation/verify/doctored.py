"""A copy of the default bundle with another card."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mien.inference.bundle import default_path

__all__ = ["doctored"]


def doctored(folder: Path, change: Callable[[list[dict[str, Any]]], None]) -> Path:
    """The default bundle in `folder`, the scores of its card changed."""
    bundle = folder / "bundle"
    shutil.copytree(default_path(), bundle)
    card = json.loads((bundle / "card.json").read_text())
    change(card["scores"])
    (bundle / "card.json").write_text(json.dumps(card))
    return bundle
