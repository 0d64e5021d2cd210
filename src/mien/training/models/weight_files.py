"""Tensors by name from the files that pre-trained weights are given out in; nothing is executed.

- torch (`.pth`, `.pt`, `.th`, `.pickle`), read with `weights_only`, and safetensors
- MatConvNet's `.mat` (VGG-Face), SimpleNN and DagNN
- Caffe's `.caffemodel` (VGG-Face, BN-Inception, C3D)
- pickled numpy arrays (`.pkl`, VGGFace2's ResNet-50): arrays alone, whatever else it asks for
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mien.errors import UsageError
from mien.training.models.caffe_file import read_caffe
from mien.training.models.matconvnet_file import read_matconvnet

__all__ = ["read_weights"]

_ARRAYS = frozenset(
    {
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy.core.multiarray", "scalar"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "scalar"),
        ("_codecs", "encode"),
        ("collections", "OrderedDict"),
    }
)


def read_weights(path: Path) -> object:
    """What a file holds: for a file of weights, a mapping from names to tensors or more of them.

    Raises:
        UsageError: safetensors, which is not installed.
        ValueError: the file is damaged, or holds anything else.
        OSError: it cannot be read.
    """
    try:
        return _read(path)
    except (UsageError, OSError):
        raise
    except Exception as error:  # a damaged file can make its reader raise anything
        raise ValueError(f"damaged, or of another kind ({type(error).__name__})") from error


def _read(path: Path) -> object:
    if path.suffix == ".safetensors":
        return _safetensors(path)
    if path.suffix == ".mat":
        return _tensors(read_matconvnet(path))
    if path.suffix == ".caffemodel":
        return _tensors(read_caffe(path))
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        return _tensors(_ArraysOnly(io.BytesIO(path.read_bytes()), encoding="latin1").load())


class _ArraysOnly(pickle.Unpickler):
    """Makes numpy arrays and plain containers, and nothing else that a pickle asks for."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ARRAYS:
            raise pickle.UnpicklingError(f"asks for {module}.{name}")
        return super().find_class(module, name)


def _tensors(content: object) -> object:
    """Arrays as tensors."""
    if not isinstance(content, Mapping):
        return content
    return {
        name: torch.from_numpy(np.array(value, np.float32)) if _is_array(value) else value
        for name, value in content.items()
    }


def _is_array(value: object) -> bool:
    return isinstance(value, np.ndarray | np.floating) and not isinstance(value, Tensor)


def _safetensors(path: Path) -> object:
    try:
        from safetensors.torch import load_file
    except ImportError:
        raise UsageError("a safetensors file: pip install safetensors to read it") from None
    return load_file(path)
