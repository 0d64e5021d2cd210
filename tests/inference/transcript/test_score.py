from __future__ import annotations

import numpy as np
import pytest

import mien
from mien.inference.transcript.cues import Cue
from mien.inference.transcript.evidence import ClipEvidence
from mien.inference.transcript.result import lines_from_dict
from tests.inference.transcript.conftest import Sample


def codes(line: object) -> list[str]:
    return [reason.code for reason in line.reasons]  # type: ignore[attr-defined]


def test_a_line_as_long_as_a_window_says_what_the_window_says(sample: Sample) -> None:
    """The same pooling, weights and temperatures, where there is speech in the middle."""
    windows = [w for w in sample.prediction.timeline if None not in w.branches.values()]
    assert len(windows) > 5
    for window in windows:
        (line,) = sample.lines(Cue(window.start, window.end, "x")).lines
        assert window.probabilities is not None
        assert line.probabilities == pytest.approx(dict(window.probabilities))
        assert line.label == window.label
        assert line.confidence == pytest.approx(max(window.probabilities.values()))
        for name, branch in window.branches.items():
            found = line.branches[name]
            assert (found is None) == (branch is None)
            assert found is None or found == pytest.approx(dict(branch or {}))


def test_a_line_over_the_whole_clip_says_what_the_clip_says(sample: Sample) -> None:
    (line,) = sample.lines(Cue(0, 8, "x")).lines
    assert line.probabilities == pytest.approx(dict(sample.prediction.probabilities or {}))
    assert line.person == 1


def test_borders_are_those_of_the_line_within_a_quarter_of_a_second(sample: Sample) -> None:
    exact, near = sample.lines(Cue(2.0, 4.0, "x"), Cue(2.2, 4.2, "x", "")).lines
    assert exact.probabilities == pytest.approx(dict(near.probabilities or {}))
    other = sample.lines(Cue(2.3, 4.3, "x")).lines[0]
    assert other.probabilities != pytest.approx(dict(exact.probabilities or {}))


@pytest.mark.parametrize("middle", [0.01, 0.5, 3.26, 7.99])
def test_the_shortest_line_has_an_answer(sample: Sample, middle: float) -> None:
    (line,) = sample.lines(Cue(middle - 0.004, middle + 0.004, "x")).lines
    assert line.label in sample.prediction.labels
    assert sum((line.probabilities or {}).values()) == pytest.approx(1)


def test_lines_beyond_the_clip_have_a_reason(sample: Sample) -> None:
    inside, partly, mostly, outside, none = sample.lines(
        Cue(0, 8.02, "x"), Cue(5, 9, "x"), Cue(7, 60, "x"), Cue(8.5, 9, "x"), Cue(9, 9, "x")
    ).lines
    assert "partly_outside" not in codes(inside)
    assert "partly_outside" in codes(partly)
    assert partly.label is not None
    assert "mostly_outside" in codes(mostly)
    assert mostly.label is not None
    assert not mostly.reliable
    assert (codes(outside), outside.label, outside.reliable) == (["outside"], None, False)
    assert "ends at 8.0 s" in outside.reasons[0].message
    assert (codes(none), none.label) == (["no_duration"], None)


def test_a_line_before_the_clip_and_one_that_ends_before_it_begins(sample: Sample) -> None:
    before, turned = sample.lines(Cue(-5, -1, "x"), Cue(4, 3, "x")).lines
    assert (before.label, before.reliable) == (None, False)
    assert codes(turned) == ["no_duration"]


def test_overlapping_lines_of_two_speakers_are_doubtful_those_of_one_are_not(
    sample: Sample,
) -> None:
    first, second = sample.lines(Cue(0, 3, "x", "Anna"), Cue(1, 3, "x", "Ben")).lines
    assert "overlap" in codes(first)
    assert not first.reliable
    assert "overlap" in codes(second)
    one, two = sample.lines(Cue(0, 3, "x", "Anna"), Cue(1, 3, "x", "Anna")).lines
    assert not {"overlap", "partly_overlapping"} & {*codes(one), *codes(two)}
    short, _ = sample.lines(Cue(0, 3, "x", "Anna"), Cue(2.8, 5, "x", "Ben")).lines
    assert "partly_overlapping" in codes(short)


def test_a_caption_over_everything_makes_no_line_doubtful(sample: Sample) -> None:
    _, line = sample.lines(Cue(0, 60, "Chapter one"), Cue(1, 4, "x")).lines
    assert not {"overlap", "partly_overlapping"} & {*codes(line)}


def test_a_hundred_lines_at_once(sample: Sample) -> None:
    found = sample.lines(*(Cue(1, 4, f"line {k}") for k in range(100))).lines
    assert len({line.label for line in found}) == 1
    assert "goes on for 3.0 s" in found[50].reasons[0].message


def test_reliable_needs_the_confidence_that_the_bundle_asks_for(sample: Sample) -> None:
    for window in sample.prediction.timeline:
        (line,) = sample.lines(Cue(window.start, window.end, "x")).lines
        present = [name for name, value in line.branches.items() if value is not None]
        least = sample.bundle.spec.least_confidence(present)
        assert line.confidence is not None
        assert ("low_confidence" in codes(line)) == (line.confidence < least)


def test_a_named_speaker_who_is_not_in_view_is_heard_only(sample: Sample) -> None:
    """Anna is in view in the first half of a clip cut short, and speaks in both."""
    seen = sample.evidence.presence[1]
    half = seen.times < 4
    short = type(seen)(seen.times[half], seen.areas[half], seen.step)
    evidence = ClipEvidence(
        sample.evidence.people, sample.evidence.shared, {1: short}, sample.evidence.duration
    )
    given = Sample(sample.bundle, sample.prediction, evidence)
    first, second = given.lines(Cue(0, 3, "x", "Anna"), Cue(4, 7, "x", "Anna")).lines
    assert first.person == 1
    assert second.person is None
    assert second.branches["face"] is None
    assert "Anna is not in view" in {reason.message for reason in second.reasons}


def test_nothing_to_go_by_is_an_answer_with_a_reason(sample: Sample) -> None:
    empty = ClipEvidence({}, {}, {}, 8.0)
    (line,) = Sample(sample.bundle, sample.prediction, empty).lines(Cue(0, 3, "x")).lines
    assert (codes(line), line.label, line.probabilities) == (["no_evidence"], None, None)


def test_warnings_of_the_stretch_count_for_its_lines(sample: Sample) -> None:
    found = sample.evidence
    dark = {1: {"dark_face": range(0, 8)}}
    evidence = ClipEvidence(found.people, found.shared, found.presence, 8.0, beyond=dark)
    first, second = (
        Sample(sample.bundle, sample.prediction, evidence)
        .lines(Cue(0, 3, "x"), Cue(5, 8, "x"))
        .lines
    )
    assert "dark_face" in codes(first)
    assert not first.reliable
    assert "dark_face" not in codes(second)


def test_the_public_function_analyses_once_and_takes_bytes() -> None:
    text = b"1\n00:00:00,000 --> 00:00:03,000\nANNA: Hello\n"
    found = mien.lines(mien.sample().read_bytes(), text)
    assert found.prediction is not None
    assert found.prediction.label == mien.analyze(mien.sample()).label
    assert found.lines[0].speaker == "ANNA"
    assert np.isfinite(found.lines[0].confidence or np.nan)


def test_lines_are_compared_with_the_usual_self_beside_their_answers() -> None:
    text = b"start,end,text\n0,3,Hello\n5,7,you\n"
    plain, found = mien.lines(mien.sample(), text), mien.lines(mien.sample(), text, baseline="0-6")
    for one, other in zip(plain.lines, found.lines, strict=True):
        assert one.relative is None
        assert one.probabilities == pytest.approx(dict(other.probabilities or {}), abs=2e-4)
        assert other.relative is not None
        assert sum(other.relative.values()) == pytest.approx(1)
        assert other.relative != pytest.approx(dict(other.probabilities or {}), abs=1e-3)
    assert "relative" not in plain.to_dict()["lines"][0]
    told = found.to_dict()
    assert lines_from_dict(told).to_dict() == told
    assert found.prediction is not None
    assert found.prediction.relative is not None
