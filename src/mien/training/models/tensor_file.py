"""Networks that others trained, as `convert_pretrained.py` writes them: named arrays."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mien.errors import UsageError

__all__ = ["read_tensors"]

_MADE = "write it anew with project/weights/convert_pretrained.py"


def read_tensors(path: Path) -> dict[str, Tensor]:
    """All arrays of an .npz file by name, as float32; nothing in it is executed.

    Raises:
        UsageError: no such file, or not one of numbers.
    """
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            return {name: torch.from_numpy(arrays[name].astype(np.float32)) for name in arrays}
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file; {_MADE}") from None
    except (ValueError, TypeError, EOFError, OSError, zipfile.BadZipFile):
        raise UsageError(f"{path}: damaged, or not an .npz file of numbers; {_MADE}") from None
