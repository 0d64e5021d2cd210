"""The page "How far to trust it": docs/trust.md and its picture, from the stored reports."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mien.core.atomic import atomic
from mien.data.datasets.speech_corpora import LANGUAGES
from mien.errors import UsageError
from mien.evaluation.verify.transfer import fit_numbers, unseen
from mien.labels import EMOTIONS
from project.bundle import card_tables as tables
from project.bundle.card_pictures import draw_reliability
from project.bundle.release_paths import CHECKOUT, ReleasePaths

__all__ = ["PAIRS", "write"]

PAIRS = "voice_pairs.csv"
"""Name of the table of heads that learned from one corpus alone."""
_PICTURE = "reliability_unseen.svg"
_NAMES = {
    "ravdess": "RAVDESS",
    "emodb": "EMO-DB",
    "java_sed": "Java-SED",
    "nemo": "nEMO",
    "ased": "ASED",
}

_INTRODUCTION = """# How far to trust it

For whoever has an answer of mien and wonders what it is worth. All figures here are of people,
cameras and microphones that the measured networks had **never seen or heard**, since that is what
your clip is, and most are of languages too. (The voice that ships has learned from a few actors of
each of these five corpora; each row is of a voice that had not.) They are of acted emotions all the
same: on people who do not act, expect less. UAR is the mean of the recalls of the classes.
"""

_READING = """
*Among its own classes*: the likeliest of the classes that the corpus has; the other columns count
an answer outside of them as wrong. *ECE*: how far confidences are from shares of right answers,
beside what a perfectly calibrated model would show with so few recordings. *Called reliable*: what
`reliable: true` would have been said of, by a threshold that the corpus had no part in.
"""

_PEOPLE = """## What people reach

People do not read acted emotions perfectly either. For CREMA-D's clips, six classes, its authors
report that single listeners picked what the actor intended for 40.9 % of voices, viewers for 58.2 %
of faces, and both together for 63.6 % (Cao et al. 2014, figures of the paper, not measured here).
"""

_ADVICE = """## What follows

- Take a single answer as a hint. Take `reliable: false` at its word.
- Compare within a person, a camera and a language rather than between them.
- Look at each branch's own answer: where face and voice disagree, the clip is worth a look.
- Label fifty of your own clips and let `mien agree labels.csv answers` say how good it is there
  ([Does it agree with my coders?](guides/coders.md)). With a hundred, `mien adapt labels.csv` says
  whether fitting it to them helps, on people left out.
"""


def write(release: ReleasePaths = CHECKOUT) -> None:
    """Write the page and its picture beside the model card.

    Raises:
        UsageError: the report is missing.
    """
    path = release.reports / "transfer.json"
    if not path.is_file():
        raise UsageError(f"{path}: not there; 'evaluate transfer' makes it")
    report = json.loads(path.read_text(encoding="utf-8"))
    _draw(release)
    with atomic(release.docs / "trust.md") as partial:
        partial.write_text("\n".join(_page(report, release)), encoding="utf-8")


def _page(report: dict[str, Any], release: ReleasePaths) -> Iterator[str]:
    yield _INTRODUCTION
    yield f"## Corpora left out\n\n{tables.transfer(report)}\n{_READING}"
    yield (
        f"`{report['command']}`; {report['date']}, {report['hardware']}. The mean accuracy over "
        "the rows of one branch and face with voice by actor folds, the score that choices are "
        f"made by, is {100 * report['score']:.1f} %.\n"
    )
    yield f"![Part right against confidence, voices of five corpora never heard]({_PICTURE})\n"
    yield (
        "Cameras of telephones were not measured. Over a telephone line (nothing above 4 kHz) the "
        f"voice was right in {_share('telephone', release)} % of RAVDESS's recordings of unseen "
        f"actors, against {_share('', release)} % as recorded.\n"
    )
    if (release.reports / PAIRS).is_file():
        yield f"## Trained on one corpus, tested on another\n\n{_pairs(release.reports / PAIRS)}\n"
    yield f"{_recalls(report)}\n"
    yield _PEOPLE
    yield _ADVICE


def _share(altered: str, release: ReleasePaths) -> str:
    """Right answers of the voice on unseen actors of RAVDESS, in %."""
    report = json.loads((release.reports / "voice.json").read_text(encoding="utf-8"))
    title = ", ".join(filter(None, ("RAVDESS speech, unseen actors", altered)))
    return f"{100 * report['rows'][title]['accuracy']:.1f}"


def _pairs(path: Path) -> str:
    with path.open(newline="", encoding="utf-8") as stream:
        lines = list(csv.DictReader(stream))
    share = {(line["trained_on"], line["tested_on"]): line["among"] for line in lines}
    head = "| voice, trained on | " + " | ".join(_NAMES[name] for name in LANGUAGES) + " |"
    rows = [head, "|---" * (len(LANGUAGES) + 1) + "|"]
    for source in dict.fromkeys(line["trained_on"] for line in lines):
        cells = [
            f"{100 * float(share[source, target]):.1f}" if (source, target) in share else ""
            for target in LANGUAGES
        ]
        name = _NAMES.get(source, source)
        rows.append(f"| {name} | " + " | ".join(cells) + " |")
    languages = ", ".join(f"{_NAMES[name]} {language}" for name, language in LANGUAGES.items())
    return "\n".join(
        [
            *rows,
            "\nAccuracy in % among the classes that the tested corpus has, of recordings in which "
            f"speech was found (above, those without count as wrong). {languages}.",
        ]
    )


def _recalls(report: dict[str, Any]) -> str:
    head = "| recall, %, corpus left out | " + " | ".join(EMOTIONS.names) + " |"
    rows = ["## Class by class\n", head, "|---" * (len(EMOTIONS) + 1) + "|"]
    for title, row in report["rows"].items():
        cells = ["–" if r is None else f"{100 * r:.0f}" for r in row["recalls"]]
        rows.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join([*rows, "\n–: the corpus does not have this class."])


def _draw(release: ReleasePaths) -> None:
    """Reliability of the voice on the five corpora, each by what the others give."""
    answers = unseen(release.reports)
    voices = [corpus for corpus in answers if corpus.branches == "voice"]
    probabilities = [
        fit_numbers([other for other in answers if other.name != corpus.name]).probabilities(corpus)
        for corpus in voices
    ]
    labels = np.concatenate([corpus.labels for corpus in voices])
    draw_reliability(labels, np.concatenate(probabilities), release.docs / _PICTURE)
