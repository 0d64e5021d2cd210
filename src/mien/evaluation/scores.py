"""Score tables: what each system said about each clip, so that every figure can be worked out anew.

As CSV there is one row for a clip, a seed and a system:

    id,speaker,label,fold,seed,system,angry,disgust,fear,happy,neutral,sad,surprise

The columns after `system` are the classes, with log-probabilities. They are empty where the
system was absent: it had nothing to go by, and took no part.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.core.atomic import atomic
from mien.errors import UsageError
from mien.fusion.log_pool import softmax
from mien.labels import EMOTIONS, FERPLUS, LabelSet

__all__ = ["ScoreTable", "read_scores", "write_scores"]

Rows = NDArray[np.float64]
Ints = NDArray[np.int64]

_HEAD = ("id", "speaker", "label", "fold", "seed", "system")
_Key = tuple[str, int]  # clip and seed


@dataclass(frozen=True)
class ScoreTable:
    """Scores of n rows, each one clip under one seed.

    Args:
        labels: the classes, in the order of the columns of all scores.
        ids: of the clips; a clip comes once for each seed.
        speakers: who is seen or heard in it; "" where it is not known.
        truth: (n,) columns of the true classes; -1 where the label is not known.
        fold: (n,) number of the test fold that the clip was scored in.
        seed: (n,) of the training that scored it.
        systems: {name: (n,C) log-probabilities}, a row of NaN where the system was absent.

    Raises:
        ValueError: lengths or shapes do not fit together.
        UsageError: a clip comes twice under one seed, or has two labels.
    """

    labels: LabelSet
    ids: tuple[str, ...]
    speakers: tuple[str, ...]
    truth: Ints
    fold: Ints
    seed: Ints
    systems: Mapping[str, Rows]

    def __post_init__(self) -> None:
        n = len(self.ids)
        lengths = [len(self.speakers), len(self.truth), len(self.fold), len(self.seed)]
        if any(length != n for length in lengths):
            raise ValueError(f"{n} ids, but speakers, truth, fold, seed have {lengths}")
        for name, rows in self.systems.items():
            if rows.shape != (n, len(self.labels)):
                raise ValueError(f"{name}: shape {rows.shape}, wanted {(n, len(self.labels))}")
        _check_rows(self)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def seeds(self) -> tuple[int, ...]:
        """The different seeds, rising."""
        return tuple(int(s) for s in np.unique(self.seed))

    def where(self, rows: NDArray[np.bool_] | Ints) -> ScoreTable:
        """The chosen rows, in order."""
        indices = np.arange(len(self))[rows].tolist()
        return ScoreTable(
            self.labels,
            tuple(self.ids[i] for i in indices),
            tuple(self.speakers[i] for i in indices),
            self.truth[rows],
            self.fold[rows],
            self.seed[rows],
            {name: scores[rows] for name, scores in self.systems.items()},
        )

    def absent(self, system: str) -> NDArray[np.bool_]:
        """(n,) whether a system had no evidence."""
        return np.asarray(np.isnan(self.systems[system][:, 0]))

    def probabilities(self, system: str, prior: Rows) -> Rows:
        """(n,C) what a system said; where it was absent, the prior (C,) or (n,C) answers."""
        scores = self.systems[system]
        there = ~self.absent(system)
        result = np.broadcast_to(prior, scores.shape).copy()
        result[there] = softmax(scores[there])
        return result


def _check_rows(table: ScoreTable) -> None:
    seen: set[_Key] = set()
    label: dict[str, int] = {}
    for name, truth, seed in zip(table.ids, table.truth, table.seed, strict=True):
        if (name, int(seed)) in seen:
            raise UsageError(f"clip '{name}' comes twice under seed {seed}; leave one out")
        seen.add((name, int(seed)))
        if label.setdefault(name, int(truth)) != truth:
            raise UsageError(f"clip '{name}' has two labels; mend the score table")


def write_scores(table: ScoreTable, path: str | Path) -> None:
    """Write a table as CSV, whole or not at all.

    Raises:
        UsageError: a class has the name of another column.
        OutputError: the file cannot be written.
    """
    clash = set(table.labels.names) & set(_HEAD)
    if clash:
        raise UsageError(f"{path}: a class cannot be called '{clash.pop()}', a column is")
    with atomic(Path(path)) as partial, partial.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*_HEAD, *table.labels.names])
        for system, scores in table.systems.items():
            writer.writerows(_lines(table, system, scores))


def _lines(table: ScoreTable, system: str, scores: Rows) -> Iterator[list[object]]:
    for i, row in enumerate(scores):
        label = table.labels.names[table.truth[i]] if table.truth[i] >= 0 else ""
        values = [""] * len(row) if np.isnan(row[0]) else [f"{value:.6f}" for value in row]
        head = [table.ids[i], table.speakers[i], label, table.fold[i], table.seed[i], system]
        yield [*head, *values]


@dataclass(frozen=True)
class _Row:
    """One line of the file."""

    speaker: str
    truth: int
    fold: int
    scores: tuple[float, ...]


def read_scores(path: str | Path) -> ScoreTable:
    """Read a table from CSV.

    Raises:
        UsageError: it is not there, or a column or a number is missing, a label unknown, a row
            there twice, or a clip there for one system and not for another; with the line.
    """
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.reader(stream)
            head = next(reader, [])
            labels = _labels(path, head)
            systems: dict[str, dict[_Key, _Row]] = {}
            for line in reader:
                where = f"{path}, line {reader.line_num}"
                if line:
                    _take(where, dict(zip(head, line, strict=False)), labels, systems)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"{path}: not a readable score table ({why})") from None
    if not systems:
        raise UsageError(f"{path}: has no scores; was the run finished?")
    return _table(path, labels, systems)


def _labels(path: str | Path, head: Sequence[str]) -> LabelSet:
    missing = [name for name in _HEAD if name not in head]
    if missing:
        raise UsageError(f"{path}: column '{missing[0]}' is missing; wanted {','.join(_HEAD)},...")
    names = tuple(name for name in head if name not in _HEAD)
    known = next((s for s in (EMOTIONS, FERPLUS) if s.names == names), None)
    return known or LabelSet("own", names)


def _take(
    where: str,
    line: Mapping[str, str],
    labels: LabelSet,
    systems: dict[str, dict[_Key, _Row]],
) -> None:
    """Add one line of the file to its system."""
    missing = [name for name in (*_HEAD, *labels.names) if name not in line]
    if missing:
        raise UsageError(f"{where}: nothing for column '{missing[0]}'")
    try:
        truth = labels.index(line["label"]) if line["label"] else -1
    except UsageError as error:
        raise UsageError(f"{where}: {error}") from None
    rows = systems.setdefault(line["system"], {})
    key = (line["id"], _whole(where, "seed", line["seed"]))
    if key in rows:
        raise UsageError(
            f"{where}: clip '{key[0]}' comes twice for system '{line['system']}', seed {key[1]}"
        )
    values = _numbers(where, [line[name] for name in labels.names])
    rows[key] = _Row(line["speaker"], truth, _whole(where, "fold", line["fold"]), values)


def _whole(where: str, column: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"{where}: {column} '{text}' is not a whole number") from None


def _numbers(where: str, texts: Sequence[str]) -> tuple[float, ...]:
    """Log-probabilities; NaN for all where all are empty."""
    if not any(texts):
        return (float("nan"),) * len(texts)
    try:
        values = tuple(float(text) for text in texts)
    except ValueError as error:
        raise UsageError(
            f"{where}: {error}; all classes need a number, or none where the system was absent"
        ) from None
    if not np.isfinite(values).all():
        raise UsageError(f"{where}: log-probabilities must be finite numbers")
    return values


def _table(
    path: str | Path, labels: LabelSet, systems: Mapping[str, Mapping[_Key, _Row]]
) -> ScoreTable:
    first, rows = next(iter(systems.items()))
    for name, others in systems.items():
        differing = rows.keys() ^ others.keys()
        if differing:
            clip, seed = min(differing)
            here, there = (first, name) if (clip, seed) in rows else (name, first)
            raise UsageError(
                f"{path}: clip '{clip}', seed {seed} is there for system '{here}' but not for "
                f"'{there}'; a system without an answer needs a row with empty scores"
            )
        changed = next((k for k in rows if _facts(rows[k]) != _facts(others[k])), None)
        if changed:
            raise UsageError(
                f"{path}: clip '{changed[0]}' has another speaker, label or fold for system "
                f"'{name}' than for '{first}'"
            )
    keys, kept = list(rows), list(rows.values())
    return ScoreTable(
        labels,
        tuple(k[0] for k in keys),
        tuple(r.speaker for r in kept),
        np.array([r.truth for r in kept], np.int64),
        np.array([r.fold for r in kept], np.int64),
        np.array([k[1] for k in keys], np.int64),
        {
            name: np.array([system_rows[k].scores for k in keys])
            for name, system_rows in systems.items()
        },
    )


def _facts(row: _Row) -> tuple[str, int, int]:
    return row.speaker, row.truth, row.fold
