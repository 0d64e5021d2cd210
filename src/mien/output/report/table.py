"""The timeline as a table: a row for each window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mien.core.published import readable
from mien.types import Prediction

__all__ = ["columns", "rows"]

Cell = bool | float | str | None


def columns(p: Prediction) -> tuple[str, ...]:
    """Names: times in s and the fused label; the labels; BRANCH_LABEL for each branch; two more.

    `reliable` is of the answer for the whole clip, and None in rows without a label; `path` is that
    of the file.

    A name that is taken, such as that of a label "start", gets an underscore at its end.
    """
    names = ["start", "end", "label", *p.labels]
    names += [f"{branch}_{name}" for branch in p.branches for name in p.labels]
    names += ["reliable", "path"]
    taken: dict[str, None] = {}
    for name in names:
        while name in taken:
            name += "_"
        taken[name] = None
    return tuple(taken)


def rows(p: Prediction) -> Iterator[list[Cell]]:
    """The cells of each window in the order of `columns`, None where something was absent."""
    path = readable(str(p.source["path"]))
    for span in p.timeline:
        times = round(float(span.start), 4), round(float(span.end), 4)
        row: list[Cell] = [*times, span.label]
        for values in (span.probabilities, *(span.branches.get(b) for b in p.branches)):
            row += _cells(values, p.labels)
        row += [None if span.label is None else p.reliable, path]
        yield row


def _cells(values: Mapping[str, float] | None, labels: Sequence[str]) -> list[float | None]:
    return [None if values is None else round(float(values[name]), 6) for name in labels]
