"""The network that tells people apart: MobileNet v1, see `weights/SOURCES.md`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mien.core.runtime import session

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

__all__ = ["WEIGHTS", "Identity"]

WEIGHTS = Path(__file__).parent / "weights" / "mobilenet_identity.onnx"


class Identity:
    """Portraits in, embeddings out; the network is opened when it is first needed.

    What it gives means something only beside what it gives for other faces of the same clip.

    Args:
        threads: of the network.
    """

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads
        self._session: InferenceSession | None = None

    def __call__(self, portraits: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(N,128,128,3) uint8 RGB of `PortraitCut` -> (N,1024), of no particular length."""
        if self._session is None:
            self._session = session(WEIGHTS, self._threads)
        return np.asarray(self._session.run(["embeddings"], {"faces": portraits})[0])
