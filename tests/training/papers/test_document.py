from __future__ import annotations

from pathlib import Path

import pytest

import mien
from mien.errors import UsageError
from mien.training.papers.ablations import ABLATIONS
from mien.training.papers.about import ABOUT
from mien.training.papers.document import checklist, checklist_page, document
from mien.training.recipes.catalog import recipes

PAGE = Path(__file__).resolve().parents[3] / "docs" / "papers.md"
LAST = {"X": 17, "0": 44, "1": 39, "2": 46, "3": 17, "4": 27}
"""Number of the last line of each paper; 1-24 has a second part."""


def test_each_line_of_the_papers_is_answered_once() -> None:
    wanted = [f"{mark}-{k:02}" for mark, last in LAST.items() for k in range(1, last + 1)]
    wanted.insert(wanted.index("1-24") + 1, "1-24b")
    assert [line.id for line in checklist()] == wanted


def test_answers_say_where_or_why() -> None:
    package = Path(mien.__file__).parent
    for line in checklist():
        assert line.answer in ("exact", "adapted", "impossible"), line.id
        assert line.text, line.id
        assert line.claim, line.id
        assert line.where or line.answer != "exact", line.id
        assert (package / line.where).exists(), f"{line.id}: no {line.where}"


def test_there_is_a_word_on_each_paper() -> None:
    assert list(ABOUT) == list(ABLATIONS)
    assert set(ABOUT) <= set(recipes())


def test_the_page_holds_tables_of_what_was_trained_and_every_line(made: Path) -> None:
    page = document([made / "run"])
    assert "| 55.3 val (50.3–60.2) | – | not trained |" in page
    assert "only rates mended" in page
    assert page.count("\n## ") == len(ABOUT)


def test_a_page_without_runs_still_has_the_papers_numbers() -> None:
    assert "| 60.64 test" in document([]) or "; 60.64 test" in document([])


def test_the_page_in_the_docs_is_of_this_data() -> None:
    """Tables are of runs that are not here; the words and the lines have to be the same."""
    fresh, kept = document([]), PAGE.read_text(encoding="utf-8")
    assert kept.partition("## 000")[0] == fresh.partition("## 000")[0]


def test_the_page_of_all_lines_in_the_docs_is_of_this_data() -> None:
    page = checklist_page()
    assert all(f"- **{line.id}** " in page for line in checklist())
    assert page == PAGE.with_name("papers_checklist.md").read_text(encoding="utf-8")


def test_a_folder_that_is_no_run_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a run folder"):
        document([tmp_path])
