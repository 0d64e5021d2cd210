"""Words for what a bundle's branches and labels are called; the default bundle has its own."""

from __future__ import annotations

from mien.labels import EMOTIONS
from mien.types import Prediction

__all__ = ["every_label", "together", "without_evidence"]


def together(p: Prediction) -> str:
    """All branches."""
    if set(p.branches) == {"face", "voice"}:
        return "face and voice"
    if len(p.branches) < 3:
        return "both branches" if len(p.branches) == 2 else "answer"
    return f"all {len(p.branches)} branches"


def every_label(labels: tuple[str, ...]) -> str:
    """All labels."""
    return "the seven emotions" if labels == EMOTIONS.names else f"the {len(labels)} labels"


def without_evidence(p: Prediction) -> str:
    """Why there is no answer."""
    if set(p.branches) == {"face", "voice"}:
        return "neither a face nor a voice to go by"
    return "nothing to go by"
