"""Picture-like maps of short-term features (paper 001, section 2.4)."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["HOP", "SIDE", "audio_maps", "padded"]

Number = TypeVar("Number", np.float32, np.float64)

SIDE = 34
"""Features, and columns of time, of a map."""
HOP = SIDE // 2
"""Columns between the starts of two maps: 50 % overlap."""


def padded(count: int) -> int:
    """n': the number of columns that maps can be cut from.

    Args:
        count: n, columns there are; at least 1.

    Returns:
        n itself where it is a multiple of 17 and at least 34, else the next such number.
    """
    return max(SIDE, -(-count // HOP) * HOP)


def audio_maps(rows: NDArray[Number]) -> NDArray[Number]:
    """The 34 x n map of a clip, its last column repeated up to n', cut into maps of 34 x 34.

    Args:
        rows: (n,34) one row of features for each time, or (n,) for example the times themselves.

    Returns:
        (K,34,34) [map, feature, time] with K = (n' - 17) / 17, or (K,34); none where n is 0.
    """
    if not len(rows):
        return np.zeros((0, *rows.shape[1:], SIDE), rows.dtype)
    column = np.minimum(np.arange(padded(len(rows))), len(rows) - 1)
    maps = np.lib.stride_tricks.sliding_window_view(rows[column], SIDE, axis=0)[::HOP]
    return np.ascontiguousarray(maps)
