from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest

from mien.output.answer import prediction_from_dict
from mien.types import BranchSay, Prediction, Reason, Span
from tests.output.report.sample import FIVE, HOSTILE, eight, nothing, prediction, span, sure

ANSWERS = {
    "full": prediction,
    "null": nothing,
    "eight": eight,
    "hostile": lambda: eight(HOSTILE, FIVE),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_a_value(name: str) -> None:
    one, other = ANSWERS[name](), ANSWERS[name]()
    assert one is not other
    assert one == other
    assert hash(one) == hash(other)
    assert len({one, other, copy.deepcopy(one), pickle.loads(pickle.dumps(other))}) == 1
    assert one != one.to_dict()
    assert one != "answer"
    assert (one.people, one.timeline, one.branches) == (
        other.people,
        other.timeline,
        other.branches,
    )
    assert len({*one.timeline, *other.timeline}) == len(one.timeline)
    assert len({*one.people, *other.people}) == len(one.people)
    assert len({*one.branches.values()} | {*other.branches.values()}) <= len(one.branches)


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_is_read_back_is_the_same(name: str) -> None:
    one = ANSWERS[name]()
    back = prediction_from_dict(one.to_dict())
    assert back == one
    assert hash(back) == hash(one)


def test_every_part_counts() -> None:
    one = prediction()
    first, *others = one.people
    moved = replace(first, boxes=first.boxes + 1)
    changed: list[Prediction] = [
        replace(one, label="sad"),
        replace(one, reliable=False),
        replace(one, probabilities=sure("happy", 0.61)),
        replace(one, timeline=one.timeline[1:]),
        replace(one, reasons=(Reason("dark_face", "the main face is too dark"),)),
        replace(one, people=one.people[:1]),
        replace(one, people=(moved, *others)),
        replace(one, people=(replace(first, thumbnail=b""), *others)),
        replace(one, source={**one.source, "path": "b.mp4"}),
        replace(one, model={**one.model, "sha256": "ef" * 32}),
        replace(one, branches={**one.branches, "voice": BranchSay(False, "silent", None, None)}),
    ]
    assert len({one, *changed}) == len(changed) + 1
    assert moved != first
    assert replace(one, key_frames=()) == one  # they are not published


@pytest.mark.parametrize("name", ANSWERS)
def test_it_says_itself_in_one_short_line(name: str) -> None:
    one = ANSWERS[name]()
    parts = (one, *one.people, *one.timeline, *one.branches.values(), *one.key_frames)
    for part in parts:
        said = repr(part)
        assert said.isprintable()
        assert type(part).__name__ in said
        assert len(said) < 200
    assert repr((one, one)).count("Prediction") == 2


def test_what_it_says() -> None:
    assert repr(prediction()) == "<Prediction a.mp4: happy 60%, reliable, 12.0 s, 2 people>"
    assert repr(nothing()) == "<Prediction dark.mp4: no label, uncertain, 12.0 s, 0 people>"
    assert repr(prediction().people[0]) == "<Person 1: happy 70%, 0.0-11.8 s, 60 sights>"
    assert repr(span(0.5, sure("sad"), None)) == "<Span 0.5-2.5 s: sad 70%>"
    assert repr(Span(0.0, 2.0, None, None)) == "<Span 0.0-2.0 s: no label>"
    assert repr(prediction().branches["face"]) == "<BranchSay happy 70%, weight 55%>"
    long = prediction("/clips/\udcff\n\x1b[31m" + "very " * 50 + "long.mp4")
    assert len(repr(long)) < 150
    repr(long).encode()


def test_rounding_of_what_is_published_makes_no_difference() -> None:
    one = prediction()
    first = one.people[0]
    near = replace(first, boxes=first.boxes + np.float32(0.001))
    assert near == first
    assert hash(near) == hash(first)
