"""Made-up corpus folders with the true names."""

from __future__ import annotations

from pathlib import Path

from mien.data.datasets import corpora
from mien.types import Clip

__all__ = ["find", "grow"]


def grow(root: Path, *names: str, text: str = "") -> Path:
    """Files below `root`, all holding `text`."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def find(name: str, root: Path) -> dict[str, Clip]:
    """{path: clip} that `mien data prepare` finds, given the corpus folder or its parent."""
    corpus = corpora()[name]
    clips = corpus.find(corpus.folder(root))
    assert [c.path for c in clips] == [c.path for c in corpus.find(corpus.folder(root))]
    return {c.path: c for c in clips}
