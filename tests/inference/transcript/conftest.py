"""One analysis of the sample clip, which all tests of its lines ask."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

import mien
from mien.inference.analysis import observe
from mien.inference.transcript.analyze import lines_of
from mien.inference.transcript.cues import Cue, transcript
from mien.inference.transcript.evidence import ClipEvidence, evidence_of
from mien.inference.transcript.result import Lines


@dataclass(frozen=True)
class Sample:
    """The sample clip with its evidence."""

    bundle: mien.Bundle
    prediction: mien.Prediction
    evidence: ClipEvidence

    def lines(self, *cues: Cue) -> Lines:
        text = transcript("sample.srt", cues)
        return lines_of(self.bundle, self.evidence, self.prediction, text)


@pytest.fixture(scope="session")
def sample() -> Sample:
    observed = observe(mien.sample(), None, mien.Options())
    prediction = observed.answer(2.0)
    return Sample(observed.bundle, prediction, evidence_of(observed, prediction))


CUES = (
    Cue(0.0, 3.0, "I heard <b>you</b>, & said so.", "Anna"),
    Cue(2.5, 4.5, 'No "way"', "Anna"),
    Cue(5.0, 8.0, "Well, {well}.", "Ben"),
    Cue(9.0, 10.0, "Anybody there?", "Ben"),
)


@pytest.fixture(scope="session")
def four(sample: Sample) -> Lines:
    return sample.lines(*CUES)
