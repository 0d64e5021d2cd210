from __future__ import annotations

import numpy as np
import pytest

from mien.inference.bundle import Bundle, load
from mien.inference.persons import in_order, joint, people, within
from mien.inference.session import Session
from tests.inference.test_in_view import track


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load()


def test_tracks_of_one_person_become_one_with_all_that_was_found(bundle: Bundle) -> None:
    a, b = track(bundle, 3, 5.25, 7, 80), track(bundle, 1, 0, 5.25, 60)
    whole = joint(bundle, [a, b])
    assert whole.id == 1
    assert whole.times == np.arange(0, 7, 0.25).tolist()
    assert whole.sides[0] == 60 != whole.sides[-1] == 80
    said = whole.evidence["face"].all()
    assert said is not None
    assert said.n == 28
    # Both have sights in the half second from 5.0 s on.
    assert whole.evidence["face"].between(5.0, 5.5).n == 2  # type: ignore[union-attr]
    assert joint(bundle, [a]) is a


def test_what_of_a_track_lies_in_some_cells(bundle: Bundle) -> None:
    part = within(bundle, track(bundle, 0, 0, 4, 60), {1, 4, 99})
    assert part.times == [0.5, 0.75, 2.0, 2.25]
    assert part.evidence["face"].all().n == 4  # type: ignore[union-attr]
    assert len(part.boxes) == len(part.sides) == 4


def test_tracks_without_looks_are_each_a_person(bundle: Bundle) -> None:
    session = Session(bundle, identify="never")
    session.tracks = {k: track(bundle, k, 3 * k, 3 * k + 2, 60) for k in (1, 0)}
    assert [t.id for t in people(session)] == [0, 1]


def test_order_is_by_first_sight_and_not_by_number(bundle: Bundle) -> None:
    left, right, early = (
        track(bundle, k, *given, 60) for k, given in ((7, (1, 2)), (2, (1, 2)), (9, (0, 1)))
    )
    right.boxes = [box + 300 for box in right.boxes]
    assert [t.id for t in in_order([right, left, early])] == [9, 7, 2]
