"""`docs/papers.md`: for each paper what was done, what differs, its tables; then every line."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from mien.training.papers.about import ABOUT, About
from mien.training.papers.page import tables
from mien.training.papers.runs import by_paper

__all__ = ["Line", "checklist", "checklist_page", "document"]

_HEAD = """# The five papers

Each paper is a recipe, one file in `src/mien/training/recipes`. This page is printed by

    mien papers --docs RUN ... > docs/papers.md

from finished runs, and every number in it is either the paper's or read from them. A paper's
number stands with the interval that AFEW's 383 validation or 653 test clips allow for; n stands
beside each of ours, with Wilson's interval for the accuracy and a bootstrap over actors for the
UAR. Runs at `--size small` use narrow networks, small crops and a few hundred steps, and a
MobileNet with weights of its own in place of VGG-Face: **they show
that each system works, not what its full size is worth, and the corpora differ from AFEW**, so
the columns are not to be compared with one another. The rows of one run are.

To repeat it on AFEW, or on a corpus of your own:

    mien papers cnn_rnn --data afew.csv --out runs/cnn_rnn --init vgg_face=... --init c3d=...
    mien papers cnn_rnn --data clips.csv --out runs/cnn_rnn --folds speaker --size small
    mien papers cnn_rnn --data clips.csv --out runs/cnn_rnn ... --ablations
    mien papers cnn_rnn --run runs/cnn_rnn --submit test.csv --out files     # EmotiW's test files

[Line by line](papers_checklist.md) has what became of everything that the papers state. The tables
below are of runs of 2026-11-21; settings that changed since then (plain batches and no clipping,
eight frames of sound, a MobileNet in place of a narrow VGG, rows "not trained") are not in them.

"paper only" has no like here; "not trained" says that this run was not made, and `--ablations`
makes it."""


_LINES = """# The five papers, line by line

Everything that the five papers state, and what became of it here. Of {all} lines {exact} are
*exact*: done, or printed, as stated. {adapted} are *adapted*: done otherwise where the text leaves
something open or contradicts itself, or answered in words. {impossible} are *impossible* with what
is public. *exact* does not say that a paper's score was reached: AFEW and the weights that the
papers start from were not at hand, and [The papers](papers.md) has the scores of what was trained.
Places are in `src/mien`. This page is printed by

    mien papers --checklist > docs/papers_checklist.md"""


@dataclass(frozen=True)
class Line:
    """One line of what the papers say, and what became of it.

    Args:
        id: X for all papers, or the number of the paper.
        answer: "exact"; "adapted" where mien does it otherwise, and says how; or "impossible".
        where: file of mien that shows it; "" for none.
        text: what, or why not.
        claim: what the papers state, in short.
    """

    id: str
    answer: str
    where: str
    text: str
    claim: str


def checklist() -> list[Line]:
    """All lines, in their order."""
    text = (resources.files("mien.training.papers") / "checklist.csv").read_text(encoding="utf-8")
    return [Line(**row) for row in csv.DictReader(text.splitlines())]


def document(runs: Sequence[Path]) -> str:
    """The whole page.

    Args:
        runs: finished runs of the papers' recipes or of their ablations, in any order.

    Raises:
        UsageError: one of them is not such a run.
    """
    by_recipe = by_paper(runs)
    parts = [_HEAD]
    for recipe, about in ABOUT.items():
        parts += [_about(recipe, about), tables(recipe, by_recipe[recipe])]
    return "\n\n".join(parts) + "\n"


def _about(recipe: str, about: About) -> str:
    differs = "\n".join(f"- {text}" for text in about.differs)
    return f"## {about.title}\n\nRecipe `{recipe}`. {about.done}\n\nWhat differs:\n\n{differs}"


def checklist_page() -> str:
    """The page of all lines, by paper; X are those that concern several."""
    titles = {"X": "All papers"}
    titles |= {str(k): about.title for k, about in enumerate(ABOUT.values())}
    lines = checklist()
    parts = [_LINES.format(**Counter(line.answer for line in lines), all=len(lines))]
    for mark, title in titles.items():
        of_paper = [line for line in lines if line.id.partition("-")[0] == mark]
        body = "\n".join(f"- **{line.id}** {line.claim}\n  *{_answer(line)}" for line in of_paper)
        parts.append(f"## {title}\n\n{body}")
    return "\n\n".join(parts) + "\n"


def _answer(line: Line) -> str:
    where = f" (`{line.where}`)" if line.where else ""
    return f"{line.answer}*: {line.text}{where}"
