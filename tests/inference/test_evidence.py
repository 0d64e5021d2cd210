from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.features.samplers import sliding
from mien.inference.aggregation import BranchOutput
from mien.inference.evidence import PIECE, RowWindows, SpanRows, SpanSound, pieces


def test_pieces_are_even_and_cover_every_row_once() -> None:
    for count in (1, 7, 50, 51, 333):
        times = np.arange(count) / 5
        parts = list(pieces(times))
        assert [i for p in parts for i in range(p.start, p.stop)] == list(range(count))
        for p in parts:
            assert times[p.stop - 1] - times[p.start] <= PIECE
    assert list(pieces(np.zeros(0))) == []


def mean(rows: NDArray[np.float32], times: NDArray[np.float64]) -> BranchOutput:
    return BranchOutput(rows.mean(0).astype(float), len(times))


def test_rows_of_a_span_are_scored_together() -> None:
    rows = SpanRows(mean)
    assert rows.all() is None
    assert not rows.cells
    rows.add(np.array([0.0, 0.2]), np.array([[1.0], [3.0]], np.float32))
    rows.add(np.array([0.6]), np.array([[8.0]], np.float32))
    whole, part = rows.all(), rows.between(0.0, 0.5)
    assert whole is not None
    assert part is not None
    assert whole.mean == pytest.approx([4.0])
    assert part.mean == pytest.approx([2.0])
    assert part.n == 2
    assert rows.between(0.7, 2.0) is None
    rows.forget(1)  # the cells before 0.5 s
    assert rows.between(0.0, 0.5) is None
    assert rows.between(0.5, 1.0) is not None


def test_how_rows_are_dealt_out_changes_nothing() -> None:
    draw = np.random.default_rng(0)
    times, values = np.arange(200) / 5, draw.normal(size=(200, 3)).astype(np.float32)
    one, many = SpanRows(mean), SpanRows(mean)
    one.add(times, values)
    for part in np.array_split(np.arange(200), 13):
        many.add(times[part], values[part])
    a, b = one.all(), many.all()
    assert a is not None
    assert b is not None
    assert np.array_equal(a.mean, b.mean)


def loudness(sound: NDArray[np.float32]) -> BranchOutput | None:
    if len(sound) < 1600:
        return None
    return BranchOutput(np.array([float(np.abs(sound).max())]), 1, np.array([float(len(sound))]))


def test_sound_is_cut_by_time_and_gaps_are_silence() -> None:
    sound = SpanSound(loudness)
    assert sound.all() is None
    sound.push(np.full(16_000, 0.5, np.float32), 1.0)
    sound.push(np.full(16_000, 0.25, np.float32), 3.0)  # nothing between 2 and 3 s
    for start, end, level in ((1.0, 2.0, 0.5), (2.0, 3.0, 0.0), (3.0, 4.0, 0.25)):
        said = sound.between(start, end)
        assert said is not None
        assert said.mean == pytest.approx([level], abs=1e-3)
    assert sound.between(0.0, 1.0) is None
    sound.forget(6)  # the cells before 3 s
    assert sound.between(1.0, 2.0) is None
    last = sound.between(3.0, 4.0)
    assert last is not None
    assert last.mean == pytest.approx([0.25], abs=1e-3)


def test_descriptors_of_pieces_are_averaged() -> None:
    sound = SpanSound(loudness)
    sound.push(np.full(25 * 16_000, 0.5, np.float32), 0.0)
    said = sound.all()
    assert said is not None
    assert said.descriptor == pytest.approx([25 * 16_000 / 3], rel=1e-3)


@pytest.mark.parametrize("count", [1, 7, 8, 15, 16, 17, 24, 31, 40, 100])
@pytest.mark.parametrize("stride", [1, 8, 16])
def test_windows_of_a_stream_are_those_of_the_sampler(count: int, stride: int) -> None:
    rows, times = np.arange(count, dtype=np.uint8)[:, None], np.arange(count) / 25
    cut, found, middles = RowWindows(16, stride), [], []
    for part in np.array_split(np.arange(count), 5):
        windows, at = cut.push(rows[part], times[part])
        found += windows
        middles += at
    windows, at = cut.finish()
    found += windows
    middles += at
    wanted = sliding(times, 16, 16 - stride).indices
    np.testing.assert_array_equal(np.stack(found)[:, :, 0], wanted)
    np.testing.assert_array_equal(middles, times[wanted[:, 8]])
