"""Paper 003 and all its ablations, trained by the command for one step each on made-up clips."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mien.cli import papers
from mien.cli.app import app
from mien.training.experiment.smoke_test import few_clips, quick
from mien.training.recipes.catalog import recipe
from mien.training.recipes.declaration import Recipe


def quickly(
    name: str, changes: Sequence[str], size: str, init: Sequence[str], scratch: bool = False
) -> Recipe:
    """In place of `declare`: the command takes the recipe in the form that is done at once."""
    assert not changes
    assert size == "small"
    assert not init
    assert not scratch
    return quick(recipe(name))


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with clips.csv, the store, the run "run" with its ablations and what was said."""
    for package in ("torch", "opensmile"):
        pytest.importorskip(package)
    folder = tmp_path_factory.mktemp("papers")
    clips = few_clips(None, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(papers, "declare", quickly)
        done = CliRunner().invoke(
            app,
            f"papers resnet_lstm --data {clips} --out {folder}/run --size small --ablations -j 1",
        )
    assert done.exit_code == 0, done.output
    (folder / "said.txt").write_text(done.stdout)
    return folder
