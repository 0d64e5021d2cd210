"""Noise on spectrogram pictures, for training (paper 004, section 3.2)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["gaussian_noise", "lower_rate", "salt_and_pepper"]

Bytes = NDArray[np.uint8]


def gaussian_noise(pictures: Bytes, rng: np.random.Generator, deviation: float = 8.0) -> Bytes:
    """Add normal noise to uint8 pictures of any shape.

    Args:
        deviation: standard deviation in grey levels; the paper does not say which.
    """
    noise = rng.normal(0, deviation, pictures.shape)
    return np.clip(np.round(pictures + noise), 0, 255).astype(np.uint8)


def salt_and_pepper(pictures: Bytes, rng: np.random.Generator, part: float = 0.02) -> Bytes:
    """Make pixels of uint8 pictures of any shape white or black, as many of each.

    Args:
        part: share of the pixels that change; the paper does not say how many.
    """
    chance = rng.random(pictures.shape)
    result = np.where(chance < part / 2, np.uint8(0), pictures)
    return np.where(chance >= 1 - part / 2, np.uint8(255), result)


def lower_rate(pictures: Bytes, rng: np.random.Generator, scales: Sequence[float]) -> Bytes:
    """Spectrogram pictures (T,S,S) as of sound whose sample rate is one of `scales` of what it was.

    Pitch and duration stay, and what lies above the new half rate is silent (0): the paper has
    more data by lower rates (section 2.2). Low frequencies are at the bottom. One draw holds for
    all pictures.
    """
    silent = round((1 - float(rng.choice(scales))) * pictures.shape[1])
    result = pictures.copy()
    result[:, :silent] = 0
    return result
