"""Drawing batches of rows and clips, and changing them, for all networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mien.features.augment_faces import corner_crop, flip, rotate, scale, translate
from mien.features.augment_spectrograms import gaussian_noise, lower_rate, salt_and_pepper
from mien.training.learners.clip_set import ClipSet
from mien.training.recipes.networks import Changes

__all__ = ["changed", "drawn", "padded", "thinned"]

Value = TypeVar("Value", bound=np.generic)


def drawn(
    data: ClipSet, count: int, draw: np.random.Generator, even: bool = True
) -> NDArray[np.int64]:
    """Places of clips: each class as likely as any other, or each clip (`even` false)."""
    if not even:
        return np.asarray(draw.choice(len(data), count, replace=count > len(data)), np.int64)
    share = 1 / np.maximum(data.counts, 1)[data.labels]
    return np.asarray(draw.choice(len(data), count, p=share / share.sum()))


def changed(
    rows: NDArray[np.generic], changes: Changes, draw: np.random.Generator
) -> NDArray[np.generic]:
    """Rows (L,S,S) or (L,S,S,3) of one clip, all changed in the same way."""
    if rows.dtype != np.uint8:
        return rows
    x = np.asarray(rows, np.uint8)
    if changes.rotate:
        x = rotate(x, draw, changes.rotate)
    if changes.scale:
        x = scale(x, draw, changes.scale)
    if changes.translate:
        x = translate(x, draw, changes.translate)
    if changes.corner_crop:
        x = corner_crop(x, draw)
    if changes.flip:
        x = flip(x, draw)
    if changes.rates:
        x = lower_rate(x, draw, changes.rates)
    if changes.gaussian:
        x = gaussian_noise(x, draw, changes.gaussian)
    if changes.salt_and_pepper:
        x = salt_and_pepper(x, draw, changes.salt_and_pepper)
    return np.ascontiguousarray(x)


def thinned(rows: NDArray[Value], share: float, draw: np.random.Generator) -> NDArray[Value]:
    """Rows (T,...) without a random share of them; at least one stays, in order."""
    if not share:
        return rows
    keep = draw.random(len(rows)) >= share
    keep[draw.integers(len(rows))] = True
    return rows[keep]


def padded(clips: Sequence[NDArray[np.generic]]) -> tuple[Tensor, Tensor]:
    """Clips (T_i,...) -> (B,T,...) with zeros behind, and the mask (B,T) of what is real."""
    length = max(map(len, clips))
    x = np.zeros((len(clips), length, *clips[0].shape[1:]), clips[0].dtype)
    mask = np.zeros((len(clips), length), bool)
    for i, rows in enumerate(clips):
        x[i, : len(rows)], mask[i, : len(rows)] = rows, True
    return torch.from_numpy(x), torch.from_numpy(mask)
