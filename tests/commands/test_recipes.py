from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mien.cli import app
from mien.errors import UsageError
from mien.recipes.catalog import recipe, recipes


def call(*options: str | Path) -> Result:
    return CliRunner().invoke(app, ["recipes", *map(str, options)])


def test_every_recipe_is_listed_and_shown_with_its_numbers() -> None:
    listed = call("list").output
    assert all(name in listed for name in recipes())
    shown = call("show", "is10_svm").output
    assert "c=10.0" in shown


def test_a_copy_is_a_recipe_of_its_own(tmp_path: Path) -> None:
    done = call("copy", "face_lstm", tmp_path / "mine.py")
    assert done.exit_code == 0
    copied = recipe(str(tmp_path / "mine.py"))
    assert copied.name == "mine"
    assert copied.branches == recipe("face_lstm").branches
    again = call("copy", "face_lstm", tmp_path / "mine.py")
    assert isinstance(again.exception, UsageError)
    assert "is there already" in str(again.exception)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["show", "face_lst"], "did you mean 'face_lstm'"),
        (["copy", "face_lstm", "mine.txt"], "a recipe is a Python file"),
        (["show", "nowhere.py"], "no such recipe file"),
    ],
)
def test_wrong_usage_is_one_line(options: list[str], message: str) -> None:
    done = call(*options)
    assert isinstance(done.exception, UsageError)
    assert message in str(done.exception)
