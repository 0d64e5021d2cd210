"""An answer for each line, pooled from the scores of one analysis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mien.inference.aggregation import BranchOutput
from mien.inference.bundle import Bundle
from mien.inference.doubts import DOUBTS, SOME, doubt
from mien.inference.range_monitor import SoundRangeMonitor
from mien.inference.transcript.cues import Cue
from mien.inference.transcript.evidence import ClipEvidence
from mien.inference.transcript.result import Line, Speaker
from mien.inference.transcript.speakers import face_of
from mien.types import Reason

__all__ = ["LINE_DOUBTS", "score_lines"]

LINE_DOUBTS = (*DOUBTS, "overlap", "mostly_outside")
"""Codes of reasons that make a line uncertain."""

# Chosen by hand: most of a line is half of it; a line may reach over the end by a picture of 25 a
# second and the rounding of its times; nobody speaks a line for half a minute.
_MOST = 0.5  # of a line
_EDGE = 0.05  # s
_CAPTION = 30.0  # s
_WORDS = {
    "small_face": "the face is too small",
    "dark_face": "the face is too dark",
    "bright_face": "the face is too bright",
    "flat_face": "the face has hardly any contrast",
    "blurred_face": "the face is strongly blurred",
    "turned_face": "the face is turned away",
    "clipped_sound": "the sound is clipped",
    "narrow_sound": "the sound has nothing above 4 kHz, as on a telephone",
}


def score_lines(
    bundle: Bundle, evidence: ClipEvidence, cues: Sequence[Cue], speakers: Sequence[Speaker]
) -> tuple[Line, ...]:
    """What each line shows; lines are in the order of their starts.

    Probabilities are those that a window of the timeline of the same length would have: the same
    pooling, weights and temperatures, with the face of the speaker. A line takes all speech that it
    covers, where a window stands for its middle.
    """
    scorer = _Scorer(bundle, evidence, {speaker.name: speaker for speaker in speakers})
    both = _overlaps(cues, evidence.duration)
    return tuple(scorer.line(number, cue, both[number - 1]) for number, cue in enumerate(cues, 1))


def _overlaps(cues: Sequence[Cue], duration: float) -> list[float]:
    """Seconds of each line, within the clip, in which a line of another speaker goes on too.

    What stands there for longer than `_CAPTION` is taken for a caption that nobody speaks.
    """
    taken: list[list[tuple[float, float]]] = [[] for _ in cues]
    going: list[int] = []
    for k, cue in enumerate(cues):
        going = [j for j in going if cues[j].end > cue.start]
        if cue.end - cue.start > _CAPTION:
            continue
        for j in going:
            if not cue.speaker or cues[j].speaker != cue.speaker:
                common = (max(0.0, cue.start), min(cues[j].end, cue.end, duration))
                taken[j].append(common)
                taken[k].append(common)
        going.append(k)
    return [_length(stretches) for stretches in taken]


def _length(stretches: Sequence[tuple[float, float]]) -> float:
    """Seconds that stretches cover together."""
    total, reached = 0.0, 0.0
    for start, end in sorted(stretches):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


@dataclass(frozen=True)
class _Scorer:
    """One clip's evidence, ready for lines."""

    bundle: Bundle
    found: ClipEvidence
    speakers: Mapping[str, Speaker]

    def line(self, number: int, cue: Cue, overlap: float) -> Line:
        """One line with its answer."""
        empty = Line(number, cue.start, cue.end, cue.text, cue.speaker)
        start, end = max(0.0, cue.start), min(cue.end, self.found.duration)
        outside = self._outside(cue, start, end)
        if end <= start:
            return _with(empty, [*outside], None, {})
        person = face_of(cue, self.speakers, self.found.presence, self.found.speaking)
        outputs = self.found.between(self.bundle, start, end, person)
        branches, fused = self._alone(outputs), self.bundle.fuse(outputs)
        present = [branch for branch, output in outputs.items() if output is not None]
        if fused is None:
            reason = Reason("no_evidence", "nothing to go by: no face in view, and no speech heard")
            return _with(empty, [*outside, reason], None, branches)
        reasons = [*outside, *self._missing(cue, person, present)]
        if overlap > 0 and "voice" in self._modalities(present):
            reasons.append(_overlapping(overlap, end - start))
        reasons += self._warnings(start, end, person, present)
        unsure = doubt(self.bundle, fused, present)
        reasons += [] if unsure is None else [unsure]
        seen = person if "face" in self._modalities(present) else None
        return _with(empty, reasons, self.bundle.labels.by_name(fused), branches, seen)

    def _alone(
        self, outputs: Mapping[str, BranchOutput | None]
    ) -> dict[str, Mapping[str, float] | None]:
        """{branch: its own probabilities}."""
        names = self.bundle.labels
        return {
            branch: None if output is None else names.by_name(self.bundle.alone(branch, output))
            for branch, output in outputs.items()
        }

    def _modalities(self, present: Sequence[str]) -> set[str]:
        return {self.bundle.modality(branch) for branch in present}

    def _outside(self, cue: Cue, start: float, end: float) -> list[Reason]:
        """What of the line is not in the clip."""
        length = self.found.duration
        if cue.end <= cue.start:
            return [Reason("no_duration", "the line ends before it begins")]
        if end <= start:
            return [Reason("outside", f"the clip ends at {length:.1f} s, before this line")]
        if cue.end - cue.start - (end - start) <= _EDGE:
            return []
        inside = (end - start) / (cue.end - cue.start)
        text = f"only {end - start:.1f} of {cue.end - cue.start:.1f} s of the line are in the clip"
        return [Reason("mostly_outside" if inside < _MOST else "partly_outside", text)]

    def _missing(self, cue: Cue, person: int | None, present: Sequence[str]) -> list[Reason]:
        """Which of face and voice did not count, and why."""
        here, known = self._modalities(present), self.speakers.get(cue.speaker)
        result = []
        if "face" not in here and "face" in self.bundle.modalities:
            if known is not None and known.people:
                result.append(Reason("not_in_view", f"{cue.speaker} is not in view"))
            else:
                result.append(Reason("no_face", "no face is in view"))
        elif person is not None and cue.speaker and (known is None or not known.people):
            text = f"who {cue.speaker} is could not be told; the largest face in view counted"
            result.append(Reason("speaker_unknown", text))
        if "voice" not in here and "voice" in self.bundle.modalities:
            result.append(Reason("no_voice", "no speech was heard"))
        return result

    def _warnings(
        self, start: float, end: float, person: int | None, present: Sequence[str]
    ) -> list[Reason]:
        """What most of the line is beyond the range of."""
        here, result = self._modalities(present), []
        for code, share in self.found.warned(start, end, person):
            sound = code in SoundRangeMonitor.CODES
            if ("voice" if sound else "face") in here and share >= (SOME if sound else _MOST):
                result.append(Reason(code, _WORDS.get(code, code.replace("_", " "))))
        return result


def _overlapping(overlap: float, length: float) -> Reason:
    code = "overlap" if overlap >= _MOST * length else "partly_overlapping"
    return Reason(code, f"another line goes on for {overlap:.1f} s of it; the voice may be both's")


def _with(
    line: Line,
    reasons: list[Reason],
    probabilities: Mapping[str, float] | None,
    branches: Mapping[str, Mapping[str, float] | None],
    person: int | None = None,
) -> Line:
    label = max(probabilities, key=lambda n: probabilities[n]) if probabilities else None
    return Line(
        number=line.number,
        start=line.start,
        end=line.end,
        text=line.text,
        speaker=line.speaker,
        person=person,
        label=label,
        probabilities=probabilities,
        confidence=probabilities[label] if probabilities and label is not None else None,
        reliable=label is not None and not any(r.code in LINE_DOUBTS for r in reasons),
        reasons=tuple(reasons),
        branches=branches,
    )
