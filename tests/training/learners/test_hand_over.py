"""Weights that go from one training to the next keep the preparation they were trained with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from mien.errors import UsageError
from mien.training.learners.clip_set import ClipSet
from mien.training.learners.encoder import EncoderLearner
from mien.training.learners.starts import check_starts
from mien.training.models.build import RowEncoder
from mien.training.models.sources import find
from mien.training.recipes.catalog import recipe
from mien.training.recipes.declaration import Branch, Recipe
from mien.training.recipes.networks import (
    C3d,
    CifarResnet,
    Encoder,
    Inception,
    Net,
    Resnet,
    TrainingConfig,
    Vgg,
)
from mien.training.schedules import OptimConfig
from mien.types import Features

SCHOOL = TrainingConfig(OptimConfig(epochs=1, steps=1), batch=2)
BACKBONES: dict[str, tuple[Net, str]] = {
    "vgg": (Vgg(width=1 / 32, size=32), "vgg_face"),
    "vgg19": (Vgg(19, width=1 / 32, size=32), "vgg19"),
    "resnet": (Resnet(width=1 / 16, size=32), "resnet50"),
    "cifar resnet": (CifarResnet(width=0.5), "resnet20"),
    "inception": (Inception(width=1 / 16, size=34), "bn_inception"),
    "inception v2": (Inception("v2", width=1 / 16, size=34), ""),
    "c3d": (C3d(width=1 / 32, size=16), "c3d"),
}
CLASSES = 3


def clips(shape: tuple[int, ...]) -> ClipSet:
    draw, rows = np.random.default_rng(0), []
    for _ in range(CLASSES):
        values: NDArray[np.generic] = draw.integers(0, 256, (16, *shape)).astype(np.uint8)
        if len(shape) == 2:
            values = draw.normal(40, 9, (16, *shape)).astype(np.float32)
        rows.append(Features(values, np.arange(16) / 25, np.ones(16, bool)))
    return ClipSet(("a", "b", "c"), tuple(rows), np.arange(CLASSES), CLASSES)


def declared(net: Net, **more: str) -> Encoder:
    return Encoder(net, SCHOOL, window=16 if isinstance(net, C3d) else 1, **more)  # type: ignore[arg-type]


def logits(net: RowEncoder, rows: NDArray[np.generic]) -> Tensor:
    with torch.no_grad():
        answer: tuple[Tensor, Tensor] = net.eval()(torch.from_numpy(rows))
        return answer[1]


def run_of(net: RowEncoder, folder: Path) -> Path:
    """A folder with the weights, as a run of one branch leaves them."""
    place = folder / "fits" / "faces-seed0-final"
    place.mkdir(parents=True)
    torch.save(net.state_dict(), place / "weights.pt")
    return folder


@pytest.mark.parametrize("name", BACKBONES)
def test_logits_are_the_same_before_and_after(name: str, tmp_path: Path) -> None:
    net, start = BACKBONES[name]
    data = clips((40, 40, 3))
    first = EncoderLearner(declared(net), CLASSES, (40, 40, 3))
    first.net.prepare(find(start).preparation if start else None)
    rows = np.concatenate(list(first._inputs(data.features[0])))
    run = run_of(first.net, tmp_path / "fer")
    second = EncoderLearner(declared(net, start=start, init=str(run)), CLASSES, (40, 40, 3))
    second._begin(data)
    torch.testing.assert_close(logits(second.net, rows), logits(first.net, rows))
    second.save(tmp_path)
    run.rename(tmp_path / "moved")  # what it started from need not be there later
    third = EncoderLearner(declared(net, start=start, init=str(run)), CLASSES, (40, 40, 3))
    third.load(tmp_path)
    torch.testing.assert_close(logits(third.net, rows), logits(first.net, rows))


def test_maps_keep_the_range_of_the_clips_that_were_learned_from(tmp_path: Path) -> None:
    net = Inception(width=1 / 16, size=34)
    first = EncoderLearner(declared(net), CLASSES, (34, 34))
    first._begin(clips((34, 34)))
    louder = clips((34, 34))
    for features in louder.features:
        features.values[:] = 5 * features.values
    run = run_of(first.net, tmp_path / "voices")
    second = EncoderLearner(declared(net, init=str(run)), CLASSES, (34, 34))
    second._begin(louder)
    rows = np.concatenate(list(first._inputs(louder.features[0])))
    torch.testing.assert_close(logits(second.net, rows), logits(first.net, rows))


@pytest.mark.parametrize(("start", "swapped"), [("c3d", True), ("", False)])
def test_weights_of_before_tell_the_order_by_their_mean(start: str, swapped: bool) -> None:
    given = RowEncoder(BACKBONES["c3d"][0], CLASSES, (40, 40, 3), start=start)
    weights = {k: v for k, v in given.state_dict().items() if k != "bgr"}
    other = EncoderLearner(declared(BACKBONES["c3d"][0]), CLASSES, (40, 40, 3))
    other.take(weights)
    assert other.net.swap is swapped
    rows = np.concatenate(list(other._inputs(clips((40, 40, 3)).features[0])))
    torch.testing.assert_close(logits(other.net, rows), logits(given, rows))


def test_public_weights_bring_their_preparation(tmp_path: Path) -> None:
    torch.save(RowEncoder(CifarResnet(), 10, (40, 40, 3)).net.state_dict(), tmp_path / "a.th")
    how = declared(CifarResnet(), start="resnet20", init=str(tmp_path / "a.th"))
    model = EncoderLearner(how, CLASSES, (40, 40, 3))
    model._begin(clips((40, 40, 3)))
    wanted = find("resnet20").preparation
    assert model.net.mean.flatten().tolist() == pytest.approx(wanted.mean)
    assert model.net.spread.flatten().tolist() == pytest.approx(wanted.std)


def test_a_run_without_such_an_encoder_is_refused(tmp_path: Path) -> None:
    run = run_of(RowEncoder(CifarResnet(), CLASSES, (40, 40, 3)), tmp_path / "other")
    model = EncoderLearner(declared(BACKBONES["vgg"][0], init=str(run)), CLASSES, (40, 40, 3))
    with pytest.raises(UsageError, match="holds no encoder of this form"):
        model._begin(clips((40, 40, 3)))


def test_starts_are_opened_without_training(tmp_path: Path) -> None:
    net = CifarResnet()
    torch.save(RowEncoder(net, 10, (40, 40, 3)).net.state_dict(), tmp_path / "a.th")
    (tmp_path / "b.th").write_bytes(b"no weights")
    one = {
        name: Branch("face", "faces", declared(net, start="resnet20", init=str(tmp_path / name)))
        for name in ("a.th", "b.th")
    }
    check_starts(Recipe("one", "", {"good": one["a.th"]}, {}, inner=0), CLASSES)
    both = Recipe("both", "", {"good": one["a.th"], "bad": one["b.th"]}, {}, inner=0)
    with pytest.raises(UsageError, match=r"branch 'bad': .*b.th: damaged"):
        check_starts(both, CLASSES)
    wide = Encoder(CifarResnet(width=2), SCHOOL, start="resnet20", init=str(tmp_path / "a.th"))
    other = Recipe("other", "", {"wide": Branch("face", "faces", wide)}, {}, inner=0)
    with pytest.raises(UsageError, match="of another shape"):
        check_starts(other, CLASSES)
    check_starts(recipe("msff"), CLASSES)  # starts from nothing: nothing to open
