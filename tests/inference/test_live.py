from __future__ import annotations

import cv2
import numpy as np
import pytest

import mien
from mien.media import open_media
from mien.types import LivePerson
from tests.conftest import shifted
from tests.media_maker import speaking


def test_people_are_where_they_are_in_the_last_picture(portrait: np.ndarray) -> None:
    live = mien.Live(fps=10)
    assert live.people() == {}
    for k in range(5):
        live.push_frame(portrait, k / 10)
    (before,) = (person.box for person in live.people().values())
    for k in range(5, 8):
        live.push_frame(shifted(portrait, 4 * (k - 4)), k / 10)
    assert list(live.people()) == [1]
    moved = live.people()[1].box - before
    np.testing.assert_allclose(moved, [12, 0, 12, 0], atol=4)


def test_a_face_that_is_gone_has_no_box_and_two_have_one_each(portrait: np.ndarray) -> None:
    live = mien.Live(fps=10)
    two = np.concatenate([portrait, portrait[:, ::-1]], 1)
    for k in range(4):
        live.push_frame(two, k / 10)
    left, right = sorted((p.box for p in live.people().values()), key=lambda box: box[0])
    assert left[2] < portrait.shape[1] < right[0]
    live.push_frame(np.full_like(two, 128), 0.4)
    assert live.people() == {}


def test_each_of_two_people_has_a_label_of_their_own(portrait: np.ndarray) -> None:
    def alone(picture: np.ndarray) -> LivePerson:
        live = mien.Live(fps=10)
        for k in range(8):
            live.push_frame(picture, k / 10)
        (person,) = live.people().values()
        return person

    gone = np.full_like(portrait, 128)
    dark = (portrait * 0.35).astype(np.uint8)[:, ::-1]
    live = mien.Live(fps=10)
    for k in range(8):
        live.push_frame(np.concatenate([portrait, dark], 1), k / 10)
    people = live.people()
    left, right = sorted(people.values(), key=lambda person: person.box[0])
    assert {left.id, right.id} == set(people) == {1, 2}
    for person, picture in ((left, [portrait, gone]), (right, [gone, dark])):
        wanted = alone(np.concatenate(picture, 1))
        assert person.label is not None
        assert person.label == max(person.probabilities, key=lambda n: person.probabilities[n])
        assert sum(person.probabilities.values()) == pytest.approx(1)
        assert person.probabilities == pytest.approx(wanted.probabilities, abs=0.15)
        np.testing.assert_allclose(person.box, wanted.box, atol=4)
    assert left.probabilities != right.probabilities
    assert live.people() == people
    assert len(repr(left)) < 100


def test_a_new_face_has_a_box_before_it_has_a_label(portrait: np.ndarray) -> None:
    live = mien.Live(fps=10, window=0.5)
    for k in range(4):
        live.push_frame(portrait, k / 10)
    assert live.people()[1].label is not None
    live.push_sound(np.zeros(16_000 * 5, np.float32), 0.4)  # the pictures lie behind the window
    assert live.people()[1].label is None
    assert live.people()[1].probabilities is None


def test_a_photograph_gives_way_to_who_is_there(portrait: np.ndarray) -> None:
    """Larger, in view from the start, and the only face for a while at the end."""
    live = mien.Live(fps=5)
    photograph = cv2.resize(portrait, (320, 240))[:, ::-1]
    noise = np.random.default_rng(1).normal(0, 3, (4, 240, 560, 3))
    ids = []
    for k in range(60):
        face = speaking(portrait, k / 5) if 10 <= k < 40 else covered(portrait)
        beside = cv2.resize(face, (240, 180), interpolation=cv2.INTER_AREA)
        beside = cv2.copyMakeBorder(beside, 0, 60, 0, 0, cv2.BORDER_REPLICATE)
        picture = np.concatenate([photograph, beside], 1) + noise[k % 4]
        live.push_frame(picture.clip(0, 255).astype(np.uint8), k / 5)
        if k in (8, 35, 59):
            people = live.people()
            main = next(iter(people.values()))
            assert live.latest().branches["face"] == pytest.approx(main.probabilities)
            ids.append(("photograph", "person")[int(main.box[0] > 320)])
    assert ids == ["photograph", "person", "photograph"]


def covered(portrait: np.ndarray) -> np.ndarray:
    picture = portrait.copy()
    picture[30:210, 140:310] = picture[20, 20]
    return picture


def test_pictures_are_looked_at_as_often_as_wanted(portrait: np.ndarray) -> None:
    slow, fast = mien.Live(fps=2), mien.Live(fps=20)
    for k in range(11):
        slow.push_frame(portrait, k / 10)
        fast.push_frame(portrait, k / 10)
    assert slow._session.frames == 3
    assert fast._session.frames == 11


@pytest.mark.parametrize("options", [{"window": 0.7}, {"window": 61}, {"people": 0}, {"fps": 0}])
def test_options_that_cannot_be_used_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(mien.UsageError):
        mien.Live(**options)


@pytest.mark.parametrize("start", [0.0, 1.8e9], ids=["from 0 s on", "by the clock"])
def test_it_is_told_that_nobody_in_view_speaks(start: float) -> None:
    """The sample is a still portrait with a machine's voice."""
    live, speakers = mien.Live(), []
    with open_media(mien.sample(), fps=4) as media:
        for chunk in media.chunks():
            live.push_sound(chunk.sound, start + chunk.sound_start)
            for picture, time in zip(chunk.frames, chunk.times.tolist(), strict=True):
                live.push_frame(np.ascontiguousarray(picture), start + time)
                span = live.latest()
                speakers.append(None if span is None else span.speaker)
    assert set(speakers[:4]) == {None}  # too little was seen
    assert set(speakers) == {None, "off screen"}
