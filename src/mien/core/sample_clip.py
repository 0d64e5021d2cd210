"""The clip that comes with mien. It is made up: a still portrait, moved, and a synthetic voice."""

from __future__ import annotations

from pathlib import Path

__all__ = ["sample"]


def sample() -> Path:
    """Path of the sample clip (made by `make_sample.py`; says nothing about the person)."""
    return Path(__file__).parent / "assets" / "sample.mp4"
