"""JSON, CSV, Parquet and SRT."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from mien.errors import MissingExtraError
from mien.labels import EMOTIONS
from mien.report.atomic import atomic
from mien.types import Prediction, Span

__all__ = ["need_parquet", "write_csv", "write_json", "write_parquet", "write_srt"]

Cell = float | str | None


def write_json(p: Prediction, path: Path) -> None:
    """The published form of the answer."""
    with atomic(path) as part:
        part.write_text(json.dumps(p.to_dict(), ensure_ascii=False, allow_nan=False), "utf-8")


def rows(p: Prediction) -> Iterator[dict[str, Cell]]:
    """A row for each window: start, end, label, the fused and each branch's probabilities."""
    for span in p.timeline:
        row: dict[str, Cell] = {"start": span.start, "end": span.end, "label": span.label}
        row |= _columns("", span.probabilities)
        for branch in p.branches:
            row |= _columns(f"{branch}_", span.branches.get(branch))
        yield row


def _columns(prefix: str, values: Mapping[str, float] | None) -> dict[str, Cell]:
    return {
        prefix + name: None if values is None else round(values[name], 6) for name in EMOTIONS.names
    }


def write_csv(p: Prediction, path: Path) -> None:
    """The timeline; empty cells where nothing was there to go by."""
    table = list(rows(p))
    with atomic(path) as part, part.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(table[0]))
        writer.writeheader()
        writer.writerows(table)


def need_parquet() -> None:
    """Raise `MissingExtraError` unless pyarrow is installed."""
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise MissingExtraError("pyarrow", "tables") from None


def write_parquet(p: Prediction, path: Path) -> None:
    """The same table as `write_csv`; needs the extra `tables`."""
    need_parquet()
    import pyarrow
    from pyarrow import parquet

    table = list(rows(p))
    kinds = {"start": pyarrow.float64(), "end": pyarrow.float64(), "label": pyarrow.string()}
    schema = pyarrow.schema([(name, kinds.get(name, pyarrow.float64())) for name in table[0]])
    with atomic(path) as part:
        parquet.write_table(pyarrow.Table.from_pylist(table, schema=schema), part)


def runs(timeline: tuple[Span, ...]) -> Iterator[tuple[float, float, str, float]]:
    """Stretches of one label: start, end, label, mean probability.

    Windows overlap; each counts from its start to the start of the next one.
    """
    begin, label, values = 0.0, None, list[float]()
    for k, span in enumerate(timeline):
        if span.label != label:
            if label is not None:
                yield begin, span.start, label, sum(values) / len(values)
            begin, label, values = span.start, span.label, []
        if span.label is not None and span.probabilities is not None:
            values.append(span.probabilities[span.label])
        if k == len(timeline) - 1 and label is not None:
            yield begin, span.end, label, sum(values) / len(values)


def write_srt(p: Prediction, path: Path) -> None:
    """Subtitles with the label and its mean probability."""
    parts = [
        f"{k}\n{_stamp(start)} --> {_stamp(end)}\n{label} ({value:.0%})\n"
        for k, (start, end, label, value) in enumerate(runs(p.timeline), 1)
    ]
    with atomic(path) as part:
        part.write_text("\n".join(parts), "utf-8")


def _stamp(seconds: float) -> str:
    total = round(seconds * 1000)
    hours, rest = divmod(total, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02}:{minutes:02}:{rest // 1000:02},{rest % 1000:03}"
