"""Who speaks where each channel of the sound is one person's microphone.

A cell of the time grid is of the person whose channel is much louder than all others. Which channel
is whose follows from the mouths: channels and people are paired so that the log-odds of all cells
have the greatest sum. A channel whose cells speak against everybody who is left is that of somebody
off screen. Cells in which no channel stands out are left to the mouths alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mien.features.windows import GRID
from mien.inference.speaking.who import OFF_SCREEN
from mien.media.mix import LEVEL_STEP, Levels

__all__ = ["by_channel", "loudest_channels"]

_LOUDER = 4.0  # times the energy of every other channel (6 dB), as speech a step away gives
_MOST = 4  # channels that are paired, those that speak most; further ones are off screen
_STEPS = round(GRID / LEVEL_STEP)

Odds = Sequence[Mapping[int, float]]


def loudest_channels(levels: Levels, cells: Sequence[int]) -> dict[int, int]:
    """{cell: channel from 0} of the cells in which one channel is much louder than all others."""
    count = max((len(energies) for energies in levels.values()), default=0)
    result = {}
    for cell in cells:
        steps = range(cell * _STEPS, (cell + 1) * _STEPS)
        parts = [levels[step] for step in steps if step in levels and len(levels[step]) == count]
        if not parts or count < 2:
            continue
        energies = np.sum(parts, 0)
        first, second = np.argsort(energies)[::-1][:2]
        if energies[first] > _LOUDER * energies[second]:
            result[cell] = int(first)
    return result


def by_channel(channels: Mapping[int, int], odds: Odds) -> dict[int, int]:
    """Say whose the channels are.

    Args:
        channels: {cell: channel}, of `loudest_channels`.
        odds: of each person {cell: log-odds that they speak}.

    Returns:
        {cell: place of the person, or `OFF_SCREEN`} of the same cells.
    """
    sums = {
        (channel, place): sum(person.get(c, 0.0) for c, k in channels.items() if k == channel)
        for channel in set(channels.values())
        for place, person in enumerate(odds)
    }
    spoken = list(channels.values())
    heard = sorted(set(spoken), key=lambda channel: (-spoken.count(channel), channel))[:_MOST]
    _, owner = _paired(heard, frozenset(range(len(odds))), sums)
    return {cell: owner.get(channel, OFF_SCREEN) for cell, channel in channels.items()}


def _paired(
    channels: Sequence[int], places: frozenset[int], sums: Mapping[tuple[int, int], float]
) -> tuple[float, dict[int, int]]:
    """The greatest sum, and {channel: place} of it; a channel of nobody adds nothing."""
    if not channels:
        return 0.0, {}
    first, *rest = channels
    best = _paired(rest, places, sums)
    for place in sorted(places):
        if sums[first, place] > 0:
            total, owner = _paired(rest, places - {place}, sums)
            best = max(best, (total + sums[first, place], {first: place} | owner), key=_total)
    return best


def _total(found: tuple[float, dict[int, int]]) -> float:
    return found[0]
