"""The table of labelled clips or windows: reading it, and who must not be on both sides of a split.

Columns: `path` and `label`; perhaps `start` and `end` in seconds, `person` (or `speaker`), `id`.
A manifest of `mien data` is such a table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mien.data.manifest_files import read_rows
from mien.errors import UsageError
from mien.labels import LabelSet
from mien.types import Clip

__all__ = ["LEAST", "Grouping", "Labelled", "check_enough", "groups_of", "read_labelled"]

LEAST = 10
"""Labelled clips, below which nothing is adapted."""

_NEEDED = ("path", "label")
_TIMES = ("start", "end")
_KNOWN = ("id", "path", "start", "end", "label", "person", "speaker")
_LONGEST = 1e7  # s
_NO_PERSON = (
    "no column 'person': each file counts as a person of its own; where a person is in several "
    "files, the figures are better than they would be on new people"
)
_ONE_PERSON = (
    "all clips are of one person: the figures are about other clips of this person, and how it "
    "does on anybody else cannot be known"
)
_ONE_FILE = (
    "all clips are windows of one file, left out a few at a time: neighbours are alike, so the "
    "figures are better than they would be on other recordings"
)


@dataclass(frozen=True)
class Labelled:
    """A read table.

    Args:
        clips: with a label each; `speaker` is the person, "" where it is not told.
        labels: what they may be.
        root: folder that relative paths start from.
        unlabelled: rows without a label, which are left out.
    """

    clips: tuple[Clip, ...]
    labels: LabelSet
    root: Path
    unlabelled: int


def read_labelled(
    path: Path,
    known: LabelSet,
    labels: LabelSet | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Labelled:
    """Read a table of labelled clips, .csv or .parquet.

    Args:
        path: the table.
        known: labels of the bundle.
        labels: a label set of one's own; None is the bundle's.
        mapping: {label in the table: label that it stands for}.

    Raises:
        UsageError: not a table, a column or cell is missing, a label unknown, a clip there with
            two labels, fewer than ten clips, or one label only; says where.
    """
    if not path.is_file():
        raise UsageError(f"{path}: no such file; give a table with the columns path and label")
    rows = [(n, _plain(row)) for n, row in read_rows(path, _NEEDED, _KNOWN, _TIMES)]
    allowed, renamed = labels or known, {k.lower(): v.lower() for k, v in (mapping or {}).items()}
    mapped = [(n, {**row, "label": renamed.get(row["label"], row["label"])}) for n, row in rows]
    _check_labels(path, mapped, allowed, custom=labels is not None)
    clips = tuple(_once(path, ((n, _clip(path, n, row)) for n, row in mapped if row["label"])))
    result = Labelled(clips, allowed, path.parent, sum(not row["label"] for _, row in mapped))
    check_enough(str(path), [clip.label for clip in clips])
    return result


def _plain(row: Mapping[str, str]) -> dict[str, str]:
    cells = {name: value.strip() for name, value in row.items() if name in _KNOWN}
    return {**cells, "label": cells["label"].lower()}


def _check_labels(
    path: Path, rows: Iterable[tuple[int, Mapping[str, str]]], allowed: LabelSet, *, custom: bool
) -> None:
    """Refuse labels that are not in the set, all of them in one line."""
    unknown = Counter(row["label"] for _, row in rows) - Counter()
    for name in ("", *allowed.names):
        unknown.pop(name, None)
    if not unknown:
        return
    listed = ", ".join(f"'{name}' ({count})" for name, count in unknown.most_common(8))
    advice = "add them to --labels" if custom else f"or --labels {','.join(list(unknown)[:3])},... "
    more = "" if custom else "for a bundle with labels of your own"
    raise UsageError(
        f"{path}: unknown labels {listed}; the labels are {', '.join(allowed.names)}. Write "
        f"--map {next(iter(unknown))}={allowed.names[0]} where one stands for another, "
        f"{advice}{more}".rstrip()
    )


def _clip(path: Path, number: int, row: Mapping[str, str]) -> Clip:
    where = f"{path}: line {number}"
    if not row["path"]:
        raise UsageError(f"{where}: the path is empty")
    start, end = (_seconds(where, name, row.get(name, "")) for name in _TIMES)
    if end is not None and end <= (start or 0.0):
        raise UsageError(f"{where}: the end {end:g} s is not after the start {start or 0:g} s")
    file = row["path"] if (path.parent / row["path"]).exists() else row["path"].replace("\\", "/")
    window = (
        "" if start is None and end is None else f"@{start or 0:g}-{'' if end is None else end:g}"
    )
    return Clip(
        id=row.get("id") or f"{file}{window}",
        path=file,
        start=start,
        end=end,
        label=row["label"],
        speaker=row.get("person") or row.get("speaker", ""),
    )


def _seconds(where: str, name: str, text: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < _LONGEST:
        raise UsageError(f"{where}: {name} '{text}' is not a time in seconds")
    return value


def _once(path: Path, clips: Iterable[tuple[int, Clip]]) -> Iterator[Clip]:
    """Clips without those that stand there again."""
    seen: dict[tuple[str, float | None, float | None], Clip] = {}
    names: Counter[str] = Counter()
    for number, clip in clips:
        key = (clip.path, clip.start, clip.end)
        before = seen.setdefault(key, clip)
        if before is not clip:
            if before.label != clip.label:
                both = f"'{before.label}' and '{clip.label}'"
                raise UsageError(f"{path}: line {number}: {clip.id} has two labels, {both}")
            continue
        names[clip.id] += 1
        if names[clip.id] > 1:
            raise UsageError(f"{path}: line {number}: the id '{clip.id}' stands there twice")
        yield clip


def check_enough(where: str, labels: Iterable[str]) -> None:
    """Refuse what nothing can be learned from.

    Args:
        where: the table, and what was left out of it.
        labels: of the clips that count.

    Raises:
        UsageError: fewer than `LEAST`, or one label only.
    """
    counts = Counter(labels)
    if counts.total() < LEAST:
        amount = f"{counts.total()} labelled clip{'s' * (counts.total() != 1)}"
        raise UsageError(f"{where}: {amount}; adapting needs {LEAST} at least, better fifty")
    if len(counts) < 2:
        name = next(iter(counts))
        raise UsageError(
            f"{where}: all clips are '{name}'; adapting needs clips of two labels at least, since "
            "from one nothing can be told apart"
        )


@dataclass(frozen=True)
class Grouping:
    """What is left out together, and on whom figures hold then.

    Args:
        names: (n,) group of each clip.
        by: what a group is, where it is told; "windows" are those of one file.
        note: a sentence on what cannot be known; "" where persons are told.
        alone: whether all clips are of one person or one file, so that the figures say nothing of
            any other.
    """

    names: NDArray[np.str_]
    by: Literal["people", "files", "windows"]
    note: str = ""
    alone: bool = False


def groups_of(clips: Iterable[Clip]) -> Grouping:
    """What is left out together: persons, else files, else windows."""
    every = list(clips)
    persons = {clip.speaker for clip in every}
    files = np.array([f"file {clip.path}" for clip in every])
    if len(persons - {""}) > 1:
        named = [c.speaker and f"person {c.speaker}" for c in every]
        lost = sum(not name for name in named)
        note = f"{lost} clips have no person; each file of them counts as one" if lost else ""
        return Grouping(np.where(np.array(named) == "", files, np.array(named)), "people", note)
    if len(set(files.tolist())) == 1:
        ids = np.array([clip.id for clip in every])
        return Grouping(ids, "windows", _ONE_FILE, alone=True)
    if persons == {""}:
        return Grouping(files, "files", _NO_PERSON)
    return Grouping(files, "files", _ONE_PERSON, alone=True)
