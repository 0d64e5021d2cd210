"""A matrix product that stays on the thread it is asked from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["product"]

_ALONE = 2**18  # multiplications up to which OpenBLAS does not call on other threads (its gemm.c)


def product(rows: NDArray[np.float32], columns: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows (N,K) times columns (K,M) -> (N,M), all float32.

    Not all at once: for a second of sound OpenBLAS (OpenCV has it too) wakes a thread on every
    core, and they spin for longer than the product takes, in the way of the decoder.
    """
    step = max(1, _ALONE // columns.size)
    blocks = [rows[begin : begin + step] @ columns for begin in range(0, len(rows), step)]
    return np.concatenate(blocks)
