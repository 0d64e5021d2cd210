"""Many recordings of one person, or of several by name: each compared with all of theirs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from mien.data.manifest_files import read_rows
from mien.errors import UsageError
from mien.inference.baseline.compare import related
from mien.inference.baseline.estimate import LEAST, baseline_of
from mien.inference.baseline.stored import Baseline
from mien.inference.bundle import Bundle
from mien.types import Prediction

__all__ = ["compared_by_person", "read_persons"]


def read_persons(path: Path) -> dict[Path, str]:
    """{recording: person} of a table with the columns `path` and `person`; others are passed over.

    Paths are relative to the table's folder, or absolute. A row without a person is nobody's.

    Raises:
        UsageError: it cannot be read, or a recording is there for two people.
    """
    rows = read_rows(path, ("path", "person"), ("path", "person"))
    result: dict[Path, str] = {}
    for line, row in rows:
        recording, person = _real(path.parent / row["path"]), row["person"].strip()
        if not person:
            continue
        if result.setdefault(recording, person) != person:
            problem = f"'{row['path']}' is of '{result[recording]}' and of '{person}'"
            raise UsageError(f"{path}: line {line}: {problem}; a recording has one person")
    if not result:
        raise UsageError(f"{path}: names no person for any recording")
    return result


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))


def compared_by_person(
    predictions: Mapping[Path, Prediction], bundle: Bundle, persons: Mapping[Path, str] | None
) -> tuple[dict[Path, Prediction], dict[str, Baseline]]:
    """Answers with their relative ones, and the baseline of each person by name.

    Args:
        predictions: {recording: its answer}.
        bundle: the model of all of them.
        persons: see `read_persons`; None: all are of one person, named "".
    """
    groups: dict[str, list[Path]] = {}
    for path in predictions:
        name = "" if persons is None else persons.get(_real(path))
        if name is not None:
            groups.setdefault(name, []).append(path)
    result, baselines = dict(predictions), {}
    for name, paths in groups.items():
        baseline = _baseline([predictions[path] for path in paths], name)
        baselines[name] = baseline
        for path in paths:
            result[path] = related(predictions[path], bundle, baseline)
    return result, baselines


def _baseline(predictions: Sequence[Prediction], name: str) -> Baseline:
    number = len(predictions)
    recordings = "1 recording" if number == 1 else f"{number} recordings"
    title = f"{recordings} of {name or 'the same person'}"
    return baseline_of(predictions, title, least=LEAST, same_person=True)
