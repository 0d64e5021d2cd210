from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.faces.people.identity import Identity
from mien.faces.people.looks import MOST, Looks, clearness
from mien.faces.people.portrait import PLACES, SIDE, PortraitCut
from mien.types import FaceChunk


def chunk(
    times: NDArray[np.float64], side: float = 128, score: float = 0.9, aside: float = 0
) -> FaceChunk:
    """Sights of one face; each portrait is grey by its time, so that it can be told."""
    n = len(times)
    points = np.tile(PLACES, (n, 1, 1)).astype(np.float32)
    points[:, 2, 0] += aside * (PLACES[1, 0] - PLACES[0, 0])
    portraits = np.zeros((n, SIDE, SIDE, 3), np.uint8) + (times % 250).astype(np.uint8).reshape(
        -1, 1, 1, 1
    )
    boxes = np.tile(np.array([0, 0, side, side], np.float32), (n, 1))
    return FaceChunk(
        np.zeros(n, np.int64),
        times,
        boxes,
        points,
        np.full(n, score, np.float32),
        np.zeros((n, 48, 48), np.uint8),
        None,
        tuple(portraits),
    )


def grey(portraits: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A network that says how grey a portrait is, so that embeddings are told apart."""
    angle = portraits.mean((1, 2, 3)) / 250
    return np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32)


def kept(looks: Looks) -> list[float]:
    looks.embed(grey)
    return [round(float(v), 3) for v in np.arctan2(*looks.embeddings.T[::-1]) * 250]


def test_a_large_face_from_the_front_is_clearer() -> None:
    times = np.array([1.0])
    best, small, turned, unsure = (
        float(clearness(chunk(times, **given))[0])
        for given in ({}, {"side": 32}, {"aside": 0.3}, {"score": 0.6})
    )
    assert best == pytest.approx(0.9, abs=0.02)
    assert small == pytest.approx(best / 2)
    assert turned == pytest.approx(best / 2, abs=0.02)
    assert unsure < best
    assert clearness(chunk(times, aside=0.7))[0] == 0


def test_one_look_of_each_second_and_the_clearest_few_of_all() -> None:
    looks = Looks()
    looks.add(chunk(np.arange(10) / 4))  # 2.25 s
    assert kept(looks) == [0, 1, 2]
    for second in range(3, 20):
        looks.add(chunk(np.array([float(second)]), score=0.5 + second / 50))
    assert len(kept(looks)) == MOST
    assert kept(looks)[-1] == 19


def test_a_face_that_is_not_clear_leaves_no_look() -> None:
    looks = Looks()
    looks.add(chunk(np.arange(5.0), aside=0.65))
    looks.embed(grey)
    assert looks.embeddings.shape == (0, 0)


@pytest.mark.parametrize("step", [1, 3, 40])
def test_how_sights_are_dealt_out_changes_nothing(step: int) -> None:
    rng = np.random.default_rng(1)
    times = np.arange(40) / 4
    score = rng.uniform(0.5, 1, 40)
    looks = Looks()
    for k in range(0, 40, step):
        part = chunk(times[k : k + step])
        part.scores[:] = score[k : k + step]
        looks.add(part)
    whole = chunk(times)
    whole.scores[:] = score
    once = Looks()
    once.add(whole)
    assert kept(looks) == kept(once)


def test_portraits_that_are_not_wanted_are_not_missed() -> None:
    rng = np.random.default_rng(3)
    wanting, lazy, every, cut = Looks(), Looks(), Looks(), 0
    for k, score in enumerate(rng.uniform(0.5, 1, 200)):
        sight = chunk(np.array([k / 4]), score=float(score))
        every.add(sight)
        wanted = wanting.wants(sight)
        cut += wanted
        lazy.add(sight if wanted else replace(sight, portraits=(None,)))
    assert kept(lazy) == kept(every)
    assert MOST < cut < 80


def test_parts_of_a_file_join_to_the_looks_of_the_whole() -> None:
    rng = np.random.default_rng(2)
    times = np.arange(80) / 4
    whole = chunk(times)
    whole.scores[:] = rng.uniform(0.5, 1, 80)
    once = Looks()
    once.add(whole)
    joint = Looks()
    for start, end in ((0, 8), (8, 12), (12, 20)):
        part = Looks()  # sees 4 s on both sides, as a piece of a file does
        part.add(whole.where((times >= start - 4) & (times < end + 4)))
        joint.join(part.between(start, end))
    assert kept(joint) == kept(once)


def test_the_network_tells_a_face_from_noise() -> None:
    rng = np.random.default_rng(0)
    face = np.zeros((SIDE, SIDE, 3), np.uint8) + 150
    face[50:68, 40:56] = face[50:68, 72:88] = 40
    face[90:98, 50:78] = (150, 60, 60)
    again = np.clip(face + rng.normal(0, 4, face.shape), 0, 255).astype(np.uint8)
    noise = rng.integers(0, 255, face.shape, dtype=np.uint8)
    network = Identity()
    a, b, c = (network(picture[None])[0] for picture in (face, again, noise))
    assert a.shape == (1024,)

    def alike(x: NDArray[np.float32], y: NDArray[np.float32]) -> float:
        return float(x @ y / np.linalg.norm(x) / np.linalg.norm(y))

    assert alike(a, b) > 0.9 > alike(a, c)


def test_a_portrait_has_the_eyes_where_the_network_learned_them() -> None:
    matrix = PortraitCut().matrix(np.asarray(PLACES * 2 + 30, np.float32), SIDE)
    moved = np.asarray(PLACES * 2 + 30) @ matrix[:, :2].T + matrix[:, 2]
    assert np.abs(moved - PLACES).max() < 0.01
