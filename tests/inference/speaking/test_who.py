from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mien
from mien.inference.bundle import load
from mien.inference.in_view import in_view
from mien.inference.speaking.model import shipped
from mien.inference.speaking.mouth import MouthMotion
from mien.inference.speaking.own_voice import own_speech, speakers
from mien.inference.speaking.sound import SpokenSound
from mien.inference.speaking.who import (
    OFF_SCREEN,
    likeliest,
    spoken_cells,
    who_speaks,
)
from project.bundle.speaking import ACTORS, count
from project.bundle.speaking_scenes import Scene, Take, make_scene


def test_cells_with_a_fifth_of_a_second_of_speech_are_spoken() -> None:
    assert spoken_cells([(0.1, 0.6), (1.35, 1.45), (1.6, 1.75), (2.0, 3.0)]) == [0, 4, 5]


def test_a_change_of_the_speaker_costs() -> None:
    loud, quiet = dict.fromkeys(range(9), 2.0), dict.fromkeys(range(9), -3.0)
    doubtful = loud | {4: -0.5}
    assert set(likeliest(range(9), [doubtful, quiet], [1.0] * 9).values()) == {0}
    far = loud | dict.fromkeys((3, 4, 5), -3.0)
    assert likeliest(range(9), [far, quiet], [1.0] * 9)[4] == OFF_SCREEN
    handed = {k: 2.0 if k >= 5 else -3.0 for k in range(9)}
    first = {k: 2.0 if k < 5 else -3.0 for k in range(9)}
    assert list(likeliest(range(9), [first, handed], [1.0] * 9).values()) == [0] * 5 + [1] * 4


def test_somebody_who_is_not_in_view_does_not_speak() -> None:
    gone = dict.fromkeys(range(4), 5.0)
    assert list(likeliest(range(8), [gone], [1.0] * 8).values()) == [0] * 4 + [OFF_SCREEN] * 4
    assert likeliest([], [gone], [1.0] * 8) == {}
    speech = [(0.0, 2.0)]
    nobody = who_speaks(SpokenSound(), speech, [MouthMotion()])
    assert set(nobody.values()) == {OFF_SCREEN}


def test_where_no_mouth_was_seen_twice_nobody_is_said_to_be_off_screen() -> None:
    slow, usual = mien.analyze(mien.sample(), fps=1), mien.analyze(mien.sample())
    assert {window.speaker for window in slow.timeline} == {None}
    assert "off_screen_voice" not in [reason.code for reason in slow.reasons]
    assert "off screen" in {window.speaker for window in usual.timeline}  # a machine's voice
    assert "off_screen_voice" in [reason.code for reason in usual.reasons]


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    root = Path(__file__).resolve().parents[4] / "shared" / "data" / "java_sed"
    if not root.is_dir():
        pytest.skip(f"the corpora are not at {root.parent}")
    takes = [
        Take(path.name[:2], path) for path in sorted((root / "video").glob("*-01-0[1-6]_01.mp4"))
    ]
    takes = [take for take in takes if take.speech]
    return [make_scene(load(), takes, ACTORS, shipped(), n, all_talk=False) for n in range(2)]


@pytest.mark.data
def test_the_one_whose_mouth_goes_with_the_sound_is_told(scenes: list[Scene]) -> None:
    """Of people whom the networks have seen: `python -m project.bundle.speaking` has the others."""
    right, seen, unseen_right, unseen = np.sum([count(scene, shipped()) for scene in scenes], 0)
    assert seen + unseen > 20
    assert (right + unseen_right) / (seen + unseen) > 0.75


@pytest.mark.data
def test_each_person_has_the_voice_of_their_own_time(scenes: list[Scene]) -> None:
    session, bundle = scenes[0].session, load()
    view = in_view(bundle, scenes[0].people, speakers(session, scenes[0].people))
    parts = [own_speech(bundle, session, view, place) for place in range(len(view.people))]
    spoken = [part for part in parts if part is not None]
    assert spoken
    for part in spoken:
        assert part.seconds == pytest.approx(sum(b - a for a, b in part.spans), abs=1e-3)
        assert part.probabilities is not None
        assert part.fused is not None
        assert sum(part.fused.values()) == pytest.approx(1)
    whole = sum(b - a for a, b in scenes[0].speech)
    assert sum(part.seconds for part in spoken) <= whole + 1e-6
