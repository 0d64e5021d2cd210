"""Tables of the scores of a branch on labelled clips."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.core.atomic import atomic
from mien.errors import UsageError
from mien.labels import EMOTIONS

__all__ = ["FACES", "Windows", "clip_means", "write_means"]

FACES = ("java_sed", "faces_tw")
"""Corpora whose faces no training has seen; the tables are `face_CORPUS.csv`."""

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

    def where(self, kept: NDArray[np.bool_]) -> Windows:
        """Some of them."""
        pick = np.flatnonzero(kept).tolist()
        ids, speakers = (tuple(values[i] for i in pick) for values in (self.ids, self.speakers))
        return Windows(ids, speakers, self.labels[kept], self.rows[kept])


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
    rows = [[float(r[c]) for c in EMOTIONS.names] for r in lines if r[EMOTIONS.names[0]]]
    return np.mean(rows, axis=0) if rows else np.full(len(EMOTIONS), np.nan)


def write_means(windows: Windows, path: Path) -> None:
    """Write a table that `clip_means` reads."""
    with atomic(path) as partial, partial.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["id", "speaker", "label", *EMOTIONS.names])
        for i, row in enumerate(windows.rows):
            values = [""] * len(row) if np.isnan(row[0]) else np.round(row, 4).tolist()
            head = [windows.ids[i], windows.speakers[i], EMOTIONS.names[windows.labels[i]]]
            writer.writerow([*head, *values])
