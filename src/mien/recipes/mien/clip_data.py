"""What all clip models see of Java-SED's video clips: faces, voices, labels and folds."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.atomic import atomic
from mien.errors import UsageError
from mien.fusion.encoded import Encoded
from mien.labels import EMOTIONS
from mien.scores import ScoreTable

__all__ = ["ClipData", "Windows", "clip_means", "from_reports", "write_means"]

Rows = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Windows:
    """Labelled clips with scores of a branch.

    Args:
        ids, speakers: (n,) of the clips.
        labels: (n,) columns.
        rows: (n,C) mean log-probabilities; a row of NaN where the branch was absent.
    """

    ids: tuple[str, ...]
    speakers: tuple[str, ...]
    labels: Ints
    rows: Rows


def clip_means(path: Path) -> Windows:
    """Mean log-probabilities per clip from a table of windows or faces, sorted by id.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            table = list(csv.DictReader(stream))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    lines: dict[str, list[dict[str, str]]] = {}
    for row in table:
        lines.setdefault(row["id"], []).append(row)
    ids = sorted(lines)
    heads = [lines[name][0] for name in ids]
    return Windows(
        tuple(ids),
        tuple(row["speaker"] for row in heads),
        np.array([EMOTIONS.index(row["label"]) for row in heads]),
        np.array([_mean(lines[name]) for name in ids]),
    )


def _mean(lines: Sequence[dict[str, str]]) -> Rows:
    given = [[float(r[c]) for c in EMOTIONS.names] for r in lines if r[EMOTIONS.names[0]]]
    return np.mean(given, axis=0) if given else np.full(len(EMOTIONS), np.nan)


def write_means(windows: Windows, path: Path) -> None:
    """A table that `clip_means` reads."""
    with atomic(path) as partial, partial.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["id", "speaker", "label", *EMOTIONS.names])
        for i, row in enumerate(windows.rows):
            said = [""] * len(row) if np.isnan(row[0]) else np.round(row, 4).tolist()
            head = [windows.ids[i], windows.speakers[i], EMOTIONS.names[windows.labels[i]]]
            writer.writerow([*head, *said])


@dataclass(frozen=True)
class ClipData:
    """Clips with both branches, as mean pooling has them.

    Args:
        ids, speakers: (n,).
        labels: (n,) columns.
        fold: (n,) number of the test fold.
        parts: {"face", "voice": (n,C) mean log-probabilities, NaN where absent}.
    """

    ids: tuple[str, ...]
    speakers: tuple[str, ...]
    labels: Ints
    fold: Ints
    parts: dict[str, Rows]

    def encoded(self, described: Rows | None = None) -> dict[str, Encoded]:
        """Both branches for a fusion; `described` (n,D) goes with the face."""
        face = Encoded.of(self.parts["face"], described)
        return {"face": face, "voice": Encoded.of(self.parts["voice"])}

    def table(self, systems: dict[str, Rows], seed: int = 0) -> ScoreTable:
        """{system: (n,C) log-probabilities} as a score table."""
        seeds = np.full(len(self.ids), seed)
        return ScoreTable(EMOTIONS, self.ids, self.speakers, self.labels, self.fold, seeds, systems)


def from_reports(reports: Path, folds: Sequence[frozenset[str]]) -> ClipData:
    """The stored scores of the face and of the voice networks of the folds.

    Args:
        reports: with `face_java_sed.csv` and `voice_java_sed.csv`.
        folds: test actors.

    Raises:
        UsageError: a table cannot be read, or a clip with a face has no row for its voice.
    """
    seen = clip_means(reports / "face_java_sed.csv")
    heard = clip_means(reports / "voice_java_sed.csv")
    where = {name: place for place, name in enumerate(heard.ids)}
    lost = [name for name in seen.ids if name not in where]
    if lost:
        raise UsageError(f"{reports / 'voice_java_sed.csv'}: has no clip '{lost[0]}'")
    fold = [next(k for k, out in enumerate(folds) if s in out) for s in seen.speakers]
    voice = heard.rows[[where[name] for name in seen.ids]]
    parts = {"face": seen.rows, "voice": voice}
    return ClipData(seen.ids, seen.speakers, seen.labels, np.array(fold), parts)
