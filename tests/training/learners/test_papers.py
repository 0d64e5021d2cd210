from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mien.core.runtime import session
from mien.errors import TrainingError, UsageError
from mien.features.samplers import FrameSampler
from mien.training.learners.clip_set import ClipSet
from mien.training.learners.encoder import EncoderLearner, window_weights
from mien.training.learners.mlp import MlpLearner, components
from mien.training.learners.recurrent import RecurrentLearner
from mien.training.learners.staged import Staged
from mien.training.recipes.networks import (
    C3d,
    Changes,
    CifarResnet,
    Encoder,
    Inception,
    Mlp,
    Net,
    Recurrent,
    Resnet,
    TrainingConfig,
    Vgg,
    Weighting,
)
from mien.training.schedules import OptimConfig
from mien.types import Features

FIT = OptimConfig(epochs=5, steps=20, optimiser="adam", rate=2e-3, average=0.0)
SCHOOL = TrainingConfig(FIT, batch=8, smoothing=0.0, drop_rows=0.0)
HEAD = replace(SCHOOL, fit=replace(FIT, epochs=8, rate=1e-2))
NETS: dict[str, Net] = {
    "vgg": Vgg(width=1 / 16, size=32, batch_norm=True, dropout=(0.1, 0.1)),
    "resnet": Resnet(width=1 / 16, size=32),
    "cifar": CifarResnet(width=0.5, grid=4),
    "inception": Inception(width=1 / 16, size=32),
    "c3d": C3d(width=1 / 16, size=16, batch_norm=True, dropout=0.1),
}


def clips(colour: bool = True, count: int = 12, length: int = 20) -> ClipSet:
    """Dark clips of one class, bright ones of the other, with a face's worth of noise."""
    draw, features = np.random.default_rng(0), []
    labels = np.arange(count) % 2
    for label in labels:
        shape = (length, 36, 36, 3) if colour else (length, 36, 36)
        values = draw.integers(0, 100, shape) + 120 * label
        times = np.arange(length) / 10
        features.append(Features(values.astype(np.uint8), times, np.ones(length, bool)))
    ids = tuple(f"clip{i}" for i in range(count))
    speakers = tuple(f"s{i % 4}" for i in range(count))
    return ClipSet(ids, tuple(features), labels, 2, speakers)


def declared(name: str) -> Encoder:
    window = 16 if name == "c3d" else 1
    return Encoder(NETS[name], SCHOOL, Changes(flip=True), window=window, overlap=window // 2)


def right(model: Staged, data: ClipSet) -> float:
    found = [model.predict(f) for f in data.features]
    assert all(said is not None for said in found)
    return float(np.mean([s.mean.argmax() for s in found if s is not None] == data.labels))


@pytest.mark.parametrize("name", NETS)
def test_encoders_learn_and_their_files_say_the_same(name: str, tmp_path: Path) -> None:
    data = clips()
    model = EncoderLearner(declared(name), 2, (36, 36, 3))
    model.train(data, tmp_path, 0)
    assert right(model, data) == 1
    model.save(tmp_path)
    again = EncoderLearner(declared(name), 2, (36, 36, 3))
    again.load(tmp_path)
    rows, times = model.rows(data.features[0])
    np.testing.assert_allclose(again.rows(data.features[0])[0], rows, atol=1e-6)
    said = model.export(tmp_path, "eye")
    run = session(tmp_path / str(said.stream["encoder"]))
    inputs = np.concatenate(list(model._inputs(data.features[0])))
    found = np.concatenate(run.run(["embedding", "log_probs"], {"rows": inputs}), axis=1)
    np.testing.assert_allclose(found[:, -2:], rows[:, -2:], atol=1e-4, rtol=1e-3)
    np.testing.assert_allclose(found, rows, atol=1e-2, rtol=1e-2)
    assert len(times) == len(rows) == (2 if name == "c3d" else 20)


def test_a_head_on_an_encoder_frozen_and_end_to_end(tmp_path: Path) -> None:
    data = clips(colour=False)
    base = EncoderLearner(declared("vgg"), 2, (36, 36))
    base.train(data, tmp_path / "base", 0)
    before = base.net.net.state_dict()["features.0.weight"].clone()
    for together in (None, replace(SCHOOL, fit=replace(FIT, rate=5e-4))):
        how = Recurrent(
            SCHOOL,
            on="vgg",
            sampler=FrameSampler("gap", 4, step=0.2),
            repeat=True,
            hidden=8,
            descriptor=16,
            end_to_end=together,
        )
        model = RecurrentLearner(how, 2, (36, 36), base)
        folder = tmp_path / str(together is None)
        model.train(data, folder, 0)
        after = base.net.net.state_dict()["features.0.weight"]
        assert bool((before == after).all()) == (together is None)
        assert right(model, data) == 1
        said = model.predict(data.features[0])
        assert said is not None
        assert said.descriptor is not None
        assert said.descriptor.shape == (16,)
        model.save(folder)
        fresh = EncoderLearner(declared("vgg"), 2, (36, 36))
        again = RecurrentLearner(how, 2, (36, 36), fresh)
        again.load(folder)
        other = again.predict(data.features[0])
        assert other is not None
        np.testing.assert_allclose(other.mean, said.mean, atol=1e-5)
        parts = model.export(folder, "head")
        assert set(parts.stream) == {"encoder"}
        run = session(folder / str(parts.branch["head"]))
        rows = model._rows(data.features[0])[0][None, :4]
        found = run.run(["log_probs"], {"rows": rows})[0][0]
        np.testing.assert_allclose(found, model._head(rows)[0], atol=1e-4)


def test_rows_of_an_extractor_are_standardised(tmp_path: Path) -> None:
    draw, features, labels = np.random.default_rng(1), [], np.arange(12) % 2
    for label in labels:
        values = draw.normal(1000 + 50 * label, 20, (9, 6)).astype(np.float32)
        features.append(Features(values, np.arange(9) / 20, np.ones(9, bool)))
    data = ClipSet(tuple(map(str, range(12))), tuple(features), labels, 2)
    model = RecurrentLearner(Recurrent(HEAD, hidden=8), 2, (6,))
    model.train(data, tmp_path, 0)
    assert right(model, data) == 1
    assert model.export(tmp_path, "voice").stream == {}


@pytest.mark.parametrize(("reduce", "kept"), [("none", 40), ("pca", 39), ("lda", 1)])
def test_perceptrons_reduce_to_what_there_can_be(reduce: str, kept: int, tmp_path: Path) -> None:
    draw, labels = np.random.default_rng(2), np.arange(60) % 2
    values = draw.normal(size=(60, 1, 40)).astype(np.float32)
    values[:, 0, :6] += 3 * labels[:, None]
    features = tuple(Features(v, np.zeros(1), np.ones(1, bool)) for v in values)
    data = ClipSet(tuple(map(str, range(60))), features, labels, 2)
    how = Mlp(HEAD, (7,), dropout=0.0, reduce=reduce, components=39)  # type: ignore[arg-type]
    model = MlpLearner(how, 2, (40,))
    model.train(data, tmp_path, 0)
    assert model.net.projection.shape == (40, kept)
    assert right(model, data) == 1
    model.save(tmp_path)
    again = MlpLearner(how, 2, (40,))
    again.load(tmp_path)
    said, other = model.predict(features[0]), again.predict(features[0])
    assert said is not None
    assert other is not None
    assert said.descriptor is not None
    assert said.descriptor.shape == (7,)
    np.testing.assert_allclose(other.mean, said.mean, atol=1e-6)
    head = model.export(tmp_path, "voice").branch["head"]
    found = session(tmp_path / str(head)).run(["log_probs"], {"rows": values[0]})[0][0]
    np.testing.assert_allclose(found, said.mean, atol=1e-4)


def test_rank_of_discriminants_and_components() -> None:
    assert components("lda", 512, 773, 1582, 7) == 6  # paper 003 wants 512
    assert components("pca", 512, 773, 1582, 7) == 512
    assert components("pca", 512, 100, 1582, 7) == 99


def test_windows_with_the_lower_loss_weigh_more() -> None:
    log_probs = np.log(np.array([0.2, 0.7, 0.1]))
    plain = window_weights(log_probs, 1.0)
    assert plain == pytest.approx(np.array([0.2, 0.7, 0.1]))  # exp(log p) is p itself
    assert window_weights(log_probs, 1e-3) == pytest.approx([0, 1, 0])
    assert window_weights(log_probs, 1e6) == pytest.approx([1 / 3] * 3, abs=1e-5)
    printed = window_weights(log_probs, 0.1, literal=True)
    assert printed.argmax() == 2  # the sign as printed prefers the worst


def test_weighted_windows_train(tmp_path: Path) -> None:
    how = replace(declared("c3d"), weighting=Weighting(after=1), pooling="max")
    model = EncoderLearner(how, 2, (36, 36, 3))
    data = clips(length=40)
    model.train(data, tmp_path, 0)
    assert right(model, data) == 1


def test_a_run_gives_its_weights_but_for_the_last_layer(tmp_path: Path) -> None:
    folder = tmp_path / "run" / "fits" / "face-seed0-final"
    folder.mkdir(parents=True)
    first = EncoderLearner(declared("vgg"), 5, (36, 36))
    first.save(folder)
    how = replace(declared("vgg"), init=str(tmp_path / "run"), schooling=_none())
    model = EncoderLearner(how, 2, (36, 36, 3))
    model.train(clips(), tmp_path, 0)
    mine, theirs = model.net.net.state_dict(), first.net.net.state_dict()
    np.testing.assert_allclose(mine["features.0.weight"], theirs["features.0.weight"], atol=1e-5)
    assert mine["classifier.6.weight"].shape == (2, 256)
    other = replace(how, net=Vgg(width=1 / 8, size=32))
    with pytest.raises(UsageError, match="holds no encoder of this form"):
        EncoderLearner(other, 2, (36, 36, 3)).train(clips(), tmp_path / "other", 0)


def _none() -> TrainingConfig:
    """One step that hardly moves."""
    return replace(SCHOOL, fit=replace(FIT, epochs=1, steps=1, rate=1e-9))


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(UsageError, match=r"needs 10\^8 weights"):
        CifarResnet(grid=0)
    with pytest.raises(UsageError, match="sees windows"):
        Encoder(C3d(), SCHOOL)
    with pytest.raises(UsageError, match="must be below the window"):
        Encoder(C3d(), SCHOOL, window=16, overlap=16)
    with pytest.raises(UsageError, match="needs `on`"):
        Recurrent(SCHOOL, end_to_end=SCHOOL)
    with pytest.raises(UsageError, match="needs pictures or square maps"):
        EncoderLearner(declared("vgg"), 2, (34,))


def test_random_windows_are_learned_from_and_the_middle_one_is_used(tmp_path: Path) -> None:
    """20 rows of one clip: five windows overlap by 15 in training, and rows 2 to 17 are used."""
    data = clips()
    model = EncoderLearner(replace(declared("c3d"), windows="random", overlap=15), 2, (36, 36, 3))
    features = data.features[0]
    assert len(model._places(features, training=True)) > 4
    (inputs,) = model._inputs(features)
    np.testing.assert_array_equal(inputs[0], features.values[2:18])
    assert len(inputs) == len(model._times(features)) == 1
    model.train(data, tmp_path, 0)
    assert right(model, data) == 1
    with pytest.raises(UsageError, match="weighting must be none"):
        replace(declared("c3d"), windows="random", weighting=Weighting())


def test_too_few_clips_for_discriminants_are_said(tmp_path: Path) -> None:
    draw = np.random.default_rng(3)
    values = draw.normal(size=(3, 1, 40)).astype(np.float32)
    features = tuple(Features(v, np.zeros(1), np.ones(1, bool)) for v in values)
    data = ClipSet(("a", "b", "c"), features, np.arange(3), 7)
    with pytest.raises(TrainingError, match="3 clips of 3 classes are too few"):
        MlpLearner(Mlp(SCHOOL, (4,), reduce="lda"), 7, (40,)).train(data, tmp_path, 0)
