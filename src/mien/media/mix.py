"""The channels of a frame of sound as one: mixed, or one of them alone."""

from __future__ import annotations

from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from mien.media.stretches import Stretches

__all__ = ["LEVEL_STEP", "MIXED", "Levels", "Mixer", "channel_of", "channels", "mixed"]

MIXED = ("mix", "person")
"""Choices of a channel that mix all of them; the second also measures each."""
LEVEL_STEP = 0.1
"""Seconds of which the level of each channel is kept."""

_WEIGHTS = {"FC": 1.0, "LFE": 0.0, "LFE2": 0.0, "FL": 0.7071, "FR": 0.7071}  # ITU-R BS.775
_SURROUND = 0.5
_PLANES = 8  # AV_NUM_DATA_POINTERS
_SIDES = {"left": ("FL", 0), "right": ("FR", 1)}  # name, and place where none has that name
_VOICE = 8000  # Hz; phases are compared at this rate, above the rumble of the deep
_HALF_LIFE = 0.25  # s of what was heard, in the comparison of phases
_TURN, _TURN_BACK = -0.7, -0.5  # correlation of two channels
_FAINT = 1e-12  # of full scale, squared

Floats = NDArray[np.float32]
Levels = dict[int, NDArray[np.float64]]
"""{number of `LEVEL_STEP`: (C,) energy of each channel}."""


def channels(frame: av.AudioFrame) -> Floats:
    """The samples of a frame as (C,N) float32 in [-1, 1]."""
    count = len(frame.layout.channels)
    if frame.format.is_planar and count < _PLANES:
        return _unit(np.asarray(frame.to_ndarray()))
    return _unit(_interleaved(frame).reshape(-1, count).T)


def _interleaved(frame: av.AudioFrame) -> NDArray[Any]:
    """Samples (N*C,) of a frame, those of one time together.

    PyAV 18 reads beyond the list of planes where there are as many as FFmpeg has places for.
    """
    if not frame.format.is_planar:
        return frame.to_ndarray().ravel()
    name, rate = frame.format.packed.name, frame.sample_rate
    resampler = av.AudioResampler(format=name, layout=frame.layout, rate=rate)
    return np.concatenate(
        [resampled.to_ndarray().ravel() for resampled in resampler.resample(frame)]
    )


def _unit(values: NDArray[Any]) -> Floats:
    """Samples of any stored type as float32 in [-1, 1]."""
    with np.errstate(over="ignore", invalid="ignore"):  # of doubles; they are found later
        floats = values.astype(np.float32)
    if values.dtype == np.uint8:
        floats -= 128
        floats /= 128
    elif values.dtype.kind == "i":
        floats /= 2.0 ** (8 * values.dtype.itemsize - 1)
    return floats


def mixed(values: Floats, names: list[str], signs: Floats | None = None) -> Floats:
    """Channels (C,N) as one (N,); the loudest possible sound stays at 1.

    One or two channels, or unnamed ones, are averaged; more are weighted as in ITU-R BS.775 (the
    centre, which carries speech, most; the subwoofer not at all).

    Args:
        values: (C,N).
        names: of the channels, as FFmpeg has them.
        signs: (C,) 1 or -1, for channels that are turned round before.
    """
    if len(values) == 1:
        return np.asarray(values[0])
    weights = _weights(names)
    signed = weights if signs is None else weights * signs
    return np.asarray(signed / weights.sum() @ values, np.float32)


def _weights(names: list[str]) -> Floats:
    weights = np.array([_WEIGHTS.get(name, _SURROUND) for name in names], np.float32)
    if len(names) == 2 or not weights.any() or not set(names) & set(_WEIGHTS):
        weights = np.ones(len(names), np.float32)
    return weights


def channel_of(channel: str, names: list[str]) -> int | None:
    """Which of the named channels "left", "right" or a number from 1 is; None if it is not there.

    The only channel of a mono track is its left one as well.
    """
    if channel in _SIDES:
        name, index = _SIDES[channel]
        index = names.index(name) if name in names else index
    else:
        index = int(channel) - 1
    return index if index < len(names) else None


class Mixer:
    """Makes one channel of the frames of a track, in order.

    A channel of opposite phase to the loudest would cancel it in the mix, so it is inverted first.
    The phase is estimated over about the last half second.

    Args:
        channel: "mix", "person" or as for `channel_of`; a frame without that channel is mixed.

    Attributes:
        turned: where channels were of opposite phase.
        levels: of "person": how loud each channel was, with the deep taken out.
    """

    def __init__(self, channel: str = "mix") -> None:
        self._channel = channel
        self.turned = Stretches()
        self.levels: Levels = {}
        self._products = np.zeros((0, 0))
        self._signs = np.zeros(0, np.float32)

    def mono(self, frame: av.AudioFrame, start: float) -> Floats:
        """(N,) float32 of a frame that begins at `start` s."""
        values = channels(frame)
        if len(values) == 1:
            return np.asarray(values[0])
        names = [channel.name for channel in frame.layout.channels]
        index = None if self._channel in MIXED else channel_of(self._channel, names)
        if index is not None:
            return np.asarray(values[index])
        if self._channel == "person":
            self._measure(values, frame.sample_rate, start)
        signs = self._phases(values, frame.sample_rate)
        if (signs < 0).any() and float(np.abs(values).max()) ** 2 > _FAINT:
            self.turned.add(start, start + values.shape[1] / frame.sample_rate)
        return mixed(values, names, signs)

    def _measure(self, values: Floats, rate: int, start: float) -> None:
        """Add the energy of what of each channel changes quickly, as speech does."""
        slopes = np.diff(np.clip(np.nan_to_num(values, posinf=0, neginf=0), -1, 1), axis=1)
        steps = ((start + np.arange(slopes.shape[1]) / rate) / LEVEL_STEP).astype(int)
        for step in np.unique(steps).tolist():
            energy = np.square(slopes[:, steps == step], dtype=np.float64).sum(1)
            before = self.levels.get(step)
            same = before is not None and len(before) == len(energy)
            self.levels[step] = energy + before if same else energy

    def _phases(self, values: Floats, rate: int) -> Floats:
        """(C,) -1 for channels of opposite phase to the loudest; the first stays as it is."""
        count = len(values)
        if len(self._signs) != count:
            self._products = np.zeros((count, count))
            self._signs = np.ones(count, np.float32)
        step = max(1, rate // _VOICE)
        if values.shape[1] < 2 * step:
            return self._signs
        rows = np.nan_to_num(values[:, : values.shape[1] // step * step], posinf=0, neginf=0)
        slopes = np.diff(np.clip(rows, -1, 1).reshape(count, -1, step).mean(2), axis=1)
        self._products *= 0.5 ** (values.shape[1] / rate / _HALF_LIFE)
        self._products += slopes.astype(np.float64) @ slopes.T
        powers = np.diag(self._products)
        loudest = int(powers.argmax())
        if powers[loudest] < _FAINT:
            return self._signs
        scale = np.sqrt(powers * powers[loudest])
        alike = np.divide(self._products[loudest], scale, out=np.zeros(count), where=scale > 0)
        limits = np.where(self._signs * self._signs[loudest] < 0, _TURN_BACK, _TURN)
        signs = np.where(alike < limits, -1, 1).astype(np.float32)
        self._signs = signs * signs[0]
        return self._signs
