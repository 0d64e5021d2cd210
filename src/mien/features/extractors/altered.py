"""Any extractor on clips that were made worse on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mien.data.perturbation import alteration
from mien.features.extractors.code import code_version
from mien.features.extractors.extractor import Extractor, Settings
from mien.features.extractors.passes import altering
from mien.types import Features

__all__ = ["Altered"]


@dataclass(frozen=True)
class Altered:
    """What an extractor measures in altered clips; kept apart from that of plain ones.

    Args:
        inner: the extractor.
        alteration: a name out of `mien.data.perturbation.ALTERATIONS`.

    Raises:
        UsageError: an unknown name.
    """

    inner: Extractor
    alteration: str

    def __post_init__(self) -> None:
        alteration(self.alteration)

    @property
    def name(self) -> str:
        """The inner extractor's."""
        return self.inner.name

    @property
    def modality(self) -> Literal["face", "voice", "frame"]:
        """The inner extractor's."""
        return self.inner.modality

    @property
    def kind(self) -> Literal["vectors", "pictures"]:
        """The inner extractor's."""
        return self.inner.kind

    def settings(self) -> Settings:
        """Those of the inner extractor, the alteration and its code."""
        code = code_version(__name__)
        return {
            **self.inner.settings(),
            "alteration": self.alteration,
            "alteration_code": code,
        }

    def extract(self, path: Path, start: float | None, end: float | None) -> Features:
        """Measure [start, end) seconds of a file, altered; times are those after the alteration."""
        how = alteration(self.alteration)
        with altering(self.alteration, how, how.speed):
            return self.inner.extract(path, start, end)
