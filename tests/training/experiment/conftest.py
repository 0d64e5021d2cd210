"""A small real run: stretches of the sample clip, a face and a voice branch, two folds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import mien
from mien.cli.train import train
from mien.data.manifest import Manifest, write_manifest
from mien.labels import EMOTIONS
from mien.types import Clip

RECIPE = """
from mien.training.recipes.declaration import Branch, Recipe, TrainingConfig, Svm, VoiceCnn
from mien.training.schedules import OptimConfig

SCHOOL = TrainingConfig(OptimConfig(epochs=1, steps=2, rate=1e-3), batch=4)
RECIPE = Recipe(
    name="small",
    summary="for tests",
    branches={
        "face": Branch("face", "face_embedding", Svm()),
        "voice": Branch("voice", "log_mel", VoiceCnn(SCHOOL, width=4, embedding=8)),
    },
    inner=2,
)
"""


def stretches(corpus: str = "mine", speakers: str = "abcd") -> Manifest:
    """Two clips of each speaker, 2.5 s long, one of each of two classes."""
    clips = [
        Clip(
            f"{corpus}-{speaker}-{label}",
            str(mien.sample()),
            start=0.5 * number + at,
            end=0.5 * number + at + 2.5,
            label=label,
            speaker=speaker,
            extra={"corpus": corpus},
        )
        for number, speaker in enumerate(speakers)
        for label, at in (("happy", 0.0), ("sad", 3.0))
    ]
    return Manifest(corpus, tuple(clips), EMOTIONS, Path())


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the manifest, the store and the run; not to be changed."""
    folder = tmp_path_factory.mktemp("lab")
    write_manifest(stretches(), folder / "clips.csv")
    (folder / "small.py").write_text(RECIPE)
    train(
        str(folder / "small.py"),
        data=folder / "clips.csv",
        out=folder / "run",
        folds="speaker:2",
        jobs=1,
    )
    return folder


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Path:
    """A copy of the run folder, which a test may change; manifest and store are shared."""
    return Path(shutil.copytree(trained / "run", tmp_path / "run"))
