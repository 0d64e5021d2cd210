"""A network, an extractor and a fusion of one's own: a file each, put beside mien's, and found."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mien.data.manifest import write_manifest
from mien.errors import BundleError
from mien.features.extractors import extractor, extractors
from mien.fusion.load import load_fusion
from mien.training import evaluate, train
from mien.training.backbones.backbone import backbone, backbones
from mien.training.recipes.declaration import from_plain, to_plain
from tests.training.experiment.conftest import stretches

pytest.importorskip("torch")

FILES = {
    "mien.training.backbones.tiny_net": '''
from dataclasses import dataclass

from mien.training.backbones.backbone import Backbone


@dataclass(frozen=True)
class TinyNet(Backbone):
    """Four filters."""

    size: int = 16

    def build(self, classes):
        from torch import nn

        filters = nn.Sequential(nn.Conv2d(3, 4, 3, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
        return nn.Sequential(filters.append(nn.Flatten()), nn.Linear(4, classes))

    def embed(self, net, x):
        return net[0](x)

    def classify(self, net, embedding):
        return net[1](embedding)
''',
    "mien.features.extractors.loudness": '''
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mien.features.extractors.code import code_version
from mien.features.extractors.passes import sound_of
from mien.types import Features


@dataclass(frozen=True)
class Loudness:
    """(T,1) float32: the level of each tenth of a second in dB."""

    name: ClassVar[str] = "loudness"
    modality: ClassVar[str] = "voice"
    kind: ClassVar[str] = "vectors"

    def settings(self):
        return {"code": code_version(__name__)}

    def extract(self, path, start, end):
        sound = sound_of(path, start, end)
        rows = sound.samples[: len(sound.samples) // 1600 * 1600].reshape(-1, 1600)
        power = np.maximum(np.mean(rows**2, axis=1, keepdims=True), 1e-10)
        times = sound.start + 0.1 * (np.arange(len(rows)) + 0.5)
        return Features((10 * np.log10(power)).astype(np.float32), times, np.ones(len(rows), bool))
''',
    "mien.fusion.middle_of_all": '''
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mien.fusion.fuser import Fused, Fusion


@dataclass(frozen=True)
class MiddleOfAll(Fusion):
    """The median of the branches' probabilities."""

    def _fitted(self, data):
        return FusedMiddle(data.stack.branches, data.classes)


@dataclass(frozen=True)
class FusedMiddle(Fused):
    kind: ClassVar[str] = "middle_of_all"

    def _scores(self, stack):
        present = np.where(stack.present[..., None], stack.probabilities, np.nan)
        middle = np.nanmedian(present, axis=1)
        return middle / middle.sum(1, keepdims=True)
''',
}

RECIPE = """
from mien.fusion.middle_of_all import MiddleOfAll
from mien.training.backbones.tiny_net import TinyNet
from mien.training.recipes.declaration import Branch, Encoder, Joined, Linear, Recipe
from mien.training.recipes.declaration import TrainingConfig
from mien.training.schedules import OptimConfig

SCHOOL = TrainingConfig(OptimConfig(epochs=1, steps=2, rate=1e-3), batch=8)
RECIPE = Recipe(
    name="own",
    summary="for tests",
    branches={
        "face": Branch("face", "faces", Encoder(TinyNet(), SCHOOL)),
        "voice": Branch("voice", "loudness", Linear()),
    },
    fusions={"middle": Joined(MiddleOfAll())},
    inner=2,
)
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder whose files are looked for like those of the packages."""
    for module, text in FILES.items():
        package, _, name = module.rpartition(".")
        (tmp_path / package).mkdir()
        (tmp_path / package / f"{name}.py").write_text(text)
        home = importlib.import_module(package)
        monkeypatch.setattr(home, "__path__", [*home.__path__, str(tmp_path / package)])
    for known in ("mien.training.backbones.backbone", "mien.fusion.fuser"):
        registry = importlib.import_module(known)._KNOWN
        monkeypatch.setattr(importlib.import_module(known), "_KNOWN", dict(registry))
    importlib.invalidate_caches()
    yield tmp_path
    for module in FILES:
        sys.modules.pop(module, None)


def test_each_is_found_by_its_name(own: Path) -> None:
    assert "loudness" in extractors()
    assert extractor("loudness").name == "loudness"
    assert {"TinyNet", "Vgg"} <= set(backbones())
    network = backbone("TinyNet")
    assert network is not None
    assert network().small(1 / 8, 48).size == 16
    plain = {"kind": "middle_of_all", "branches": ["face", "voice"], "classes": 3}
    assert load_fusion(plain, own).kind == "middle_of_all"


def test_without_the_files_there_are_none(tmp_path: Path) -> None:
    assert "loudness" not in extractors()
    assert backbone("TinyNet") is None
    with pytest.raises(BundleError, match="fusion 'middle_of_all' is unknown"):
        load_fusion({"kind": "middle_of_all"}, tmp_path)


@pytest.mark.slow
def test_a_recipe_of_all_three_is_trained_and_reported_on(own: Path) -> None:
    write_manifest(stretches(), own / "clips.csv")
    (own / "own.py").write_text(RECIPE)
    run = train(str(own / "own.py"), own / "clips.csv", own / "run", folds="speaker:2", jobs=1)
    assert {system.name for system in evaluate(run).systems} == {"face", "voice", "middle"}
    recipe = from_plain(json.loads((run / "run.json").read_text())["recipe"])
    assert to_plain(recipe)["branches"]["face"]["model"]["net"]["kind"] == "TinyNet"
