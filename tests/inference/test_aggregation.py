from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.features.samplers import FrameSampler
from mien.inference.aggregation import Aggregation

LOGS = np.log(np.array([[0.6, 0.4], [0.1, 0.9], [0.5, 0.5]], np.float32))
TIMES = np.array([0.0, 0.2, 0.4])


def test_rows_are_pooled_as_said() -> None:
    log_mean = Aggregation()(LOGS, TIMES, 2, None).mean
    assert np.exp(log_mean) == pytest.approx(
        [(0.6 * 0.1 * 0.5) ** (1 / 3), (0.4 * 0.9 * 0.5) ** (1 / 3)], rel=1e-5
    )
    assert np.exp(Aggregation(pooling="mean")(LOGS, TIMES, 2, None).mean) == pytest.approx(
        [0.4, 0.6]
    )
    assert np.exp(Aggregation(pooling="max")(LOGS, TIMES, 2, None).mean) == pytest.approx(
        [0.1, 0.9]
    )


def head(rows: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Says how many rows it saw, and which came first."""
    first = float(rows[0, 0, 0])
    return np.log(np.array([0.5 + first / 100, 0.5 - first / 100])), np.array(
        [rows.shape[1], first]
    )


def test_a_head_reads_the_sequences_of_the_sampler() -> None:
    rows = np.arange(5, dtype=np.float32)[:, None]
    times = np.arange(5) / 10
    short = Aggregation(FrameSampler("window", 4))
    said = short(rows, times, 2, head)
    assert said.n == 5
    assert said.descriptor is not None
    assert said.descriptor.tolist() == [4.0, 0.0]
    sure = Aggregation(FrameSampler("window", 4, overlap=2), pooling="max")(rows, times, 2, head)
    assert sure.descriptor is not None
    assert sure.descriptor.tolist() == [3.0, 2.0]  # the surest, without its repeated row
    assert np.exp(sure.mean) == pytest.approx([0.52, 0.48])
    whole = Aggregation(FrameSampler("window", 4, overlap=2), repeat=True, pooling="mean")
    joint = whole(rows, times, 2, head)
    assert joint.descriptor is not None
    assert joint.descriptor.tolist() == [4.0, 1.0]
    assert np.exp(joint.mean) == pytest.approx([0.51, 0.49])
