from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mien.errors import UsageError
from mien.training.recipes.catalog import recipe, recipes, source
from mien.training.recipes.declaration import Linear, Recurrent, Svm, from_plain, override, to_plain


def test_every_recipe_is_found_by_its_own_name() -> None:
    assert {"mien", "is10_svm", "face_lstm"} <= set(recipes())
    for name, one in recipes().items():
        assert one.name == name
        assert one.summary
        assert source(name).is_file()


def test_listing_recipes_needs_no_torch() -> None:
    code = "import sys; from mien.training.recipes.catalog import recipes; recipes(); "
    code += "assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_field_is_changed_from_text() -> None:
    changed = override(recipe("face_lstm"), "face.model.schooling.fit.epochs=3")
    model = changed.branches["face"].model
    assert isinstance(model, Recurrent)
    assert model.schooling.fit.epochs == 3
    svm = override(recipe("is10_svm"), "voice.model.gamma=0.01").branches["voice"].model
    assert svm == Svm(c=10.0, gamma=0.01)


def test_a_linear_head_is_changed_and_kept_as_others_are() -> None:
    given = recipe("mien")
    assert all(isinstance(branch.model, Linear) for branch in given.branches.values())
    changed = override(override(given, "voice.model.c=0.5"), "voice.model.balanced=false")
    assert changed.branches["voice"].model == Linear(c=0.5, balanced=False)
    assert changed.branches["face"] == given.branches["face"]
    assert from_plain(json.loads(json.dumps(to_plain(changed)))) == changed
    assert to_plain(changed.branches["voice"].model)["kind"] == "Linear"
    for value, message in (("much", "c=much: must be `float`"), ("1,2", "must be `float`")):
        with pytest.raises(UsageError, match=message):
            override(given, f"voice.model.c={value}")


def test_a_part_that_may_be_left_out_is_left_out() -> None:
    changed = override(recipe("temporal"), "c3d.model.weighting=none")
    assert getattr(changed.branches["c3d"].model, "weighting", 0) is None
    with pytest.raises(UsageError, match="is a part"):
        override(recipe("temporal"), "c3d.model.schooling=none")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("face.model.schooling.fit.epoch=3", "did you mean 'epochs'"),
        ("fase.model.hidden=3", "did you mean 'face'"),
        ("face.model.schooling.fit.epochs=many", "epochs=many: must be `int`"),
        ("face.model.schooling.fit.epochs=0", "must be above 0"),
        ("face.model=3", "is a part"),
        ("face=3", "is a branch"),
        ("inner.x=3", "is a value"),
        ("inner", "field=value"),
    ],
)
def test_what_cannot_be_set_says_why(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        override(recipe("face_lstm"), text)


def test_a_recipe_survives_json() -> None:
    for one in recipes().values():
        assert from_plain(json.loads(json.dumps(to_plain(one)))) == one
    with pytest.raises(UsageError, match="train again"):
        from_plain({"name": "old", "branches": {"face": {"model": {"kind": "Gone"}}}})


def test_a_recipe_of_ones_own_file(tmp_path: Path) -> None:
    mine = tmp_path / "mine.py"
    mine.write_text(source("is10_svm").read_text().replace('name="is10_svm"', 'name="mine"'))
    assert recipe(str(mine)).name == "mine"
    mine.write_text("RECIPE = 3\n")
    with pytest.raises(UsageError, match="declares no RECIPE"):
        recipe(str(mine))
    mine.write_text("import nothing_of_the_kind\n")
    with pytest.raises(UsageError, match="ModuleNotFoundError"):
        recipe(str(mine))
    with pytest.raises(UsageError, match="did you mean 'is10_svm'"):
        recipe("is10svm")
