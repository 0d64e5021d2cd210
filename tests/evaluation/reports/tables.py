"""Score tables with known answers."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.evaluation.scores import ScoreTable
from mien.labels import EMOTIONS, LabelSet

THREE = LabelSet("own", ("no", "perhaps", "yes"))
REPORTS = Path(__file__).parents[3] / "reports"


def rows(answers: list[int | None], sure: float = 0.8, classes: int = 3) -> NDArray[np.float64]:
    """Log-probabilities that answer so; None is absent."""
    result = np.full((len(answers), classes), np.nan)
    for row, answer in enumerate(answers):
        if answer is not None:
            result[row] = np.log((1 - sure) / (classes - 1))
            result[row, answer] = np.log(sure)
    return result


def table(
    truth: list[int],
    systems: dict[str, list[int | None]],
    *,
    seeds: int = 1,
    fold: list[int] | None = None,
    speakers: list[str] | None = None,
) -> ScoreTable:
    """Clips c0, c1, ... under each seed; the answers of all seeds follow one another."""
    n = len(truth)
    return ScoreTable(
        THREE,
        tuple(f"c{i}" for i in range(n)) * seeds,
        tuple(speakers or [f"s{i % 2}" for i in range(n)]) * seeds,
        np.tile(truth, seeds),
        np.tile(fold or [0] * n, seeds),
        np.repeat(np.arange(seeds), n),
        {name: rows(answers) for name, answers in systems.items()},
    )


def stored(name: str) -> ScoreTable:
    """Mean scores of each clip from a stored table of windows or faces."""
    with (REPORTS / f"{name}.csv").open(newline="") as stream:
        lines = list(csv.DictReader(stream))
    ids = sorted({line["id"] for line in lines})
    of: dict[str, list[dict[str, str]]] = {i: [] for i in ids}
    for line in lines:
        of[line["id"]].append(line)
    scores = np.full((len(ids), 7), np.nan)
    for k, i in enumerate(ids):
        said = [[float(x[c]) for c in EMOTIONS.names] for x in of[i] if x["angry"]]
        if said:
            scores[k] = np.mean(said, 0)
    speakers = tuple(of[i][0]["speaker"] for i in ids)
    order = sorted(set(speakers))
    return ScoreTable(
        EMOTIONS,
        tuple(ids),
        speakers,
        np.array([EMOTIONS.index(of[i][0]["label"]) for i in ids]),
        np.array([order.index(s) % 4 for s in speakers]),
        np.zeros(len(ids), np.int64),
        {name.split("_")[0]: scores},
    )
