from __future__ import annotations

import pickle

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.core.sample_clip import sample
from mien.features.extractors.faces import Faces
from mien.inference.speaking.mouth import MouthMotion, look
from mien.types import FaceChunk


@pytest.fixture(scope="module")
def crops() -> NDArray[np.uint8]:
    return Faces().extract(sample(), None, None).values


def chunk(crops: NDArray[np.uint8], times: NDArray[np.float64]) -> FaceChunk:
    n = len(crops)
    boxes, points = np.zeros((n, 4), np.float32), np.zeros((n, 4, 2), np.float32)
    return FaceChunk(np.zeros(n, np.int64), times, boxes, points, np.ones(n, np.float32), crops)


def test_light_and_contrast_do_not_move_a_mouth(crops: NDArray[np.uint8]) -> None:
    mouth, eyes = look(crops[0])
    dark = look((crops[0] * 0.6 + 20).astype(np.uint8))
    assert mouth.shape == eyes.shape == (24, 32)
    assert float(np.abs(dark[0] - mouth).mean()) < 0.05
    assert float(np.abs(mouth - eyes).mean()) > 0.5


def test_colour_and_other_sizes_give_the_same_mouth(crops: NDArray[np.uint8]) -> None:
    mouth, _ = look(crops[0])
    large = np.repeat(np.repeat(crops[0], 2, 0), 2, 1)
    coloured = np.stack([large] * 3, -1)
    assert float(np.abs(look(coloured)[0] - mouth).mean()) < 0.02


def test_a_sight_is_compared_with_one_a_quarter_of_a_second_before(
    crops: NDArray[np.uint8],
) -> None:
    times = np.array([0, 0.1, 0.25, 0.5, 2.0, 2.25])
    motion = MouthMotion()
    motion.add(chunk(crops[[0, 0, 0, 9, 9, 9]], times))
    assert motion.times.tolist() == [0.25, 0.5, 2.25]  # none has one before it at 0, 0.1 and 2 s
    moved = motion.rows[:, -2]
    assert moved[0] == moved[2] == 0
    assert moved[1] > 0


def test_parts_of_a_file_join_to_the_whole(crops: NDArray[np.uint8]) -> None:
    times = np.arange(16) / 4
    seen = chunk(crops[:16], times)
    whole, first, second = MouthMotion(), MouthMotion(), MouthMotion()
    whole.add(seen)
    first.add(seen.where(times < 3))
    second.add(seen.where(times >= 1))
    joined = pickle.loads(pickle.dumps(second.between(2, np.inf)))  # as from another process
    joined.join(first.between(0, 2))
    assert joined.times.tolist() == whole.times.tolist()
    np.testing.assert_allclose(joined.rows, whole.rows, atol=1e-5)
