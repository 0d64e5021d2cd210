"""A whole retraining in small: made-up corpora and weights, real steps from these to the card."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mien.recipes.mien.clip_faces import video_clips
from mien.recipes.mien.place import Place
from mien.recipes.mien.retrain import Retraining, retrain
from tests.recipes.mien.made import made_run, short_fits
from tests.recipes.mien.made_corpora import made_corpora


@pytest.fixture(scope="session")
def made_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the made-up corpora; not to be changed."""
    return made_corpora(tmp_path_factory.mktemp("corpora"))


@pytest.fixture(scope="session")
def retrained(made_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a quick try whose two long trainings were done before; not to be changed."""
    pytest.importorskip("torch")
    out = made_run(tmp_path_factory.mktemp("run"), video_clips(made_data).clips)
    for part in ("face", "voice"):
        mark = out / "done" / part
        mark.parent.mkdir(exist_ok=True)
        mark.touch()
    with pytest.MonkeyPatch.context() as patch:
        short_fits(patch)
        retrain(Retraining(made_data, out, jobs=1, quick=True))
    return out


@pytest.fixture
def run(retrained: Path, tmp_path: Path) -> Place:
    """A copy of that folder without the fits of clip models; a test may change it."""
    left = shutil.ignore_patterns("heads", "fusions")
    return Place.of_run(Path(shutil.copytree(retrained, tmp_path / "run", ignore=left)))
