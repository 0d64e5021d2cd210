"""Figures of material that was made by hand."""

from __future__ import annotations

import pytest

from mien import UsageError
from mien.evaluation.agree import Study, compare_raters
from mien.evaluation.agree.events import events, whole_clips
from mien.labels import EMOTIONS
from tests.evaluation.agree.made import answer, coding, material

HAPPY, SAD, FEAR = (EMOTIONS.index(name) for name in ("happy", "sad", "fear"))


def two_coders() -> Study:
    """Eight windows of 1 s: anna and ben agree on six, mien on five with anna, seven with ben."""
    anna = ["happy", "happy", "sad", "sad", "happy", "sad", "fear", "fear"]
    ben = ["happy", "happy", "sad", "sad", "sad", "happy", "fear", "fear"]
    mien = ["happy", "happy", "sad", "sad", "sad", "happy", "fear", "sad"]
    codings, answers = [], []
    for clip in range(4):
        rows = range(2 * clip, 2 * clip + 2)
        for name, labels in (("anna", anna), ("ben", ben)):
            runs = [(k % 2, k % 2 + 1, labels[k]) for k in rows]
            codings.append(coding(name, f"c{clip}", *runs, person=f"p{clip % 2}"))
        answers.append(answer(f"c{clip}.mp4", *((k % 2, k % 2 + 1, mien[k]) for k in rows)))
    return compare_raters(material(codings, *answers), 1.0, 0.0)[0]


def test_pairs_by_window_by_hand() -> None:
    result = two_coders()
    people, ours = result.between("window", answers=False), result.between("window", answers=True)
    (pair,) = people
    # 6 of 8; both: 3 happy, 3 sad, 2 fear: by chance (9 + 9 + 4) / 64
    assert (pair.n, pair.clips, pair.agreed.value) == (8, 4, 0.75)
    assert pair.kappa.value == pytest.approx((6 / 8 - 22 / 64) / (1 - 22 / 64))
    assert pair.agreed.interval is not None
    assert [p.agreed.value for p in ours] == [5 / 8, 7 / 8]
    assert ours[1].confusion[FEAR][SAD] == 1
    anna, ben = (p.kappa.value for p in ours)
    assert result.difference is not None
    assert result.difference.value == pytest.approx((anna + ben) / 2 - pair.kappa.value)


def test_recalls_by_hand() -> None:
    result = two_coders()
    fear = next(row for row in result.classes if row.label == "fear")
    assert (fear.n, fear.answers.value) == (4, 0.5)
    assert fear.coders is not None
    assert fear.coders.value == 1.0
    assert [(row.person, row.clips, row.n) for row in result.people] == [("p0", 2, 8), ("p1", 2, 8)]
    # p0: windows 0, 1, 4, 5: mien is right for anna twice, for ben four times
    assert result.people[0].answers.value == 6 / 8


def test_coverage_and_what_nobody_coded() -> None:
    joined = material(
        [coding("anna", "a", (0, 2, "sad"), (1, 3, "sad")), coding("ben", "a", (5, 6, "sad"))],
        answer("a.mp4", (0, 4, "sad"), (4, 10, "")),
    )
    result = compare_raters(joined, 2.0, 0.0)[0]
    assert (result.seconds, result.uncoded) == (10, 6)
    shares = {part.rater: part.share for part in result.coverage}
    assert shares == pytest.approx({"anna": 0.3, "ben": 0.1, "mien": 0.4})
    remarks = " ".join(result.remarks)
    assert "one clip only: no interval can be given" in remarks
    assert "ben labelled nothing that another coder labelled too" in remarks
    assert result.between("window", answers=True)[0].kappa.interval is None


def test_events_of_two_coders() -> None:
    """The first overlaps by 3 of 4 s; the second by 1 of 4; the third has no counterpart."""
    joined = material(
        [
            coding("anna", "a", (0, 4, "sad"), (5, 7, "happy"), (8, 9, "fear")),
            coding("ben", "a", (1, 4, "happy"), (6, 9.5, "happy")),
        ]
    )
    pairs = events(joined, "anna", "ben")
    assert (pairs.first.tolist(), pairs.second.tolist()) == ([SAD], [HAPPY])
    assert pairs.unmatched == 3


def test_events_and_answers() -> None:
    joined = material(
        [coding("anna", "a", (0, 4, "sad"), (4, 6, "happy"), (6, 8, "sad"))],
        answer("a.mp4", (0, 3, "sad"), (3, 6, "happy"), (6, 8, "")),
    )
    pairs = events(joined, "anna", "mien")
    assert (pairs.first.tolist(), pairs.second.tolist()) == ([SAD, HAPPY], [SAD, HAPPY])
    assert pairs.unmatched == 1


def test_whole_clips_are_judged_by_event() -> None:
    clips = [(f"c{k}", name) for k, name in enumerate(["sad", "happy", "sad"])]
    codings = [coding("anna", clip, (0, 10, label)) for clip, label in clips]
    answers = [answer(f"{clip}.mp4", (0, 10, "fear"), label=label) for clip, label in clips]
    result = compare_raters(material(codings, *answers))[0]
    assert result.by == "event"
    (pair,) = result.between("event", answers=True)
    assert (pair.n, pair.kappa.value) == (3, 1.0)
    assert not result.lags


@pytest.mark.parametrize(("late", "matched"), [(2.0, 1), (2.05, 0)])
def test_stretches_are_of_one_event_from_half_of_their_union_on(late: float, matched: int) -> None:
    """6 s each: 4 of 8 s in common, and a little less."""
    joined = material(
        [coding("anna", "a", (0, 6, "sad")), coding("ben", "a", (late, late + 6, "sad"))],
        answer("a.mp4", (0, 10, "sad")),
    )
    assert len(events(joined, "anna", "ben").first) == matched


@pytest.mark.parametrize(("end", "whole"), [(9.0, True), (8.9, False)])
def test_nine_tenths_of_a_clip_are_the_whole_clip(end: float, whole: bool) -> None:
    joined = material([coding("anna", "a", (0, end, "sad"))], answer("a.mp4", (0, 10, "sad")))
    assert whole_clips(joined) is whole


@pytest.mark.parametrize(("answered", "judged"), [(2.0, 1), (1.5, 0)])
def test_half_of_a_stretch_has_to_be_answered(answered: float, judged: int) -> None:
    joined = material(
        [coding("anna", "a", (0, 4, "sad"))],
        answer("a.mp4", (0, answered, "sad"), (answered, 8, "")),
    )
    assert len(events(joined, "anna", "mien").first) == judged


def test_a_shift_leaves_half_of_the_moments_and_moments_are_a_tenth_of_a_second_apart() -> None:
    """Of 4 s at most 2 s can be shifted away; 1.04 s is the moment of 1.0 s."""
    joined = material(
        [coding("anna", "a", (0, 1.04, "sad"), (1.04, 4, "happy"))],
        answer("a.mp4", (0, 1, "sad"), (1, 4, "happy")),
    )
    (lag,) = compare_raters(joined, 1.0, 3.0)[0].lags
    assert lag.searched == (-2.0, 2.0)
    assert (lag.seconds, lag.unshifted) == (0.0, 1.0)


@pytest.mark.parametrize("late", [-0.4, 0.0, 0.7])
def test_the_lag_of_a_coder_is_found(late: float) -> None:
    """Labels that change every 2 s, and a coder who gives them `late` seconds later."""
    names = ["happy", "sad", "fear"]
    codings, answers = [], []
    for clip in range(12):
        runs = [(2.0 * k, 2.0 * k + 2, names[(k + clip) % 3]) for k in range(5)]
        moved = [(max(0, a + late), min(10, b + late), label) for a, b, label in runs]
        codings.append(coding("anna", f"c{clip}", *moved))
        answers.append(answer(f"c{clip}.mp4", *runs))
    (lag,) = compare_raters(material(codings, *answers), 1.0, 1.5)[0].lags
    assert (lag.first, lag.second, lag.clips) == ("anna", "mien", 12)
    assert lag.seconds == pytest.approx(-late)
    assert lag.best > 0.95
    assert lag.interval == pytest.approx((-late, -late))


def test_the_strongest_disagreements_are_stretches() -> None:
    joined = material(
        [
            coding("anna", "a", (0, 3, "sad"), (3, 6, "happy"), (6, 8, "sad")),
            coding("ben", "a", (0, 3, "sad"), (3, 6, "sad"), (6, 8, "sad")),
        ],
        answer("a.mp4", (0, 2, "fear"), (2, 6, "sad"), (6, 8, "fear"), p=0.9),
    )
    first, second = compare_raters(joined, 1.0, 0.0)[0].disagreements
    assert [(d.start, d.end, d.coded, d.answered) for d in (first, second)] == [
        (0, 2, "sad", "fear"),
        (6, 8, "sad", "fear"),
    ]  # from 3 to 6 s one of two coders says what mien says
    assert first.coders == ("anna", "ben")
    rest = 0.1 / 6
    assert first.strength == pytest.approx(0.5 * (0.9 + (1 - rest) + 5 * rest))


def test_intensities_and_probabilities_have_an_icc() -> None:
    from dataclasses import replace

    codings = []
    for coder, shift in (("anna", 0.0), ("ben", 1.0)):
        coded = coding(coder, "a", *((k, k + 1, "sad") for k in range(6)))
        values = (replace(s, intensity=s.start + shift) for s in coded.stretches)
        codings.append(replace(coded, stretches=tuple(values)))
    joined = material(codings, answer("a.mp4", (0, 3, "sad"), (3, 6, "happy")))
    scales = {s.what: s for s in compare_raters(joined, 1.0, 0.0)[0].scales}
    # 0..5 beside 1..6: the variance of the units is 3.5, that of the raters 0.5, no rest
    assert scales["intensity, same label"].icc.value == pytest.approx(3.5 / (3.5 + 0.5))
    assert "share and probability of sad" in scales


def test_a_window_of_no_length_is_refused() -> None:
    joined = material([coding("anna", "a", (0, 2, "sad"))])
    with pytest.raises(UsageError, match=r"--window 0: must be 0.1 to 3600 seconds"):
        compare_raters(joined, 0.0)
