from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.faces.people import joining
from mien.faces.people.joining import people_of

Rows = NDArray[np.float32]


def unit(*degrees: float) -> Rows:
    """Looks in the plane, at these angles."""
    angles = np.radians(np.array(degrees))
    return np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)


def seconds(*starts: float) -> list[NDArray[np.float64]]:
    """Tracks of three sights each."""
    return [start + np.array([0.0, 0.25, 0.5]) for start in starts]


def test_tracks_that_look_alike_are_one_person() -> None:
    looks = [unit(0, 10), unit(80, 90), unit(5), unit(85)]
    assert people_of(looks, seconds(0, 3, 6, 9), 0.9) == [[0, 2], [1, 3]]
    assert people_of(looks, seconds(0, 3, 6, 9), -1.0) == [[0, 1, 2, 3]]
    assert people_of(looks, seconds(0, 3, 6, 9), 1.1) == [[0], [1], [2], [3]]


def test_two_faces_in_one_picture_are_two_people_even_twins() -> None:
    looks = [unit(0), unit(0), unit(1)]
    assert people_of(looks, seconds(0, 0.25, 3), 0.5) == [[0, 2], [1]]
    between = [np.array([0.0, 0.5, 1.0]), np.array([0.25, 0.75]), np.array([9.0])]
    assert people_of(looks, between, 0.5) == [[0, 1, 2]]


def test_who_was_never_seen_beside_somebody_can_still_not_be_both_of_two() -> None:
    looks = [unit(0), unit(4), unit(2)]
    assert people_of(looks, seconds(0, 0, 3), 0.5) in ([[0, 2], [1]], [[0], [1, 2]])


def test_a_group_is_as_alike_as_its_looks_are_on_average() -> None:
    # The mean of cos 60 and cos 0 is 0.75; the nearest pair alone would give 1.
    looks = [unit(0, 60), unit(60)]
    assert people_of(looks, seconds(0, 3), 0.74) == [[0, 1]]
    assert people_of(looks, seconds(0, 3), 0.76) == [[0], [1]]


def test_a_face_that_was_never_clear_to_see_stays_alone() -> None:
    none = np.zeros((0, 0), np.float32)
    assert people_of([unit(0), none, unit(1)], seconds(0, 3, 6), 0.5) == [[0, 2], [1]]
    assert people_of([none], seconds(0), 0.5) == [[0]]
    assert people_of([], [], 0.5) == []


def test_of_very_many_tracks_the_short_ones_go_to_the_nearest_group(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(joining, "_MOST", 2)
    looks = [unit(0), unit(90), unit(3), unit(88), unit(45)]
    times = seconds(0, 3, 6, 9, 12)
    times[0], times[1] = np.arange(0, 2, 0.25), np.arange(3, 5, 0.25)
    assert people_of(looks, times, 0.9) == [[0, 2], [1, 3], [4]]


def test_it_gives_what_trying_all_pairs_anew_each_time_gives() -> None:
    rng = np.random.default_rng(0)
    for _ in range(5):
        centres = rng.normal(size=(4, 8))
        looks, times = [], []
        for k in range(14):
            rows = centres[rng.integers(4)] + 0.6 * rng.normal(size=(int(rng.integers(1, 5)), 8))
            looks.append((rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32))
            times.append(rng.choice(20) / 2 + np.array([0.0, 0.25]))
            del k
        assert people_of(looks, times, 0.4) == by_hand(looks, times, 0.4)


def by_hand(looks: list[Rows], times: list[NDArray[np.float64]], alike: float) -> list[list[int]]:
    groups = [[n] for n in range(len(looks))]
    while True:
        pairs = [
            (float(np.mean(rows(looks, a) @ rows(looks, b).T)), a, b)
            for i, a in enumerate(groups)
            for b in groups[:i]
            if not any(set(times[n]) & set(times[m]) for n in a for m in b)
        ]
        best = max(pairs, default=(-2.0, [], []))
        if best[0] < alike:
            return sorted(sorted(group) for group in groups)
        groups = [g for g in groups if g not in best[1:]] + [best[1] + best[2]]


def rows(looks: list[Rows], group: list[int]) -> Rows:
    return np.concatenate([looks[n] for n in group])
