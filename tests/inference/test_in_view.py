from __future__ import annotations

import numpy as np
import pytest

from mien.inference.bundle import Bundle, load
from mien.inference.in_view import in_view
from mien.inference.range_monitor import FaceRangeMonitor
from mien.inference.session import Track


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return load()


def track(bundle: Bundle, number: int, start: float, end: float, side: float) -> Track:
    """A face that is seen four times a second."""
    made = Track(number, bundle.evidence("face"), FaceRangeMonitor(bundle.spec.ranges))
    made.times = np.arange(start, end, 0.25).tolist()
    made.boxes = [np.array([9, 9, 9 + side, 9 + side], np.float32)] * len(made.times)
    made.sides = [side] * len(made.times)
    rows = np.zeros((len(made.times), 7), np.float32)
    made.evidence["face"].add(np.array(made.times), rows)
    return made


def test_the_answer_goes_by_the_largest_face_of_each_time(bundle: Bundle) -> None:
    view = in_view(
        bundle,
        [track(bundle, 0, 0, 10, 50), track(bundle, 1, 4, 6, 90), track(bundle, 2, 9, 9.5, 55)],
    )
    assert [view.holder(k / 2, k / 2 + 0.5) for k in range(20)] == [0] * 8 + [1] * 4 + [0] * 8
    assert view.seconds == [8, 2, 0]  # 55 px are not enough to take over from 50
    assert view.holder(3.75, 4.25) == 0  # of two in equally many cells, who came first
    assert view.holder(12, 13) is None
    assert view.track is not None
    assert view.track.times == np.arange(0, 10, 0.25).tolist()


def test_who_speaks_goes_before_who_is_larger(bundle: Bundle) -> None:
    people = [track(bundle, 0, 0, 4, 90), track(bundle, 1, 0, 4, 50)]
    view = in_view(bundle, people, {2: 1, 3: 1, 7: 5})
    # The one who spoke keeps it until somebody else does, or is much larger: that is so at once.
    assert [view.holder(k / 2, k / 2 + 0.5) for k in range(8)] == [0, 0, 1, 1, 0, 0, 0, 0]


def test_people_are_in_order_of_what_the_answer_goes_by(bundle: Bundle) -> None:
    a, b, c = (
        track(bundle, k, *given, 60) for k, given in enumerate([(0, 2), (2, 9), (20, 22.25)])
    )
    assert [t.id for t in in_view(bundle, [a, b, c]).people] == [1, 0, 2]
    # 2 s and 2.25 s count as the same: who is seen first comes first
    assert [t.id for t in in_view(bundle, [a, c]).people] == [0, 2]


def test_a_photograph_holds_nothing_where_another_face_moves(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    poster, guest = track(bundle, 0, 0, 8, 200), track(bundle, 1, 2, 4, 50)
    monkeypatch.setattr("mien.inference.in_view.candidates", lambda people: people[1:])
    view = in_view(bundle, [poster, guest])
    assert view.people == [guest, poster]
    assert view.seconds == [2, 0]
    assert set(view.holders) == {4, 5, 6, 7}


def test_nobody(bundle: Bundle) -> None:
    view = in_view(bundle, [])
    assert view.track is None
    assert view.people == [] == view.seconds
    assert view.holder(0, 2) is None
