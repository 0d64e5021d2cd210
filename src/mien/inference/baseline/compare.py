"""An answer beside itself, compared with how the same people usually look and sound."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from mien.errors import MediaError, UsageError
from mien.fusion.log_opinion import FusedLogPool
from mien.fusion.log_pool import softmax
from mien.inference.aggregation import BranchOutput
from mien.inference.baseline.estimate import LEAST_AUTO, baseline_of, log_rows
from mien.inference.baseline.stored import Baseline, read_baseline
from mien.inference.bundle import Bundle
from mien.types import Prediction, Reason, Relative, RelativeBranch, RelativePerson, Span

__all__ = [
    "BaselineChoice",
    "compared",
    "named_stretch",
    "related",
    "relative_of",
    "relative_stretch",
]

BaselineChoice: TypeAlias = "str | tuple[float, float] | os.PathLike[str] | Baseline"
"""What a caller may give: "auto", "START-END" in s or (start, end), a file, or a `Baseline`."""

Analyse = Callable[[Path], Prediction]
Shifts = Mapping[str, RelativeBranch]

_STRETCH = re.compile(r"(\d+(?:\.\d+)?)\s*-\s*(\d+(?:\.\d+)?)(?:\s*s)?")


def named_stretch(text: str) -> tuple[float, float] | None:
    """Start and end in s of "10-30"; None of what is no stretch.

    Raises:
        UsageError: it ends before it begins.
    """
    match = _STRETCH.fullmatch(text.strip())
    if match is None:
        return None
    start, end = float(match[1]), float(match[2])
    if end <= start:
        raise UsageError(f"--baseline {text}: ends before it begins; give START-END in seconds")
    return start, end


def compared(
    prediction: Prediction,
    bundle: Bundle,
    choice: BaselineChoice,
    analyse: Analyse,
    *,
    same_person: bool = False,
) -> tuple[Prediction, Baseline]:
    """An answer with its relative one, and the baseline.

    Args:
        prediction: absolute; stays as it is.
        bundle: the model.
        choice: see `BaselineChoice`.
        analyse: path of a clip -> its answer, where a baseline is another recording.
        same_person: see `baseline_of`.

    Raises:
        UsageError: the choice cannot be used; for example it is another model's, or has no face and
            no voice.
    """
    baseline = _baseline(prediction, choice, analyse, same_person)
    return related(prediction, bundle, baseline), baseline


def _baseline(
    prediction: Prediction, choice: BaselineChoice, analyse: Analyse, same_person: bool
) -> Baseline:
    if isinstance(choice, Baseline):
        return choice
    if choice == "auto":
        return baseline_of([prediction], "auto", least=LEAST_AUTO, same_person=same_person)
    stretch = named_stretch(choice) if isinstance(choice, str) else None
    if isinstance(choice, tuple):
        stretch = named_stretch(f"{choice[0]}-{choice[1]}")
    if stretch is not None:
        name = f"{stretch[0]:g}-{stretch[1]:g} s"
        if stretch[0] >= float(prediction.source["duration"]):
            length = f"the clip ends at {prediction.source['duration']:.1f} s"
            raise UsageError(f"--baseline {name}: {length}; give a stretch within it")
        return baseline_of([prediction], name, stretch=stretch, same_person=same_person)
    path = Path(os.fspath(choice))  # type: ignore[arg-type]
    if path.suffix == ".json":
        return read_baseline(path)
    try:
        other = analyse(path)
    except MediaError as error:
        advice = "it takes auto, START-END in seconds, a recording, or a stored baseline (.json)"
        raise UsageError(f"--baseline: {error}; {advice}") from None
    baseline = baseline_of([other], path.name, same_person=same_person)
    if not baseline.people and not baseline.shared:
        raise UsageError(
            f"--baseline {path}: {'; '.join(baseline.missing)}; give another recording"
        )
    return baseline


def related(prediction: Prediction, bundle: Bundle, baseline: Baseline) -> Prediction:
    """An answer with its relative one.

    Raises:
        UsageError: the baseline is of another model, or the model's branches are joined by
            something that a shift has no meaning for.
    """
    if baseline.model["sha256"] != prediction.model["sha256"]:
        problem = f"is of the model {baseline.model['name']}, and this one is {bundle.spec.name}"
        raise UsageError(f"--baseline {baseline.name}: {problem} (by its SHA-256); make it again")
    if not isinstance(bundle.fused, FusedLogPool):
        problem = f"the model {bundle.spec.name} does not join its branches by a log opinion pool"
        raise UsageError(f"--baseline: {problem}; use the default one")
    return replace(prediction, relative=relative_of(prediction, bundle, baseline))


def relative_of(prediction: Prediction, bundle: Bundle, baseline: Baseline) -> Relative:
    """The relative answer alone; see `related`."""
    labels = prediction.labels
    shifts = {
        **_face_shifts(prediction, baseline),
        **baseline.shared,
        **_voice_shifts(prediction, baseline),
    }
    reasons = [Reason("baseline", f"baseline {baseline.name}: {note}") for note in baseline.missing]
    reasons += _strangers(prediction, baseline)
    says = {name: say.probabilities for name, say in prediction.branches.items()}
    used = {name: shifts[name] for name, p in says.items() if p is not None and name in shifts}
    if not used:
        text = f"nothing of the clip can be compared with the baseline {baseline.name}"
        return Relative(baseline.name, None, None, reasons=(*reasons, Reason("no_baseline", text)))
    fused = _fused(bundle, says, used)
    assert fused is not None  # some branch is there
    windows = (_window(bundle, w, _shifts_at(w, baseline, used)) for w in prediction.timeline)
    return Relative(
        baseline=baseline.name,
        label=max(fused, key=lambda name: fused[name]),
        probabilities=fused,
        timeline=tuple(windows),
        people=tuple(
            RelativePerson(
                person.id,
                _fused(bundle, dict.fromkeys(person_shifts, person.probabilities), person_shifts)
                or {},
                person_shifts,
            )
            for person in prediction.people
            if (person_shifts := baseline.people.get(person.id, {}))
            and len(person.probabilities) == len(labels)
        ),
        branches=used,
        reasons=tuple(reasons),
    )


def _face_shifts(prediction: Prediction, baseline: Baseline) -> dict[str, RelativeBranch]:
    """What the clip's answer is corrected by: the shift of each person, by their share of it."""
    held = {entry.person: float(entry.seconds) for entry in prediction.by}
    if not sum(held.values()):
        held = {1: 1.0}  # an answer without `by`, and a still picture, count as the main person's
    return _by_share(held, baseline.people, prediction.labels)


def _voice_shifts(prediction: Prediction, baseline: Baseline) -> dict[str, RelativeBranch]:
    """What the clip's voice is corrected by: the shift of each person, by what they say of all."""
    spoken = {p.id: p.speech.seconds for p in prediction.people if p.speech is not None}
    return _by_share(spoken, baseline.voices, prediction.labels)


def _by_share(
    seconds: Mapping[int, float],
    shifts: Mapping[int, Mapping[str, RelativeBranch]],
    labels: Sequence[str],
) -> dict[str, RelativeBranch]:
    """{branch: mean shift} of people, weighted by seconds; who has none counts as unshifted."""
    total = sum(seconds.values())
    result: dict[str, RelativeBranch] = {}
    for branch in dict.fromkeys(b for n in seconds for b in shifts.get(n, {})):
        parts = [(seconds[n] / total, shifts.get(n, {}).get(branch)) for n in seconds]
        weighted = [(weight, correction) for weight, correction in parts if correction is not None]
        shift = {
            label: sum(weight * correction.shift[label] for weight, correction in weighted)
            for label in labels
        }
        measured = sum(correction.seconds for _, correction in weighted)
        share = sum(weight * correction.share for weight, correction in weighted)
        result[branch] = RelativeBranch(measured, share, shift)
    return result


def _shifts_at(window: Span, baseline: Baseline, used: Shifts) -> Shifts:
    """What a window is corrected by: the shifts of whose face it goes by, and of who speaks.

    Without a face, and where nobody's own voice is known, those of the whole clip.
    """
    voices = {branch for branches in baseline.voices.values() for branch in branches}
    whole = {branch: shift for branch, shift in used.items() if branch not in voices}
    speaking = window.speaker if isinstance(window.speaker, int) else 0
    faces = whole if window.person is None else baseline.people.get(window.person, {})
    return {**faces, **baseline.shared, **baseline.voices.get(speaking, {})}


def _strangers(prediction: Prediction, baseline: Baseline) -> list[Reason]:
    """People of the clip that the baseline does not know."""
    others = [str(p.id) for p in prediction.people if p.id not in baseline.people]
    if not others or not baseline.people:
        return []
    who = "person" if len(others) == 1 else "people"
    text = f"{who} {', '.join(others)} cannot be compared: the baseline has not enough of them"
    return [Reason("baseline_people", text)]


def relative_stretch(
    bundle: Bundle,
    baseline: Baseline,
    says: Mapping[str, Mapping[str, float] | None],
    person: int | None,
) -> Mapping[str, float] | None:
    """{label: p} of any stretch, compared; None where the baseline has nothing for it.

    Args:
        bundle: the model.
        baseline: see `related`.
        says: {branch: its own probabilities, or None}.
        person: whose face and voice are among them.
    """
    own = baseline.people.get(person or 0, {}), baseline.voices.get(person or 0, {})
    shifts = {**own[0], **baseline.shared, **own[1]}
    used = {b: shifts[b] for b, values in says.items() if values is not None and b in shifts}
    return _fused(bundle, says, used) if used else None


def _window(bundle: Bundle, window: Span, shifts: Shifts) -> Span:
    """One window, corrected."""
    corrected = {b: _alone(values, shifts.get(b)) for b, values in window.branches.items()}
    fused = _fused(bundle, window.branches, shifts)
    label = None if fused is None else max(fused, key=lambda name: fused[name])
    return Span(window.start, window.end, label, fused, corrected)


def _alone(
    values: Mapping[str, float] | None, shift: RelativeBranch | None
) -> Mapping[str, float] | None:
    if not values or shift is None:
        return values
    rows = log_rows([values], tuple(values))[0] - [shift.shift[name] for name in values]
    return dict(zip(values, softmax(rows).tolist(), strict=True))


def _fused(
    bundle: Bundle, says: Mapping[str, Mapping[str, float] | None], shifts: Shifts
) -> Mapping[str, float] | None:
    """All branches together, each corrected by its shift where it has one.

    A branch's calibrated probabilities are the softmax of its mean log-probabilities over its
    temperature. Their logarithm times the temperature is these mean log-probabilities again, but
    for a constant, which the pool does not see.
    """
    outputs: dict[str, BranchOutput | None] = {}
    for branch in bundle.spec.branches:
        values = _alone(says.get(branch), shifts.get(branch))
        if values is None:
            outputs[branch] = None
            continue
        rows = log_rows([values], bundle.labels.names)[0]
        outputs[branch] = BranchOutput(rows * bundle.spec.branches[branch].temperature, 1)
    fused = bundle.fuse(outputs)
    return None if fused is None else bundle.labels.by_name(fused)
