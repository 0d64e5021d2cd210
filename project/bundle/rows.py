"""A row of a report: what one system scored, as JSON, and how it can be had again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
from rich.console import Console
from rich.table import Table

from mien.core.atomic import atomic
from mien.evaluation.cards import How
from mien.evaluation.metrics import Calibration, Scores
from mien.training.experiment.record import hardware

__all__ = ["Row", "Rows", "facts", "plain", "show", "write_report"]

Row = tuple[Scores, Calibration | None]
Rows = Mapping[str, Row]

_DIGITS = 6  # few enough to read, and enough to round again for a table


def plain(row: Row, provenance: How | None = None) -> dict[str, object]:
    """A row as it goes into a report and onto the card; shares rounded."""
    s, c = row
    result: dict[str, object] = {
        "n": s.n,
        "accuracy": round(s.accuracy, _DIGITS),
        "interval": _rounded(s.interval),
        "uar": round(s.uar, _DIGITS),
        "uar_interval": None if s.uar_interval is None else _rounded(s.uar_interval),
        "macro_f1": round(s.macro_f1, _DIGITS),
        "recalls": _rounded(s.recalls),
        "confusion": s.confusion.tolist(),
    }
    if c is not None:
        result |= {"ece": round(c.ece, _DIGITS), "ece_perfect": round(c.ece_perfect, _DIGITS)}
        result |= {"nll": round(c.nll, _DIGITS), "brier": round(c.brier, _DIGITS)}
    return result if provenance is None else {**result, "how": msgspec.to_builtins(provenance)}


def _rounded(values: Iterable[float]) -> list[float | None]:
    return [None if np.isnan(v) else round(float(v), _DIGITS) for v in values]


def facts(command: str) -> dict[str, object]:
    """What stands at the head of every report."""
    date = datetime.now(UTC).date().isoformat()
    return {"date": date, "hardware": hardware(), "command": command}


def write_report(content: Mapping[str, object], path: Path) -> None:
    """Keep a report as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic(path) as partial:
        partial.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def show(rows: Rows) -> None:
    """Print a table of rows."""
    table = Table("system", box=None, pad_edge=False)
    for column in ("n", "accuracy (95 %)", "UAR (95 % by speaker)", "macro-F1", "ECE (perfect)"):
        table.add_column(column, justify="right")
    for title, (s, c) in rows.items():
        spread = "" if s.uar_interval is None else f" {_span(s.uar_interval)}"
        table.add_row(
            title,
            str(s.n),
            f"{100 * s.accuracy:.1f} {_span(s.interval)}",
            f"{100 * s.uar:.1f}{spread}",
            f"{100 * s.macro_f1:.1f}",
            "" if c is None else f"{c.ece:.3f} ({c.ece_perfect:.3f})",
        )
    Console(width=140).print(table)


def _span(interval: tuple[float, float]) -> str:
    return f"({100 * interval[0]:.1f}-{100 * interval[1]:.1f})"
