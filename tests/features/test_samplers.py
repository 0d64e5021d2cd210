from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from mien.errors import UsageError
from mien.features.samplers import (
    FrameSampler,
    at_least,
    central,
    gap,
    segments,
    sliding,
    uniform,
    whole,
)

RATES = {"23.976": 24_000 / 1_001, "25": 25.0, "29.97": 30_000 / 1_001, "60": 60.0}


def steady(rate: float, seconds: float = 4.0, start: float = 0.0) -> np.ndarray:
    return start + np.arange(round(seconds * rate)) / rate


def variable(seconds: float = 4.0) -> np.ndarray:
    """A picture after 10 to 70 ms, as a telephone makes them."""
    return np.cumsum(np.random.default_rng(4).uniform(0.01, 0.07, round(seconds / 0.04)))


CLIPS = {**{name: steady(rate) for name, rate in RATES.items()}, "variable": variable()}
MODES = ("uniform", "gap", "all", "window", "central_window", "segments")


@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("training", [False, True])
def test_rows_exist_and_come_in_order(clip: str, mode: str, training: bool) -> None:
    times = CLIPS[clip]
    sampler = FrameSampler(mode)  # type: ignore[arg-type]
    found = sampler(times, np.random.default_rng(0) if training else None)
    assert found.indices.shape == found.mask.shape
    assert found.indices.min() >= 0
    assert found.indices.max() < len(times)
    assert (np.diff(found.indices, axis=1) >= 0).all()
    assert found.mask[0].all()
    if mode != "all":
        assert found.indices.shape[1] == sampler.length


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("count", [1, 5])
def test_a_short_clip_repeats_its_last_row_and_says_so(mode: str, count: int) -> None:
    found = FrameSampler(mode)(0.04 * np.arange(count))  # type: ignore[arg-type]
    assert len(found) == 1
    indices, mask = found.indices[0], found.mask[0]
    assert indices[0] == 0
    assert (indices[~mask] == count - 1).all()
    assert mask.any()
    if mode != "all":
        assert not mask[-1]
    if mode != "gap":  # it looks for times that are further apart than these rows
        assert indices[mask].tolist() == list(range(count))


@pytest.mark.parametrize("mode", MODES)
def test_no_rows_give_no_sequence(mode: str) -> None:
    for rng in (None, np.random.default_rng(0)):
        assert len(FrameSampler(mode)(np.zeros(0), rng)) == 0  # type: ignore[arg-type]


@pytest.mark.parametrize("clip", CLIPS)
def test_uniform_is_even_in_time(clip: str) -> None:
    times = CLIPS[clip]
    found = uniform(times, 16)
    wanted = np.linspace(times[0], times[-1], 16)
    error = np.abs(times[found.indices[0]] - wanted)
    assert error.max() <= np.diff(times).max() / 2 + 1e-9
    assert found.indices[0, 0] == 0
    assert found.indices[0, -1] == len(times) - 1


def test_uniform_on_paper() -> None:
    assert uniform(np.arange(10.0), 4).indices.tolist() == [[0, 3, 6, 9]]
    assert uniform(np.array([0.0, 0.1, 0.2, 0.3, 3.0]), 3).indices.tolist() == [[0, 3, 4]]


@pytest.mark.parametrize("clip", CLIPS)
def test_a_gap_is_8_sixtieths_of_a_second_at_any_rate(clip: str) -> None:
    times = CLIPS[clip]
    found = gap(times)
    assert found.mask.all()
    longest = np.diff(times).max()
    for row in found.indices:
        steps = times[row] - times[row[0]]
        assert np.abs(steps - np.arange(16) * 8 / 60).max() <= longest + 1e-9
    assert found.indices[0, 0] == 0
    assert found.indices[-1, -1] == len(times) - 1  # nothing is left over at the end


def test_at_60_a_second_a_gap_is_every_eighth_row() -> None:
    found = gap(steady(60.0, 6.0))
    assert found.indices[0].tolist() == list(range(0, 128, 8))
    assert [int(i) for i in found.indices[:, 0]] == [0, 128, 239]  # the last one ends with the clip
    halves = gap(steady(60.0, 6.0), overlap=0.5)
    assert [int(i) for i in halves.indices[:, 0]] == [0, 64, 128, 192, 239]


def test_a_clip_as_long_as_one_sequence_gives_one() -> None:
    assert len(gap(np.arange(121) / 60)) == 1
    short = gap(np.arange(60) / 60)  # 1 s: the times 0 to 7 x 8/60 exist
    assert len(short) == 1
    assert short.indices[0].tolist() == [*range(0, 60, 8), *[59] * 8]
    assert short.mask[0].tolist() == [True] * 8 + [False] * 8


def test_training_draws_one_gap_sequence_anywhere() -> None:
    times, rng = steady(25.0, 8.0), np.random.default_rng(0)
    begins = []
    for _ in range(200):
        found = gap(times, rng=rng)
        assert len(found) == 1
        assert found.mask.all()
        begins.append(times[found.indices[0, 0]])
    assert min(begins) < 0.3
    assert max(begins) == pytest.approx(times[-1] - 2.0, abs=0.3)


def test_all_rows_at_most_272() -> None:
    assert whole(steady(25.0)).indices.tolist() == [list(range(100))]
    long = whole(steady(60.0, 10.0))
    assert long.indices.shape == (1, 272)
    assert long.indices[0, -1] == 599
    assert whole(steady(25.0), 10).indices.shape == (1, 10)


@pytest.mark.parametrize(("overlap", "windows"), [(0, 17), (8, 34), (15, 265)])
def test_272_rows_make_as_many_windows_as_in_the_paper(overlap: int, windows: int) -> None:
    found = sliding(steady(25.0, 272 / 25), overlap=overlap)
    assert len(found) == windows
    assert (np.diff(found.indices[:, 0]) == 16 - overlap).all()
    assert found.mask[:-1].all() == (overlap != 15)
    assert (found.mask.sum(1) >= 8).all()
    assert (np.diff(found.indices[:10], axis=1) == 1).all()


def test_windows_on_paper() -> None:
    found = sliding(np.arange(6.0), 4, 2)
    assert found.indices.tolist() == [[0, 1, 2, 3], [2, 3, 4, 5], [4, 5, 5, 5]]
    assert found.mask.tolist()[-1] == [True, True, False, False]
    assert sliding(np.arange(5.0), 4).indices.tolist() == [[0, 1, 2, 3]]  # one row is no window
    assert central(np.arange(9.0), 4).indices.tolist() == [[2, 3, 4, 5]]
    drawn = {
        int(sliding(np.arange(6.0), 4, rng=np.random.default_rng(k)).indices[0, 0])
        for k in range(40)
    }
    assert drawn == {0, 1, 2}


@pytest.mark.parametrize("clip", CLIPS)
def test_segments_are_equally_long_and_seen_in_the_middle(clip: str) -> None:
    times = CLIPS[clip]
    found = segments(times, 8).indices[0]
    frame = np.diff(times).max()
    wanted = times[0] + (times[-1] - times[0]) / 8 * (np.arange(8) + 0.5)
    assert np.abs(times[found] - wanted).max() <= 1.5 * frame
    assert len(set(found.tolist())) == 8


@pytest.mark.parametrize("clip", CLIPS)
def test_segments_are_random_in_training_and_stay_in_their_part(clip: str) -> None:
    times, rng = CLIPS[clip], np.random.default_rng(1)
    draws = np.stack([segments(times, 8, rng).indices[0] for _ in range(200)])
    frame = np.diff(times).max()
    edges = np.linspace(times[0], times[-1] + frame, 9)
    for part, (low, high) in enumerate(pairwise(edges)):
        seen = times[draws[:, part]]
        assert seen.min() >= low - 2 * frame
        assert seen.max() <= high + frame
        assert len(np.unique(seen)) > 5


def test_segments_on_paper() -> None:
    assert segments(np.arange(8.0), 4).indices.tolist() == [[1, 3, 5, 7]]
    late = np.array([0.0, 1.0, 2.0, 3.0, 20.0])  # after the fourth, nothing new for long
    assert segments(late, 2).indices.tolist() == [[3, 3]]


def test_the_same_time_is_seen_whatever_the_rate() -> None:
    for mode in ("gap", "segments", "uniform"):
        sampler = FrameSampler(mode, n=8)  # type: ignore[arg-type]
        seen = [times[sampler(times).indices[0]] for times in CLIPS.values()][:4]
        assert np.ptp(np.stack(seen), axis=0).max() < 0.09


def test_sequences_that_are_too_short_for_a_network() -> None:
    """Paper 001: at least 16 vectors of short-term features, at least 8 audio maps."""
    found = at_least(3, 8)
    assert found.indices.tolist() == [[0, 1, 2, 2, 2, 2, 2, 2]]
    assert found.mask.tolist() == [[True] * 3 + [False] * 5]
    assert at_least(20, 16).indices.tolist() == [list(range(20))]
    assert len(at_least(0, 8)) == 0


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"mode": "some"}, "there are uniform, gap"),
        ({"mode": "uniform", "n": 0}, "n must be at least 1"),
        ({"mode": "gap", "step": 0.0}, "step must be above 0"),
        ({"mode": "gap", "overlap": 1.0}, "below 1"),
        ({"mode": "window", "overlap": 16}, "below 16"),
    ],
)
def test_what_cannot_be_is_refused(settings: dict[str, float | str], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        FrameSampler(**settings)  # type: ignore[arg-type]
