"""The rows of `evaluate voice`, from the stored scores of the voice.

Every table holds log-probabilities, a line a recording: of speakers that the head had not heard
(`voice_CORPUS.csv`, `voice_ravdess_altered.csv`) or of corpora that it had not (`voice_left_out_
CORPUS.csv`). `before/` has those of the bundle before, `mien-small-1`, and `voice_is10_svm.csv`,
which may be missing, is the `scores.csv` of openSMILE's functionals and an SVM on the same folds:

    mien data prepare ravdess DATA/ravdess ravdess.csv
    mien train is10_svm --data ravdess.csv --out RUN --folds speaker
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data.datasets.speech_corpora import LANGUAGES, is_woman
from mien.evaluation.metrics import Calibration, Scores, calibration, mcnemar, scores
from mien.fusion.fit_log_pool import temperature
from mien.fusion.log_pool import softmax
from mien.labels import EMOTIONS

__all__ = [
    "Recordings",
    "against_before",
    "against_svm",
    "recordings",
    "scored",
    "voice_rows",
]

_CORPORA = {
    "ravdess": "RAVDESS speech",
    "java_sed": "Java-SED sound",
    "emodb": "EMO-DB",
    "nemo": "nEMO",
    "ased": "ASED",
}
_SVM = "voice_is10_svm.csv"

Row = tuple[Scores, Calibration | None]


@dataclass(frozen=True)
class Recordings:
    """Labelled recordings with scores; a row of NaN where no speech was found.

    Args:
        ids, speakers, folds: (n,) as text.
        labels: (n,) columns of `mien.labels.EMOTIONS`.
        rows: (n,7) mean log-probabilities.
    """

    ids: NDArray[np.str_]
    speakers: NDArray[np.str_]
    folds: NDArray[np.str_]
    labels: NDArray[np.int64]
    rows: NDArray[np.float64]

    def where(self, kept: NDArray[np.bool_ | np.int_]) -> Recordings:
        """Some of them."""
        return Recordings(
            ids=self.ids[kept],
            speakers=self.speakers[kept],
            folds=self.folds[kept],
            labels=self.labels[kept],
            rows=self.rows[kept],
        )

    @property
    def answers(self) -> NDArray[np.int64]:
        """(n,) the likeliest class; without scores the commonest one, neutral."""
        absent = np.isnan(self.rows[:, 0])
        likeliest = np.nan_to_num(self.rows, nan=-99).argmax(1)
        return np.where(absent, EMOTIONS.index("neutral"), likeliest)


def recordings(path: Path, only: Mapping[str, str] | None = None) -> Recordings:
    """Mean log-probabilities of each recording of a table, of the lines with these values."""
    with path.open(newline="") as stream:
        lines = [
            line
            for line in csv.DictReader(stream)
            if all(line[key] == value for key, value in (only or {}).items())
        ]
    names, first, which = np.unique(
        [line["id"] for line in lines], return_index=True, return_inverse=True
    )
    values = [[float(line[name] or "nan") for name in EMOTIONS.names] for line in lines]
    rows = np.zeros((len(names), len(EMOTIONS)))
    np.add.at(rows, which, np.array(values))
    head = [lines[k] for k in first]
    return Recordings(
        ids=names,
        speakers=np.array([line["speaker"] for line in head]),
        folds=np.array([line["fold"] for line in head]),
        labels=np.array([EMOTIONS.index(line["label"]) for line in head]),
        rows=rows / np.bincount(which)[:, None],
    )


def voice_rows(folder: Path) -> dict[str, Row]:
    """Every row of the table, from the score tables in a folder."""
    return {
        title: row
        for part in (_held_out, _groups, _left_out, _altered)
        for title, row in part(folder)
    }


def _held_out(folder: Path) -> Iterator[tuple[str, Row]]:
    """Each corpus with its speakers unseen, RAVDESS beside the SVM."""
    yield "RAVDESS speech, unseen actors", _row(recordings(folder / "voice_ravdess.csv"))
    if (folder / _SVM).is_file():
        yield "openSMILE IS10 + SVM, RAVDESS speech, unseen actors", _row(_pairs(folder)[1])
    yield "Java-SED sound, unseen actors", _row(recordings(folder / "voice_java_sed.csv"))


def _groups(folder: Path) -> Iterator[tuple[str, Row]]:
    """By sex, and the actors with the best and the worst recall."""
    for corpus, name in (("ravdess", "RAVDESS"), ("java_sed", "Java-SED")):
        table = recordings(folder / f"voice_{corpus}.csv")
        women = np.array([is_woman(corpus, speaker) for speaker in table.speakers])
        yield f"{name}, women", _row(table.where(women), calibrated=False)
        yield f"{name}, men", _row(table.where(~women), calibrated=False)
        actors = {
            a: _row(table.where(table.speakers == a), False) for a in np.unique(table.speakers)
        }
        by_recall = sorted(actors, key=lambda actor: actors[actor][0].uar)
        yield f"{name}, best actor ({by_recall[-1]})", actors[by_recall[-1]]
        yield f"{name}, worst actor ({by_recall[0]})", actors[by_recall[0]]


def _left_out(folder: Path) -> Iterator[tuple[str, Row]]:
    """Each corpus with a head that was trained on the four others only."""
    for corpus, name in _CORPORA.items():
        table = recordings(folder / f"voice_left_out_{corpus}.csv")
        yield f"{name} ({LANGUAGES[corpus]}), trained on the four other corpora", _row(table)


def _altered(folder: Path) -> Iterator[tuple[str, Row]]:
    """Altered RAVDESS recordings, unseen actors."""
    path = folder / "voice_ravdess_altered.csv"
    with path.open(newline="") as stream:
        names = dict.fromkeys(line["alteration"] for line in csv.DictReader(stream))
    for name in names:
        table = recordings(path, {"alteration": name})
        yield f"RAVDESS speech, unseen actors, {name}", _row(table, calibrated=False)


def _row(table: Recordings, calibrated: bool = True) -> Row:
    return scored(table), _calibration(table) if calibrated else None


def scored(table: Recordings) -> Scores:
    """Accuracy, recalls and their intervals, by speaker where there are several."""
    groups = table.speakers.tolist() if len(np.unique(table.speakers)) > 1 else None
    return scores(table.labels, table.answers, len(EMOTIONS), groups)


def _calibration(table: Recordings) -> Calibration:
    """Each speaker's recordings at the temperature fitted on the other speakers."""
    answered = table.where(~np.isnan(table.rows[:, 0]))
    probabilities = np.zeros_like(answered.rows)
    for speaker in np.unique(answered.speakers):
        of_speaker = answered.speakers == speaker
        fitted = temperature(answered.rows[~of_speaker], answered.labels[~of_speaker])
        probabilities[of_speaker] = softmax(answered.rows[of_speaker] / fitted)
    return calibration(answered.labels, probabilities)


def against_before(folder: Path) -> dict[str, str]:
    """The voice compared with that of the previous bundle, on the same recordings, in words."""
    result = {}
    for table in ("voice_ravdess", "voice_java_sed", "voice_left_out_emodb"):
        name = f"{table}.csv"
        if not (folder / "before" / name).is_file():
            continue
        current, earlier = recordings(folder / name), recordings(folder / "before" / name)
        _, current_rows, earlier_rows = np.intersect1d(
            current.ids, earlier.ids, return_indices=True
        )
        now, then = current.where(current_rows), earlier.where(earlier_rows)
        only, lost, p = mcnemar(now.answers == now.labels, then.answers == then.labels)
        result[table] = f"only right now {only}, only right before {lost}, McNemar p = {p:.3g}"
    return result


def _pairs(folder: Path) -> tuple[Recordings, Recordings]:
    """The encoder's and the SVM's scores of the same recordings of RAVDESS."""
    encoder, svm = recordings(folder / "voice_ravdess.csv"), recordings(folder / _SVM)
    names = np.array([name.split("/")[-1] for name in svm.ids])
    _, encoder_rows, svm_rows = np.intersect1d(encoder.ids, names, return_indices=True)
    return encoder.where(encoder_rows), svm.where(svm_rows)


def against_svm(folder: Path) -> str:
    """The encoder compared with the SVM on the recordings that both scored."""
    if not (folder / _SVM).is_file():
        return "not scored here"
    encoder, svm = _pairs(folder)
    only, lost, p = mcnemar(encoder.answers == encoder.labels, svm.answers == svm.labels)
    return f"only the encoder right {only}, only the SVM right {lost}, McNemar p = {p:.3g}"
