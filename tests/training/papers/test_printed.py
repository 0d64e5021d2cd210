from __future__ import annotations

import re

import pytest

from mien.training.papers.ablations import ABLATIONS, ablated
from mien.training.papers.document import checklist
from mien.training.papers.printed import counts, matrices, rows, weights
from mien.training.recipes.catalog import recipe

PAPERS = list(ABLATIONS)


@pytest.mark.parametrize("paper", PAPERS)
def test_every_row_names_a_system_that_is_trained_and_a_line_that_is_answered(paper: str) -> None:
    known, runs = {line.id for line in checklist()}, {"": recipe(paper)}
    for how in ABLATIONS[paper]:
        runs[how.name] = ablated(paper, recipe(how.of or paper), how)
    used = set()
    for mine in rows(paper).values():
        for row in mine:
            assert row.checklist in known
            assert all(0 < figure.value < 100 for figure in row.figures)
            assert row.figures or row.system, f"{row.label}: neither a number nor a system"
            if row.system:
                used.add(row.run)
                assert row.system in {*runs[row.run].branches, *runs[row.run].fusions}, row
    assert used == set(runs)


@pytest.mark.parametrize("paper", PAPERS)
def test_every_system_of_a_recipe_has_a_row(paper: str) -> None:
    every = [row for mine in rows(paper).values() for row in mine]
    shown = {row.system for row in every if row.system and not row.run}
    only_below = {"vgg_own", "vgg_given", "inception", "vgg19"}  # encoders below an LSTM
    one = recipe(paper)
    assert {*one.branches, *one.fusions} - only_below == shown


def test_the_matrices_agree_with_their_captions() -> None:
    """UAR of tables 1 to 6 of paper 001, which prints it too; the slip in table 6 is in a cell."""
    wanted = [46.66, 43.17, 31.97, 23.27, 23.14, 41.21]
    found = matrices("hybrid")
    for matrix, uar in zip(found, wanted, strict=True):
        diagonal = [row[k] for k, row in enumerate(matrix.rows.values())]
        assert sum(diagonal) / 7 == pytest.approx(uar, abs=0.01)
        sums = [sum(row) for row in matrix.rows.values()]
        slip = "Table 6" in matrix.title
        assert [s for s in sums if abs(s - 100) > 0.1] == ([pytest.approx(97.01)] if slip else [])
    recalls = {k: r[list(found[0].rows).index(k)] for k, r in found[0].rows.items()}
    assert recalls["HA"] == 84.13
    (figure7,) = matrices("temporal")
    assert sum(row[k] for k, row in enumerate(figure7.rows.values())) / 7 == pytest.approx(
        43.2, abs=0.05
    )


def test_weights_and_counts_are_as_the_papers_sum_them_up() -> None:
    assert sum(weights("msff")["four"].values()) == pytest.approx(1)
    _, found = counts("temporal")
    totals = [sum(getattr(c, split) for c in found) for split in ("train", "val", "test")]
    assert totals == [773, 383, 653]


def test_numbers_that_the_papers_are_known_by() -> None:
    printed = {
        (paper, figure.split, figure.value)
        for paper in PAPERS
        for mine in rows(paper).values()
        for row in mine
        for figure in row.figures
    }
    assert printed >= {
        ("cnn_rnn", "val", 55.3),
        ("hybrid", "val", 55.61),
        ("hybrid", "test", 51.15),
        ("temporal", "val", 52.2),
        ("temporal", "test", 58.81),
        ("msff", "test", 60.64),
        ("msff", "val", 59.42),
    }


def test_ids_are_those_of_the_papers() -> None:
    for line in checklist():
        assert re.fullmatch(r"[X0-4]-\d\d(b?)", line.id)
