"""A whole retraining in small: made-up corpora and weights, real steps from these to the card."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from project.bundle.release_paths import ReleasePaths
from project.bundle.retrain import Retraining, retrain
from tests.project.bundle.made import made_face, made_front
from tests.project.bundle.made_corpora import made_corpora


@pytest.fixture(scope="session")
def made_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the made-up corpora; not to be changed."""
    return made_corpora(tmp_path_factory.mktemp("corpora"))


@pytest.fixture(scope="session")
def pretrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a front that learned nothing; not to be changed."""
    pytest.importorskip("torch")
    return made_front(tmp_path_factory.mktemp("pretrained") / "whisper_front.npz").parent


@pytest.fixture(scope="session")
def retrained(made_data: Path, pretrained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a quick try whose face was trained before; not to be changed."""
    out = tmp_path_factory.mktemp("run")
    made_face(out / "face")
    (out / "done").mkdir()
    (out / "done" / "face").touch()
    retrain(Retraining(made_data, out, pretrained, jobs=1, quick=True))
    return out


@pytest.fixture
def run(retrained: Path, tmp_path: Path) -> ReleasePaths:
    """A copy of that folder without what the voice was made of; a test may change it."""
    left = shutil.ignore_patterns("states", "front.onnx")
    return ReleasePaths.of_run(Path(shutil.copytree(retrained, tmp_path / "run", ignore=left)))
