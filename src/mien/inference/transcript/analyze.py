"""A clip and a transcript in, an answer for each line out."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from mien.core.sources import Lent, Source, lent
from mien.inference.analysis import Options, Progress, chosen, observe
from mien.inference.baseline.compare import BaselineChoice, compared, relative_stretch
from mien.inference.baseline.stored import Baseline
from mien.inference.bundle import Bundle
from mien.inference.transcript.cues import Transcript
from mien.inference.transcript.evidence import ClipEvidence, evidence_of
from mien.inference.transcript.read import read_transcript
from mien.inference.transcript.result import Lines, Speaker
from mien.inference.transcript.score import score_lines
from mien.inference.transcript.speakers import match_speakers
from mien.inference.transcript.subtitles import embedded
from mien.types import Prediction, Reason

__all__ = ["lines", "lines_of"]


def lines(
    source: Source,
    transcript: Source | Transcript | None = None,
    *,
    model: Bundle | str | os.PathLike[str] | None = None,
    options: Options | None = None,
    encoding: str | None = None,
    tiers: Sequence[str] = (),
    baseline: BaselineChoice | None = None,
    progress: Progress | None = None,
) -> Lines:
    """Say which emotion each line of a transcript shows.

    The clip is analysed once; every line is pooled from the scores of that analysis, over the time
    that the line takes, with the face of who speaks it.

    Args:
        source: the clip, as for `mien.analyze`.
        transcript: SRT, WebVTT, SubStation Alpha, the JSON of Whisper, whisperX or whisper.cpp,
            CSV, an ELAN file or a Praat TextGrid, by path, bytes or file object; None takes the
            subtitles inside the clip.
        model: a bundle, its folder, or the name of an installed one; None is the default.
        options: see `mien.Options`.
        encoding: of the transcript's text; None finds out.
        tiers: of ELAN and Praat: the ones to take.
        baseline: compare with how the people usually are, in `Line.relative`; see `mien.analyze`.
        progress: called with (seconds done, seconds in all or None).

    Raises:
        UsageError: the transcript cannot be read, or has no lines or no times.
        MediaError: the clip cannot be read.
        BundleError: the model cannot be used.
        MissingExtraError: ELAN or Praat without the extra `coding`.

    Example:
        >>> for line in mien.lines("clip.mp4", "clip.srt").lines:
        ...     print(line.speaker, line.label, line.text)
    """
    clip = lent(source)
    if transcript is None:
        text = embedded(clip)
    else:
        text = read_transcript(transcript, encoding=encoding, tiers=tiers)
    if isinstance(clip, Lent):
        clip.seek(0)
    options = chosen(options)
    observed = observe(clip, model, options, progress)
    prediction = observed.answer(options.window)
    bundle = observed.bundle
    scored = lines_of(bundle, evidence_of(observed, prediction), prediction, text)
    if baseline is None:
        return scored

    def analyse(path: Path) -> Prediction:
        return observe(path, bundle, options).answer(options.window)

    answer, usual = compared(prediction, bundle, baseline, analyse)
    return _related(replace(scored, prediction=answer), bundle, usual)


def _related(scored: Lines, bundle: Bundle, usual: Baseline) -> Lines:
    """The lines with what is shown more than usually."""
    lines = [
        replace(line, relative=relative_stretch(bundle, usual, line.branches, line.person))
        for line in scored.lines
    ]
    missing = [Reason("baseline", f"baseline {usual.name}: {note}") for note in usual.missing]
    return replace(scored, lines=tuple(lines), reasons=(*scored.reasons, *missing))


def lines_of(
    bundle: Bundle, evidence: ClipEvidence, prediction: Prediction, transcript: Transcript
) -> Lines:
    """The lines of a clip that is analysed already."""
    speakers = match_speakers(transcript.cues, evidence.presence, evidence.speaking)
    return Lines(
        source=prediction.source,
        model=prediction.model,
        transcript=transcript.name,
        labels=prediction.labels,
        lines=score_lines(bundle, evidence, transcript.cues, speakers),
        speakers=speakers,
        reasons=(*transcript.notes, *_unmatched(speakers, evidence)),
        prediction=prediction,
    )


def _unmatched(speakers: Iterable[Speaker], evidence: ClipEvidence) -> list[Reason]:
    names = [speaker.name for speaker in speakers if not speaker.people]
    if not names or not evidence.presence:
        return []
    text = "could not be told from the others in view: their lines go by the largest face"
    return [Reason("speaker_unknown", f"{', '.join(names)}: {text}")]
