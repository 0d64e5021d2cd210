"""Who speaks in each cell of the time grid: one of the people in view, or somebody off screen.

A mouth that goes with the sound speaks: the agreement of the two networks of `SpeakingModel`, with
how much mouth and eyes move, gives the log-odds that a face speaks. That nobody in view speaks has
log-odds 0. The likeliest order of speakers is found by dynamic programming (Viterbi 1967), where a
change of the speaker costs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mien.features.windows import GRID, cells_of
from mien.inference.speaking.model import SpeakingModel, shipped
from mien.inference.speaking.mouth import MouthMotion
from mien.inference.speaking.sound import SpokenSound

__all__ = [
    "OFF_SCREEN",
    "Evidence",
    "cut_by_cells",
    "evidence",
    "likeliest",
    "log_odds",
    "speakers_of",
    "spoken_cells",
    "who_speaks",
]

OFF_SCREEN = -1
"""In the place of a person: somebody whose face is not in view."""

_SPOKEN = 0.2  # s of speech from which it is asked who speaks in a cell
_LEAST = 4  # sights of a face that say anything
_IN_SPEECH = 3.0  # times the cost of a change where there is no pause: of 1, 2, 3 and 6 tried
_AROUND = 1  # cells to both sides whose sights count
_BESIDE = 0.5  # s around a stretch of speech that belong to it when the level is taken
_PIECE = 512  # sights at a time: a moment of sound takes 1.3 kB
_NO_MOTION = 1e-2  # mean difference of normalised grey values below which nothing moves

Doubles = NDArray[np.float64]
Stretches = Sequence[tuple[float, float]]
Evidence = list[dict[int, Doubles]]


def who_speaks(
    sound: SpokenSound, speech: Stretches, mouths: Sequence[MouthMotion]
) -> dict[int, int]:
    """Tell who speaks, by the networks that ship.

    Args:
        sound: all of it.
        speech: (start, end) in s where there is speech.
        mouths: of each person.

    Returns:
        {cell: place in `mouths`, or `OFF_SCREEN`} of the cells with speech.
    """
    return speakers_of(evidence(sound, speech, mouths, shipped()), speech, shipped())


def speakers_of(measured: Evidence, speech: Stretches, model: SpeakingModel) -> dict[int, int]:
    """Tell who speaks, from what `evidence` gives.

    Returns:
        {cell: place of the person, or `OFF_SCREEN`} of the cells with speech.
    """
    odds = log_odds(measured, model)
    cells = spoken_cells(speech)
    return likeliest(cells, odds, _costs(cells, speech, model.switch))


def spoken_cells(speech: Stretches) -> list[int]:
    """The cells of the time grid with enough speech in them."""
    seconds: dict[int, float] = {}
    for cell, start, end in cut_by_cells(speech):
        seconds[cell] = seconds.get(cell, 0.0) + end - start
    return sorted(cell for cell, part in seconds.items() if part >= _SPOKEN)


def cut_by_cells(stretches: Stretches) -> Iterator[tuple[int, float, float]]:
    """(cell of the time grid, start, end) in s of the parts of some stretches, in order."""
    for start, end in stretches:
        for cell in range(int(start / GRID), int(end / GRID) + 1):
            low, high = max(start, cell * GRID), min(end, (cell + 1) * GRID)
            if low < high:
                yield cell, low, high


def evidence(
    sound: SpokenSound, speech: Stretches, mouths: Sequence[MouthMotion], model: SpeakingModel
) -> Evidence:
    """For each person {cell: (3,)}: agreement, logarithms of the motions of mouth and eyes.

    They are means over the sights of the cell and of its neighbours on both sides.
    """
    times = sound.times
    near = np.zeros(len(times), bool)
    for start, end in speech:
        near |= (times >= start - _BESIDE) & (times <= end + _BESIDE)
    if not near.any():
        return [{} for _ in mouths]
    level = float(sound.rows[near].mean(dtype=np.float64))
    return [_of_mouth(mouth, sound, level, model) for mouth in mouths]


def _of_mouth(
    mouth: MouthMotion, sound: SpokenSound, level: float, model: SpeakingModel
) -> dict[int, Doubles]:
    """Each sight is compared with what is heard at its time."""
    times = mouth.times
    if len(times) < _LEAST:
        return {}
    rows, cells = mouth.rows, cells_of(times)
    agreement = np.concatenate(
        [
            _agreement(rows[k : k + _PIECE], times[k : k + _PIECE], sound, level, model)
            for k in range(0, len(times), _PIECE)
        ]
    )
    motion = np.log(np.maximum(rows[:, -2:], _NO_MOTION))
    measured = np.column_stack([agreement, motion]).astype(np.float64)
    low = np.searchsorted(cells, np.unique(cells) - _AROUND)
    high = np.searchsorted(cells, np.unique(cells) + _AROUND, side="right")
    sums = np.concatenate([np.zeros((1, 3)), measured.cumsum(0)])
    means = (sums[high] - sums[low]) / (high - low)[:, None]
    return dict(zip(np.unique(cells).tolist(), means, strict=True))


def _agreement(
    rows: NDArray[np.float32],
    times: Doubles,
    sound: SpokenSound,
    level: float,
    model: SpeakingModel,
) -> NDArray[np.float32]:
    """(N,) how much sights agree with what is heard at their times."""
    heard = model.sound(sound.moments(times, level))
    return np.asarray((rows[:, :-2] * heard).sum(1), np.float32)


def log_odds(measured: Evidence, model: SpeakingModel) -> list[dict[int, float]]:
    """Of each person {cell: log-odds that they speak}, from what `evidence` gives."""
    return [
        {
            cell: float(values @ model.weights[:-1] + model.weights[-1])
            for cell, values in person.items()
        }
        for person in measured
    ]


def _costs(cells: Sequence[int], speech: Stretches, switch: float) -> list[float]:
    """What a change of the speaker costs before each cell: more where there is no pause."""
    pauses = [(end, start) for (_, end), (start, _) in pairwise(speech)]
    edges = {cell for pause in pauses for time in pause for cell in _beside(time)}
    return [switch if cell in edges else _IN_SPEECH * switch for cell in cells]


def _beside(time: float) -> tuple[int, int]:
    """The two cells whose border is nearest."""
    border = round(time / GRID)
    return border, border + 1


def likeliest(
    cells: Sequence[int], odds: Sequence[Mapping[int, float]], costs: Sequence[float]
) -> dict[int, int]:
    """The order of speakers of the greatest sum of log-odds less what changes cost.

    Args:
        cells: with speech, in order.
        odds: of each person {cell: log-odds}.
        costs: of another speaker in a cell than in the one before.
    """
    if not cells:
        return {}
    people = len(odds)
    each = np.full((len(cells), people + 1), -np.inf)
    each[:, people] = 0.0
    for n, person in enumerate(odds):
        each[:, n] = [person.get(cell, -np.inf) for cell in cells]
    total, back = each[0], np.zeros(each.shape, int)
    for k in range(1, len(cells)):
        best = int(total.argmax())
        stays = total >= total[best] - costs[k]
        back[k] = np.where(stays, np.arange(people + 1), best)
        total = np.where(stays, total, total[best] - costs[k]) + each[k]
    place = int(total.argmax())
    result = {}
    for k in range(len(cells) - 1, -1, -1):
        result[cells[k]] = place if place < people else OFF_SCREEN
        place = int(back[k, place])
    return dict(reversed(result.items()))
