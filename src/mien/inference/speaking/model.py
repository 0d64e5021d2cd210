"""What tells who speaks: two small networks and a few numbers, made by `project.bundle.speaking`.

One network looks at a mouth, the other hears a moment of sound; the more their outputs agree, the
likelier they are of one person (Chung and Zisserman 2016, "Out of time"). `weights/SOURCES.md` says
what they were trained on.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mien.core.runtime import session

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

__all__ = ["SpeakingModel", "shipped"]

_WEIGHTS = Path(__file__).parent / "weights"
_PART = 512  # rows that a network looks at in one go

Floats = NDArray[np.float32]


@dataclass(eq=False)
class SpeakingModel:
    """Both networks, which are opened when they are first needed, and what is made of them.

    Args:
        folder: of `mouth.onnx` and `sound.onnx`.
        weights: (4,) of the agreement, of the logarithms of the motions of mouth and eyes, and a
            constant: log-odds that a face speaks in a cell of the time grid.
        switch: log-odds that it costs, at a pause, that somebody else speaks than before.
    """

    folder: Path
    weights: NDArray[np.float64]
    switch: float
    _sessions: dict[str, InferenceSession] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> SpeakingModel:
        """The one that is stored in a folder."""
        numbers = json.loads((folder / "speaking.json").read_text(encoding="utf-8"))
        return cls(folder, np.array(numbers["weights"]), float(numbers["switch"]))

    def __getstate__(self) -> dict[str, object]:
        """What goes to another process: it opens the networks itself."""
        return {**self.__dict__, "_sessions": {}}

    def mouth(self, pictures: Floats) -> Floats:
        """(N,3,24,32) of `mien.inference.speaking.mouth` -> (N,D)."""
        return self._run("mouth", pictures)

    def sound(self, moments: Floats) -> Floats:
        """(N,16,21) of `mien.inference.speaking.sound` -> (N,D)."""
        return self._run("sound", moments)

    def _run(self, name: str, rows: Floats) -> Floats:
        if name not in self._sessions:
            self._sessions[name] = session(self.folder / f"{name}.onnx", 1)
        parts = [
            self._sessions[name].run(["embeddings"], {"rows": rows[begin : begin + _PART]})[0]
            for begin in range(0, max(1, len(rows)), _PART)
        ]
        return np.asarray(np.concatenate(parts), np.float32)


@lru_cache(maxsize=1)
def shipped() -> SpeakingModel:
    """The one of the package."""
    return SpeakingModel.read(_WEIGHTS)
