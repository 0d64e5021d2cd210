from __future__ import annotations

import numpy as np

from mien.inference.transcript.cues import Cue
from mien.inference.transcript.evidence import Presence
from mien.inference.transcript.speakers import face_of, match_speakers

TALK = [
    Cue(0.0, 3.0, "a", "Anna"),
    Cue(3.0, 6.0, "b", "Ben"),
    Cue(6.0, 9.0, "c", "Anna"),
    Cue(9.0, 12.0, "d", "Ben"),
]


def seen(*stretches: tuple[float, float], side: float = 100.0) -> Presence:
    times = np.concatenate([np.arange(start, end - 1e-9, 0.25) for start, end in stretches])
    return Presence(times, np.full(len(times), side**2), 0.25)


def test_shot_and_reverse_shot_tells_who_is_who_also_where_a_cut_makes_new_people() -> None:
    shots = {
        1: seen((0.5, 2.5)),
        2: seen((3, 6)),
        3: seen((6, 9)),
        4: seen((9, 11)),
    }
    anna, ben = match_speakers(TALK, shots)
    assert (anna.name, anna.people, anna.lines, anna.seconds) == ("Anna", (1, 3), 2, 6.0)
    assert (ben.people, round(ben.in_view, 2)) == ((2, 4), 0.83)


def test_two_people_who_are_always_in_view_are_left_open() -> None:
    for speaker in match_speakers(TALK, {1: seen((0, 12)), 2: seen((0, 12))}):
        assert speaker.people == ()


def test_of_people_in_view_together_the_one_whose_mouth_moves_speaks() -> None:
    cues = [Cue(0, 4, "", "ANNA"), Cue(4, 8, "", "BEN"), Cue(8, 12, "", "ANNA")]
    always = {1: seen((0, 12)), 2: seen((0, 12))}
    speaking = {1: seen((0.5, 3.5), (8, 11)), 2: seen((4, 7))}
    matched = match_speakers(cues, always, speaking)
    assert {speaker.name: speaker.people for speaker in matched} == {"ANNA": (1,), "BEN": (2,)}
    assert [speaker.in_view for speaker in matched] == [1, 1]
    # Who is in view only while one name speaks is theirs, whatever the mouths say.
    cut = match_speakers(cues, {1: seen((0, 4), (8, 12)), 2: seen((4, 8))}, {2: seen((0, 4))})
    assert {speaker.name: speaker.people for speaker in cut} == {"ANNA": (1,), "BEN": (2,)}


def test_somebody_who_listens_all_the_time_is_nobody_who_speaks() -> None:
    """Also where one of them speaks far more than the other."""
    talk = [Cue(0, 30, "long", "Anna"), Cue(30, 33, "short", "Ben")]
    anna, ben = match_speakers(talk, {1: seen((0, 33)), 2: seen((0, 30))})
    assert anna.people == (2,)
    assert ben.people == ()


def test_a_glimpse_tells_nothing() -> None:
    assert match_speakers(TALK, {1: seen((0, 0.5))})[0].people == ()


def test_one_name_is_the_person_who_is_there() -> None:
    alone = [Cue(0, 10, "a", "Anna")]
    assert match_speakers(alone, {1: seen((0, 9)), 2: seen((3, 5))})[0].people == (1,)
    assert match_speakers(alone, {1: seen((0, 9)), 2: seen((0, 9))})[0].people == ()
    assert match_speakers(alone, {})[0].people == ()


def test_no_names_no_speakers() -> None:
    assert match_speakers([Cue(0, 1, "a")], {1: seen((0, 1))}) == ()


def test_whose_face_counts() -> None:
    here = {1: seen((0, 12), side=50), 2: seen((3, 6), side=100)}
    anna, ben = match_speakers(TALK, {1: seen((0, 3)), 2: seen((3, 6))})
    speakers = {"Anna": anna, "Ben": ben}
    assert face_of(TALK[0], speakers, here) == 1
    assert face_of(TALK[1], speakers, here) == 2
    assert face_of(TALK[3], speakers, here) is None, "Ben speaks, and is not in view"
    assert face_of(Cue(3, 6, "x"), speakers, here) == 2, "the largest"
    assert face_of(Cue(3, 6, "x"), speakers, here, {1: here[1]}) == 1, "who speaks"
    assert face_of(Cue(20, 30, "x"), speakers, here, {1: here[1]}) is None
    assert face_of(Cue(20, 30, "x"), speakers, here) is None
