"""What the papers printed, from the tables beside this file."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

__all__ = ["CLIPS", "Count", "Figure", "Matrix", "Row", "counts", "matrices", "rows", "weights"]

CLIPS = {"val": 383, "test": 653}
"""Clips of AFEW's splits in the papers, for intervals of their figures."""


@dataclass(frozen=True)
class Figure:
    """One number.

    Args:
        metric: "accuracy" or "UAR".
        split: "val" or "test" of AFEW, or other pictures; "" where the paper does not say.
        value: per cent, as printed.
    """

    metric: str
    split: str
    value: float


@dataclass(frozen=True)
class Row:
    """One row of a table.

    Args:
        recipe: of the paper.
        table, label: as the paper calls them, or "Ablations" for what its text claims.
        run: "" for the recipe itself, or the name of an ablation.
        system: of that run; "" where none here is its like.
        figures: what the paper printed; none for a claim without a number.
        checklist: id of the line of `checklist.csv` that it belongs to.
        note: what to know about it.
    """

    recipe: str
    table: str
    label: str
    run: str
    system: str
    figures: tuple[Figure, ...]
    checklist: str
    note: str


@dataclass(frozen=True)
class Matrix:
    """A confusion matrix: {true class: per cent of each answer}, classes by two letters."""

    recipe: str
    title: str
    system: str
    split: str
    rows: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True)
class Count:
    """Clips of one class in the splits of AFEW."""

    label: str
    train: int
    val: int
    test: int


def _read(name: str) -> Iterator[dict[str, str]]:
    text = (resources.files("mien.training.papers") / name).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())


@lru_cache(maxsize=1)
def _rows() -> tuple[Row, ...]:
    figures_of: dict[tuple[str, ...], list[Figure]] = {}
    for line in _read("tables.csv"):
        names = ("recipe", "table", "row", "run", "system", "checklist", "note")
        figures = figures_of.setdefault(tuple(line[name] for name in names), [])
        if line["value"]:
            figures.append(Figure(line["metric"], line["split"], float(line["value"])))
    return tuple(
        Row(recipe, table, label, run, system, tuple(figures), checklist, note)
        for (recipe, table, label, run, system, checklist, note), figures in figures_of.items()
    )


def rows(recipe: str) -> dict[str, list[Row]]:
    """{table: its rows} of a paper, in the paper's order."""
    result: dict[str, list[Row]] = {}
    for row in _rows():
        if row.recipe == recipe:
            result.setdefault(row.table, []).append(row)
    return result


def matrices(recipe: str) -> list[Matrix]:
    """The confusion matrices of a paper."""
    rows_of: dict[tuple[str, str, str], dict[str, tuple[float, ...]]] = {}
    for line in _read("confusions.csv"):
        if line["recipe"] == recipe:
            values = tuple(float(line[name]) for name in ("AN", "DI", "FE", "HA", "NE", "SA", "SU"))
            key = line["title"], line["system"], line["split"]
            rows_of.setdefault(key, {})[line["true"]] = values
    return [Matrix(recipe, *key, rows) for key, rows in rows_of.items()]


def counts(recipe: str) -> tuple[str, list[Count]]:
    """The title and the lines of a paper's table of clips; none in most papers."""
    lines = [line for line in _read("counts.csv") if line["recipe"] == recipe]
    classes = [Count(m["class"], int(m["train"]), int(m["val"]), int(m["test"])) for m in lines]
    return (lines[0]["table"] if lines else ""), classes


def weights(recipe: str) -> dict[str, dict[str, float]]:
    """{fusion: {branch: weight}} where a paper prints them."""
    result: dict[str, dict[str, float]] = {}
    for line in _read("weights.csv"):
        if line["recipe"] == recipe:
            result.setdefault(line["system"], {})[line["branch"]] = float(line["value"])
    return result
