"""Every test that the pages about faults and security name is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

_NAMED = re.compile(r"`(tests/[\w/]+\.py)?(?:::(test_\w+))?`")


@cache
def defined_in(path: Path) -> frozenset[str]:
    """Names of the tests in a file."""
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    return frozenset(n.name for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def named(page: str) -> Iterator[tuple[str, str]]:
    """(file, test) of each test on a page; "::test_x" is of the file that was named before it."""
    file = ""
    for found in _NAMED.finditer((ROOT / page).read_text("utf-8")):
        file = found[1] or file
        if found[2]:
            yield file, found[2]


@pytest.mark.parametrize(
    ("page", "least"), [("docs/faults.md", 40), ("SECURITY.md", 20), ("docs/abuse.md", 5)]
)
def test_each_test_that_is_named_exists(page: str, least: int) -> None:
    every = list(named(page))
    assert len(every) >= least
    missing = [(file, test) for file, test in every if test not in defined_in(ROOT / file)]
    assert missing == []


def test_each_row_of_the_table_of_faults_names_a_test() -> None:
    rows = [
        line
        for line in (ROOT / "docs/faults.md").read_text("utf-8").splitlines()
        if line[:2] == "| "
    ]
    bare = [row for row in rows if "::test_" not in row and "shown by" not in row]
    assert bare == []


def test_every_test_of_faults_is_on_the_page() -> None:
    listed = {test for _, test in named("docs/faults.md")}
    there = {
        name for path in (ROOT / "tests/faults").glob("test_*.py") for name in defined_in(path)
    }
    assert {name for name in there if name.startswith("test_")} <= listed
