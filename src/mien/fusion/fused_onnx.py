"""Fusions whose fitted form is one ONNX file: `rows` (n,W) -> `log_probs` (n,C)."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mien.core.atomic import atomic
from mien.core.runtime import session
from mien.errors import BundleError
from mien.fusion.branch_scores import Stack
from mien.fusion.fuser import Fused
from mien.fusion.log_pool import softmax

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

__all__ = ["ONNX_FILE", "FusedOnnx"]

ONNX_FILE = "fusion.onnx"

Floats = NDArray[np.float32]
Rows = NDArray[np.float64]


@dataclass(frozen=True)
class FusedOnnx(Fused):
    """Rows of numbers made of what the branches say, through one ONNX file.

    Args:
        method: how it was fitted, for people.
        file: the ONNX file; in what `save` gives, its name in the folder.
    """

    method: str
    file: Path

    @abstractmethod
    def packed(self, stack: Stack) -> Floats:
        """(n,W) float32, the input of the ONNX file."""

    def _scores(self, stack: Stack) -> Rows:
        rows = self.packed(stack)
        wanted = self._run.get_inputs()[0].shape[1]
        if wanted != rows.shape[1]:
            raise BundleError(f"{self.file}: takes {wanted} numbers, not {rows.shape[1]}")
        log_probs = self._run.run(["log_probs"], {"rows": rows})[0]
        return softmax(np.asarray(log_probs, np.float64))

    @cached_property
    def _run(self) -> InferenceSession:
        return session(self.file)

    def save(self, folder: Path) -> dict[str, object]:
        """See `Fused.save`; copies the ONNX file into `folder`."""
        content = self.file.read_bytes()
        with atomic(folder / ONNX_FILE) as partial:
            partial.write_bytes(content)
        return {**super().save(folder), "file": ONNX_FILE}
