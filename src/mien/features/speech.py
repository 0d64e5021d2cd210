"""Speech activity: Silero VAD (MIT) in onnxruntime, streaming."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mien.core.runtime import session

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

__all__ = ["FRAME", "WEIGHTS", "SpeechDetector"]

FRAME = 512
"""Samples of one decision: 32 ms at 16 kHz."""
WEIGHTS = Path(__file__).parent / "weights" / "silero_vad.onnx"
_CONTEXT = 64

Floats = NDArray[np.float32]


@lru_cache(maxsize=1)
def _session() -> InferenceSession:
    """One for all streams of the process: the state of a stream is not in it."""
    return session(WEIGHTS)


class SpeechDetector:
    """Speech probability of every 32 ms of a stream; state goes on from push to push."""

    def __init__(self) -> None:
        self._session = _session()
        self._h = self._c = np.zeros((1, 1, 128), np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)
        self._waiting = np.zeros(0, np.float32)

    def push(self, sound: Floats) -> Floats:
        """Sound (N,) float32 at 16 kHz -> speech probability (K,) of the frames now complete.

        Frames follow one another from the first sample; samples that do not fill one wait.
        """
        sound = np.concatenate([self._waiting, sound])
        count = len(sound) // FRAME
        self._waiting = sound[count * FRAME :]
        if not count:
            return np.zeros(0, np.float32)
        rows = sound[: count * FRAME].reshape(count, FRAME)
        before = np.concatenate([self._context[None], rows[:-1, -_CONTEXT:]])
        self._context = rows[-1, -_CONTEXT:]
        given = {"input": np.concatenate([before, rows], 1), "h": self._h, "c": self._c}
        probabilities, self._h, self._c = self._session.run(None, given)
        return np.asarray(probabilities, np.float32)
