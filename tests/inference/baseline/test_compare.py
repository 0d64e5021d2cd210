from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import mien
from mien.errors import MediaError, UsageError
from mien.inference.baseline.compare import compared, named_stretch, related, relative_of
from mien.inference.baseline.estimate import LEAST_AUTO, baseline_of
from mien.inference.baseline.stored import Baseline, read_baseline, write_baseline
from mien.output.answer import prediction_from_dict
from mien.output.answer_schema import json_schema
from mien.output.report import write_html
from mien.types import Prediction, RelativeBranch, Speech


@pytest.fixture(scope="session")
def bundle() -> mien.Bundle:
    return mien.load()


@pytest.fixture(scope="session")
def clip(bundle: mien.Bundle) -> Prediction:
    return mien.analyze(mien.sample(), model=bundle)


def never(path: Path) -> Prediction:
    raise AssertionError(f"{path}: is not to be analysed")


def none(clip: Prediction, **shifts: RelativeBranch) -> Baseline:
    own = {branch: shift for branch, shift in shifts.items() if branch == "face"}
    rest = {branch: shift for branch, shift in shifts.items() if branch != "face"}
    return Baseline("x", clip.model, clip.labels, {1: own} if own else {}, rest)


def by(labels: tuple[str, ...], **given: float) -> RelativeBranch:
    shift = {name: given.get(name, 0.0) for name in labels}
    mean = sum(shift.values()) / len(shift)
    return RelativeBranch(60.0, 0.75, {name: value - mean for name, value in shift.items()})


def test_a_shift_of_nothing_changes_nothing(clip: Prediction, bundle: mien.Bundle) -> None:
    """So the fusion on published probabilities is that on the scores."""
    relative = relative_of(clip, bundle, none(clip, face=by(clip.labels), voice=by(clip.labels)))
    assert clip.probabilities is not None
    assert relative.probabilities == pytest.approx(dict(clip.probabilities), abs=1e-5)
    for window, other in zip(relative.timeline, clip.timeline, strict=True):
        assert (window.start, window.end, window.label) == (other.start, other.end, other.label)
        assert window.probabilities == pytest.approx(dict(other.probabilities or {}), abs=1e-5)


def test_what_is_usual_counts_less(clip: Prediction, bundle: mien.Bundle) -> None:
    shift = by(clip.labels, happy=1.0)
    relative = relative_of(clip, bundle, none(clip, face=shift))
    before, after = clip.probabilities or {}, relative.probabilities or {}
    assert after["happy"] < before["happy"]
    assert all(after[name] > before[name] for name in clip.labels if name != "happy")
    assert sum(after.values()) == pytest.approx(1)
    (person,) = relative.people
    face = dict(clip.people[0].probabilities)
    face["happy"] /= np.exp(1.0)
    total = sum(face.values())
    assert person.probabilities["happy"] == pytest.approx(face["happy"] / total, rel=0.02)


def test_the_absolute_answer_stays_as_it_is(clip: Prediction, bundle: mien.Bundle) -> None:
    found, baseline = compared(clip, bundle, "0-6", never)
    assert found.relative is not None
    told = found.to_dict()
    relative = told.pop("relative")
    assert told == clip.to_dict()
    assert relative["baseline"] == "0-6 s" == baseline.name
    assert set(relative["branches"]) == {"face", "voice"}
    assert relative["branches"]["face"]["seconds"] == pytest.approx(5.76, abs=0.3)
    assert relative["branches"]["voice"]["seconds"] < 6
    assert "relative" not in clip.to_dict()


def test_it_is_published_as_the_schema_says_and_comes_back(
    clip: Prediction, bundle: mien.Bundle
) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    found, _ = compared(clip, bundle, (0.0, 6.0), never)
    told = json.loads(json.dumps(found.to_dict()))
    jsonschema.Draft202012Validator(json.loads(json_schema())).validate(told)
    assert prediction_from_dict(told).to_dict() == told


def test_a_short_clip_is_no_baseline_of_itself(clip: Prediction, bundle: mien.Bundle) -> None:
    found, _ = compared(clip, bundle, "auto", never)
    assert found.relative is not None
    assert found.relative.label is None
    assert found.relative.timeline == ()
    messages = " ".join(reason.message for reason in found.relative.reasons)
    assert f"{LEAST_AUTO:g} s are needed" in messages


def test_a_stretch_without_enough_is_a_reason(clip: Prediction, bundle: mien.Bundle) -> None:
    found, _ = compared(clip, bundle, "0-3", never)
    assert found.relative is not None
    assert "4 s are needed" in found.relative.reasons[0].message


@pytest.mark.parametrize(
    ("text", "stretch"), [("10-30", (10, 30)), ("0.5 - 6 s", (0.5, 6)), ("auto", None), ("a", None)]
)
def test_stretches(text: str, stretch: tuple[float, float] | None) -> None:
    assert named_stretch(text) == stretch


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ("6-2", "ends before it begins"),
        ("20-40", "the clip ends at 8.0 s"),
        ("x.mp4", "x.mp4: no such file; it takes auto, START-END"),
        ("x.json", "x.json: cannot be read"),
    ],
)
def test_what_is_no_baseline_is_one_line(
    clip: Prediction, bundle: mien.Bundle, choice: str, said: str
) -> None:
    def missing(path: Path) -> Prediction:
        raise MediaError(f"{path}: no such file")

    with pytest.raises(UsageError) as caught:
        compared(clip, bundle, choice, missing)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_another_recording_without_a_face_or_a_voice_is_one_line(
    clip: Prediction, bundle: mien.Bundle
) -> None:
    branches = {n: replace(say, present=False) for n, say in clip.branches.items()}
    empty = replace(clip, people=(), branches=branches, timeline=())
    with pytest.raises(UsageError, match=r"other\.mp4: .*; give another recording"):
        compared(clip, bundle, "other.mp4", lambda _: empty)


def test_another_recording_without_a_face_still_has_a_voice(
    clip: Prediction, bundle: mien.Bundle
) -> None:
    found, baseline = compared(clip, bundle, "other.mp4", lambda _: replace(clip, people=()))
    assert not baseline.people
    assert found.relative is not None
    assert set(found.relative.branches) == {"voice"}
    assert any("no face" in reason.message for reason in found.relative.reasons)


def test_of_several_people_nobody_knows_whose_voice_it_is(
    clip: Prediction, bundle: mien.Bundle
) -> None:
    second = replace(clip.people[0], id=2)
    both = replace(clip, people=(*clip.people, second))
    found, baseline = compared(both, bundle, "0-7", never)
    assert set(baseline.people) == {1, 2}
    assert not baseline.shared
    assert found.relative is not None
    assert set(found.relative.branches) == {"face"}
    assert any("whose voice" in reason.message for reason in found.relative.reasons)
    one = baseline_of([clip], "x")
    alone = relative_of(both, bundle, one)
    assert [person.id for person in alone.people] == [1]
    assert any("person 2 cannot be compared" in reason.message for reason in alone.reasons)


def test_of_several_people_each_has_the_baseline_of_their_own_voice(
    clip: Prediction, bundle: mien.Bundle
) -> None:
    speech = Speech(4.5, ((0.0, 4.5),), None, None)
    first, second = replace(clip.people[0], speech=speech), replace(clip.people[0], id=2)
    windows = [replace(w, speaker=1 if w.start < 4 else "off screen") for w in clip.timeline]
    both = replace(clip, people=(first, second), timeline=tuple(windows))
    baseline = baseline_of([both], "x")
    assert not baseline.shared
    assert set(baseline.voices) == {1}
    assert baseline.voices[1]["voice"].seconds == pytest.approx(4, abs=0.6)
    stored = json.loads(json.dumps(baseline.to_dict()))
    assert set(stored["voices"]["1"]) == {"voice"}
    relative = relative_of(both, bundle, baseline)
    assert set(relative.branches) == {"face", "voice"}
    for window, before in zip(relative.timeline, windows, strict=True):
        shifted = window.branches["voice"] != before.branches["voice"]
        assert shifted == (before.speaker == 1 and before.branches["voice"] is not None)


def test_several_recordings_of_one_person_are_one_baseline(clip: Prediction) -> None:
    once, thrice = baseline_of([clip], "x"), baseline_of([clip] * 3, "x")
    for branch, one in {**once.people[1], **once.shared}.items():
        more = {**thrice.people[1], **thrice.shared}[branch]
        assert more.seconds == pytest.approx(3 * one.seconds)
        assert more.share > one.share


def test_a_baseline_is_kept_in_a_small_file(
    clip: Prediction, bundle: mien.Bundle, tmp_path: Path
) -> None:
    baseline = baseline_of([clip], "a name")
    write_baseline(baseline, tmp_path / "b.json")
    assert (tmp_path / "b.json").stat().st_size < 2000
    again = read_baseline(tmp_path / "b.json")
    found, _ = compared(clip, bundle, tmp_path / "b.json", never)
    exact = relative_of(clip, bundle, baseline)
    assert again.name == "a name"
    assert found.relative is not None
    assert found.relative.probabilities == pytest.approx(dict(exact.probabilities or {}), abs=1e-4)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"schema": 1}', '{"kind": "lines"}'], ids=["a", "b", "c", "d", "e"]
)
def test_a_file_that_is_no_baseline_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "b.json").write_text(text, "utf-8")
    with pytest.raises(UsageError, match="is no baseline of mien"):
        read_baseline(tmp_path / "b.json")


def test_a_file_that_is_too_large_is_not_called_damaged(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(" " * 2**20 + "{}", "utf-8")
    with pytest.raises(UsageError, match=r"b\.json: is larger than 1 MB, which no baseline is"):
        read_baseline(tmp_path / "b.json")


def test_of_another_model(clip: Prediction, bundle: mien.Bundle) -> None:
    other = replace(baseline_of([clip], "x"), model={"name": "old", "sha256": "0" * 64})
    with pytest.raises(UsageError, match="is of the model old, and this one is mien-2"):
        related(clip, bundle, other)
    strange = replace(clip, model={"name": "mine", "sha256": "0" * 64})
    with pytest.raises(UsageError, match="was not measured for the model 'mine'"):
        baseline_of([strange], "x")


def test_the_report_says_that_it_is_another_thing(
    clip: Prediction, bundle: mien.Bundle, tmp_path: Path
) -> None:
    found, _ = compared(clip, bundle, "0-6", never)
    write_html(found, tmp_path / "a.html")
    text = (tmp_path / "a.html").read_text("utf-8")
    assert "Compared with their usual self" in text
    assert "baseline: 0-6 s" in text
    write_html(clip, tmp_path / "b.html")
    assert "usual self" not in (tmp_path / "b.html").read_text("utf-8")
