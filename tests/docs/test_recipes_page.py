"""docs/recipes.md: its commands and its recipe, in their order, on a small slice of real clips."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mien.cli.app import app
from mien.training.recipes import declaration
from mien.training.recipes.catalog import recipe
from tests.docs.test_tutorial import slice_of

pytest.importorskip("torch")
pytest.importorskip("opensmile")

PAGE = Path(__file__).resolve().parents[2] / "docs" / "recipes.md"


@pytest.mark.slow
@pytest.mark.data
def test_a_sixth_recipe_is_added_by_copying_one_file(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    prepare = f"data prepare java_sed {data} clips.csv --only modality=audio-video"
    assert runner.invoke(app, shlex.split(prepare)).exit_code == 0
    slice_of(tmp_path / "clips.csv")
    text = PAGE.read_text(encoding="utf-8")
    for kind, block in re.findall(r"```(sh|python)\n(.*?)```", text, re.DOTALL):
        if kind == "python":
            assert recipe("mine.py").name == "mine"  # the copy as it was made
            Path("mine.py").write_text(block)
            continue
        for line in block.splitlines():
            command = line.replace("DATA", str(data)).removeprefix("mien ")
            done = runner.invoke(app, shlex.split(command))
            assert done.exit_code == 0, f"{line}: {done.exception!r}\n{done.output}"
    assert "together" in done.output


def test_the_page_names_what_there_is() -> None:
    from mien.features.extractors.catalog import extractors
    from mien.training.backbones.backbone import backbones

    text = PAGE.read_text(encoding="utf-8")
    for name in extractors():
        assert f"`{name}`" in text, name
    models = {kind.__name__ for kind in declaration.Model.__args__}
    for name in models - {"Encoder"} | set(backbones()):
        assert f"`{name}" in text, name
