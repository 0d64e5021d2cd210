"""The rule by which a clip model ships."""

from __future__ import annotations

import numpy as np

from mien.evaluate.build import build_report
from mien.evaluate.result import Report
from mien.labels import EMOTIONS
from mien.recipes.mien.clip_choice import choose
from mien.scores import ScoreTable


def report(wrong: dict[str, int]) -> Report:
    """Systems on 140 clips of ten speakers, each wrong on so many of them, evenly."""
    n = 140
    truth = np.arange(n) % 7
    systems = {}
    for name, count in wrong.items():
        rows = np.full((n, 7), np.log(0.05))
        rows[np.arange(n), truth] = np.log(0.7)
        for i in np.linspace(0, n - 1, count, dtype=int) if count else ():
            rows[i] = np.roll(rows[i], 1)
        systems[name] = rows
    speakers = tuple(str(i % 10) for i in range(n))
    zeros = np.zeros(n, np.int64)
    ids = tuple(map(str, range(n)))
    table = ScoreTable(EMOTIONS, ids, speakers, truth, zeros, zeros, systems)
    return build_report(table, title="made")


NUMBERS = {"pool": 4, "attention": 2641, "lstm": 169_355}


def test_the_simplest_within_the_interval_of_the_best_ships() -> None:
    found = choose(report({"pool": 42, "attention": 40, "lstm": 38}), NUMBERS, {}, 0.7, 3589)
    assert found.best == "lstm"
    assert found.within == ("pool", "attention", "lstm")
    assert found.ships == "pool"


def test_what_is_clearly_worse_does_not_ship_though_it_is_simple() -> None:
    found = choose(report({"pool": 100, "attention": 40, "lstm": 38}), NUMBERS, {}, 0.7, 3589)
    assert found.within == ("attention", "lstm")
    assert found.ships == "attention"


def test_what_forgot_other_faces_does_not_ship() -> None:
    elsewhere = {"attention": 0.5, "lstm": 0.69}
    found = choose(
        report({"pool": 100, "attention": 40, "lstm": 38}), NUMBERS, elsewhere, 0.7, 3589
    )
    assert found.lost == ("attention",)
    assert found.ships == "lstm"
    none = choose(
        report({"pool": 100, "attention": 40, "lstm": 38}),
        NUMBERS,
        {"attention": 0.5, "lstm": 0.5},
        0.7,
        3589,
    )
    assert none.ships == "pool"
    assert "Ships: pool" in none.words


def test_a_system_without_numbers_is_no_candidate() -> None:
    found = choose(report({"voice": 10, "pool": 42}), {"pool": 4}, {}, 0.7, 3589)
    assert (found.best, found.ships) == ("pool", "pool")


def test_of_equally_simple_ones_the_more_truthful_ships() -> None:
    numbers = {"mean": 1, "pool": 4, "attention": 2641}
    given = report({"mean": 42, "pool": 40, "attention": 38})
    assert choose(given, numbers, {}, 0.7, 3589).within == ("pool", "mean", "attention")
