"""An answer as rows of the data set: a clip, its windows, its people."""

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

    But for `path`: a content may have several, which are in the table of inputs.
    """
    import pyarrow

    media = str(p.source["sha256"])
    whole = table_of(p)
    windows = whole.select(whole.column_names[:-1])
    key = pyarrow.array([media] * len(windows), pyarrow.string())
    return {
        "clips": _table([_clip(p, media)], _clip_fields(p)),
        "windows": windows.add_column(0, "media", key),
        "people": _table((_person(p, one, media) for one in p.people), _person_fields(p)),
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
    for branch, say in p.branches.items():
        row |= _named(f"{branch}_", p.labels, say.probabilities)
        row[f"{branch}_weight"] = say.weight
    return row


def _clip_fields(p: Prediction) -> dict[str, str]:
    fields = dict.fromkeys(("media", "label"), "text")
    fields |= {"duration": "number", "complete": "truth", "width": "count", "height": "count"}
    fields |= {"confidence": "number", "reliable": "truth", "reasons": "texts", "people": "count"}
    fields |= {f"p_{name}": "number" for name in p.labels}
    for branch in p.branches:
        fields |= {f"{branch}_{name}": "number" for name in (*p.labels, "weight")}
    return fields


def _person(p: Prediction, one: Person, media: str) -> dict[str, Cell]:
    found = one.probabilities or None
    return {
        "media": media,
        "person": one.id,
        "start": one.start,
        "end": one.end,
        "sights": len(one.times),
        "label": None if found is None else max(found, key=lambda name: found[name]),
        **_named("p_", p.labels, found),
    }


def _person_fields(p: Prediction) -> dict[str, str]:
    fields = {"media": "text", "person": "count", "start": "number", "end": "number"}
    fields |= {"sights": "count", "label": "text"}
    return fields | {f"p_{name}": "number" for name in p.labels}


def _named(head: str, labels: Iterable[str], values: Mapping[str, float] | None) -> dict[str, Cell]:
    return {f"{head}{name}": None if values is None else float(values[name]) for name in labels}
