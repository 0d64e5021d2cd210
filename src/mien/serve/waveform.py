"""The peaks of a clip's sound, for drawing it under the timeline."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.core.atomic import atomic
from mien.media import RATE, TrackChoice
from mien.media.sound_pass import sound_pass

__all__ = ["PEAKS", "peaks", "write_waveform"]

PEAKS = 100
"""Pairs of values a second."""

_EACH = RATE // PEAKS

Floats = NDArray[np.float32]


def peaks(source: Path, tracks: TrackChoice | None = None) -> tuple[Floats, Floats]:
    """Lowest and highest sample, each (N,) in [-1, 1], of every 1/100 s from the start of the file.

    Without sound both are empty. The sound itself is never in memory as a whole.

    Raises:
        MediaError: the file cannot be read.
    """
    rest = np.zeros(0, np.float32)
    low, high = [rest], [rest]
    for piece in sound_pass(source, tracks):
        samples = np.concatenate([rest, piece])
        whole = len(samples) // _EACH * _EACH
        rows, rest = samples[:whole].reshape(-1, _EACH), samples[whole:]
        low.append(rows.min(1))
        high.append(rows.max(1))
    if len(rest):
        low.append(rest.min(keepdims=True))
        high.append(rest.max(keepdims=True))
    return np.concatenate(low), np.concatenate(high)


def write_waveform(source: Path, path: Path, tracks: TrackChoice | None = None) -> None:
    """Write {"rate": 100, "min": [...], "max": [...]} as JSON, values to two digits.

    Raises:
        MediaError: the source cannot be read.
        OutputError: the file cannot be written.
    """
    low, high = (np.round(side.astype(np.float64), 2).tolist() for side in peaks(source, tracks))
    with atomic(path) as part, part.open("w", encoding="utf-8") as stream:
        json.dump({"rate": PEAKS, "min": low, "max": high}, stream, separators=(",", ":"))
