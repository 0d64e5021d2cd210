"""Functionals of openSMILE over a whole clip; needs the extra `opensmile`.

eGeMAPS v02 (88 values; Eyben et al. 2016), and the feature sets of the INTERSPEECH challenges of
2009 (384; Schuller et al. 2009) and 2010 (1582; Schuller et al. 2010). The last has the values of
openSMILE's configuration emobase2010, which paper 002 names and paper 001's 1582 must be: that one
only normalises durations and positions otherwise, says openSMILE's manual, and is not in its
Python package.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from mien.errors import MissingExtraError
from mien.features.extractors.code import code_version
from mien.features.extractors.extractor import Settings
from mien.features.extractors.passes import sound_of
from mien.media import RATE
from mien.types import Features

if TYPE_CHECKING:
    import opensmile

__all__ = ["SETS", "Functionals", "functionals"]

SETS = {"egemaps": ("eGeMAPSv02", 88), "is09": ("IS09", 384), "is10": ("IS10", 1582)}
"""Our name: openSMILE's name and the number of values."""

_SHORTEST = RATE // 10  # samples; openSMILE's contours need a few frames


@dataclass(frozen=True)
class Functionals:
    """(1,D) float32: one row for the whole clip, at its middle.

    Args:
        name: a key of `SETS`.
    """

    name: str
    modality: ClassVar[Literal["voice"]] = "voice"
    kind: ClassVar[Literal["vectors"]] = "vectors"

    def __post_init__(self) -> None:
        _version()

    def settings(self) -> Settings:
        """The feature set, the version of openSMILE and the code."""
        return {
            "set": SETS[self.name][0],
            "opensmile": _version(),
            "code": code_version(__name__),
        }

    def extract(self, path: Path, start: float | None, end: float | None) -> Features:
        """The functionals of the sound in [start, end) seconds of a file."""
        sound = sound_of(path, start, end)
        return self.hear(sound.samples, sound.start)

    def hear(self, sound: NDArray[np.float32], start: float) -> Features:
        """The functionals of sound (N,) that starts at `start` seconds."""
        row = functionals(self.name, sound)
        if row is None:
            nothing = np.zeros((0, SETS[self.name][1]), np.float32)
            return Features(nothing, np.zeros(0), np.zeros(0, bool))
        middle = start + len(sound) / RATE / 2
        return Features(row[None], np.array([middle]), np.ones(1, bool))


def functionals(name: str, sound: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Functionals (D,) of a sound (N,) float32 at 16 kHz.

    Args:
        name: a key of `SETS`.
        sound: mono in [-1, 1].

    Returns:
        None for less than 0.1 s and for digital silence, of which there is nothing to tell.

    Raises:
        MissingExtraError: openSMILE is not installed.
    """
    smile = _smile(name)
    # Pitch functionals jump at less; a bundle keeps sound as 16-bit samples (`evidence`).
    sound = np.asarray(np.round(np.clip(sound, -1, 1) * 32767) / 32767, np.float32)
    if len(sound) < _SHORTEST or not np.abs(sound).max() > 0:
        return None
    row = smile.process_signal(sound, RATE).to_numpy(np.float32)[0]
    # openSMILE itself gives 0 for a functional that does not exist, as the pitch of a whisper.
    return np.asarray(np.nan_to_num(row, nan=0.0, posinf=0.0, neginf=0.0), np.float32)


@lru_cache(maxsize=3)
def _smile(name: str) -> opensmile.Smile:
    try:
        import opensmile
    except ImportError:
        raise MissingExtraError("opensmile", "opensmile") from None
    chosen: Any = getattr(opensmile.FeatureSet, SETS[name][0])
    return opensmile.Smile(chosen, opensmile.FeatureLevel.Functionals, num_workers=1)


def _version() -> str:
    try:
        return metadata.version("opensmile")
    except metadata.PackageNotFoundError:
        raise MissingExtraError("opensmile", "opensmile") from None
