"""A prediction as rows of the data set: the clip, its windows, its people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from mien.output.report.table_parquet import table_of
from mien.types import Person, Prediction

if TYPE_CHECKING:
    import pyarrow

__all__ = ["TABLES", "rows_of"]

TABLES = ("clips", "windows", "people")
"""Tables of results. All of them have the column `media`, the SHA-256 of the file's content."""

Cell = str | float | int | bool | list[str] | None


def rows_of(p: Prediction) -> dict[str, pyarrow.Table]:
    """{table: its rows}; `windows` has the columns of `mien predict --parquet` after `media`.

    Except `path`: a content may have several, which are in the table of inputs.
    """
    import pyarrow

    media = str(p.source["sha256"])
    timeline = table_of(p)
    windows = timeline.select(timeline.column_names[:-1])
    key = pyarrow.array([media] * len(windows), pyarrow.string())
    return {
        "clips": _table([_clip(p, media)], _clip_fields(p)),
        "windows": windows.add_column(0, "media", key),
        "people": _table((_person(p, person, media) for person in p.people), _person_fields(p)),
    }


def _table(rows: Iterable[Mapping[str, Cell]], fields: Mapping[str, str]) -> pyarrow.Table:
    import pyarrow

    kinds = {
        "text": pyarrow.string(),
        "number": pyarrow.float64(),
        "count": pyarrow.int32(),
        "truth": pyarrow.bool_(),
        "texts": pyarrow.list_(pyarrow.string()),
    }
    schema = pyarrow.schema([(name, kinds[kind]) for name, kind in fields.items()])
    return pyarrow.Table.from_pylist([dict(row) for row in rows], schema)


def _clip(p: Prediction, media: str) -> dict[str, Cell]:
    row: dict[str, Cell] = {
        "media": media,
        "duration": p.source["duration"],
        "complete": p.source["complete"],
        "width": p.size[0],
        "height": p.size[1],
        "label": p.label,
        "confidence": p.confidence,
        "reliable": p.reliable,
        "reasons": [reason.code for reason in p.reasons],
        "people": len(p.people),
        **_named("p_", p.labels, p.probabilities),
    }
    for branch, output in p.branches.items():
        row |= _named(f"{branch}_", p.labels, output.probabilities)
        row[f"{branch}_weight"] = output.weight
    return row


def _clip_fields(p: Prediction) -> dict[str, str]:
    fields = dict.fromkeys(("media", "label"), "text")
    fields |= {"duration": "number", "complete": "truth", "width": "count", "height": "count"}
    fields |= {"confidence": "number", "reliable": "truth", "reasons": "texts", "people": "count"}
    fields |= {f"p_{name}": "number" for name in p.labels}
    for branch in p.branches:
        fields |= {f"{branch}_{name}": "number" for name in (*p.labels, "weight")}
    return fields


def _person(p: Prediction, person: Person, media: str) -> dict[str, Cell]:
    probabilities = person.probabilities or None
    return {
        "media": media,
        "person": person.id,
        "start": person.start,
        "end": person.end,
        "sights": len(person.times),
        "label": None
        if probabilities is None
        else max(probabilities, key=lambda name: probabilities[name]),
        **_named("p_", p.labels, probabilities),
    }


def _person_fields(p: Prediction) -> dict[str, str]:
    fields = {"media": "text", "person": "count", "start": "number", "end": "number"}
    fields |= {"sights": "count", "label": "text"}
    return fields | {f"p_{name}": "number" for name in p.labels}


def _named(head: str, labels: Iterable[str], values: Mapping[str, float] | None) -> dict[str, Cell]:
    return {f"{head}{name}": None if values is None else float(values[name]) for name in labels}
