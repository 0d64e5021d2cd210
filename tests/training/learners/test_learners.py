"""Contract of all learners: they learn, repeat by seed, survive a save, and export themselves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.core.runtime import session
from mien.training.learners.clip_set import ClipSet
from mien.training.learners.learner import Learner, learner
from mien.training.recipes.declaration import (
    AdaBoost,
    Attention,
    Branch,
    Forest,
    Lda,
    Model,
    Recipe,
    Recurrent,
    Statistics,
    Svm,
    TrainingConfig,
    VoiceCnn,
)
from mien.training.schedules import OptimConfig
from mien.types import Features

SCHOOL = TrainingConfig(
    OptimConfig(epochs=6, steps=20, optimiser="adamw", rate=5e-3, average=0.9, warmup=0.1), batch=16
)
MODELS: dict[str, tuple[Model, tuple[int, ...], bool]] = {
    "statistics": (Statistics(SCHOOL, hidden=8), (6,), False),
    "attention": (Attention(SCHOOL), (6,), False),
    "lstm": (Recurrent(SCHOOL, hidden=8, bidirectional=True, last=False), (6,), False),
    "lstm, last state": (Recurrent(SCHOOL, hidden=8, dropout=0.3), (6,), False),
    "voice": (VoiceCnn(replace(SCHOOL, mixup=0.2), width=4, embedding=16), (40, 64), False),
    "svm": (Svm(c=10.0), (6,), True),
    "svm, balanced and linear": (Svm(kernel="linear", balanced=True), (6,), True),
    "svm on raw values": (Svm(kernel="linear", standardise=False), (6,), True),
    "forest": (Forest(trees=30), (6,), True),
    "boosting": (AdaBoost(rounds=20), (6,), True),
    "discriminant": (Lda(), (6,), True),
}


def clips(shape: tuple[int, ...], single: bool, seen: tuple[int, ...] = (0, 1, 3)) -> ClipSet:
    """Clips of three of four classes whose rows differ in level, each of its own length."""
    draw = np.random.default_rng(0)
    labels = np.array([seen[i % len(seen)] for i in range(45)])
    features = []
    for label in labels:
        count = 1 if single else int(draw.integers(3, 9))
        rows = draw.normal(size=(count, *shape)) * 0.5
        rows[..., 0] += 2.0 * label
        rows[..., 1] -= 1.0 * label
        valid = np.ones(count, bool)
        features.append(Features(rows.astype(np.float32), np.arange(count) / 5, valid))
    return ClipSet(tuple(str(i) for i in range(45)), tuple(features), labels, 4)


def made(declared: Model, shape: tuple[int, ...]) -> Learner:
    recipe = Recipe("one", "", {"voice": Branch("voice", "is10", declared)})
    return learner(recipe, "voice", 4, shape)


def log_probs(model: Learner, features: Features) -> NDArray[np.float64] | None:
    said = model.predict(features)
    return None if said is None else said.mean


def accuracy(model: Learner, data: ClipSet) -> float:
    said = [log_probs(model, f) for f in data.features]
    assert all(s is not None and np.isfinite(s).all() and s.shape == (4,) for s in said)
    return float(np.mean([int(np.argmax(s)) for s in said if s is not None] == data.labels))


@pytest.mark.parametrize("name", MODELS)
def test_it_learns_saves_and_exports(name: str, tmp_path: Path) -> None:
    declared, shape, single = MODELS[name]
    data = clips(shape, single)
    model = made(declared, shape)
    model.train(data, tmp_path / "fit", seed=0)
    assert accuracy(model, data) > 0.7
    (tmp_path / "kept").mkdir()
    model.save(tmp_path / "kept")
    again = made(declared, shape)
    again.load(tmp_path / "kept")
    parts = again.export(tmp_path, "voice")
    run = session(tmp_path / "voice.onnx")
    for features in data.features[:9]:
        mine, theirs = log_probs(model, features), log_probs(again, features)
        assert mine is not None
        assert theirs is not None
        np.testing.assert_array_equal(mine, theirs)
        rows = features.values if parts.stream or single else features.values[None]
        onnx = run.run(["log_probs"], {"rows": rows})[0].mean(0)
        np.testing.assert_allclose(onnx, mine, atol=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_a_seed_repeats_and_inputs_stay_as_they_were(name: str, tmp_path: Path) -> None:
    declared, shape, single = MODELS[name]
    data = clips(shape, single)
    before = [f.values.copy() for f in data.features]
    said = []
    for run in ("1", "2"):
        model = made(declared, shape)
        model.train(data, tmp_path / run, seed=3)
        said.append(log_probs(model, data.features[0]))
    np.testing.assert_array_equal(said[0], said[1])
    for features, values in zip(data.features, before, strict=True):
        np.testing.assert_array_equal(features.values, values)


@pytest.mark.parametrize("name", ["statistics", "attention", "lstm", "svm"])
def test_rows_that_are_not_valid_change_nothing(name: str, tmp_path: Path) -> None:
    declared, shape, single = MODELS[name]
    data = clips(shape, single)
    model = made(declared, shape)
    model.train(data, tmp_path, seed=0)
    one = data.features[0]
    more = Features(
        np.concatenate([one.values, np.full((2, *shape), 99, np.float32)]),
        np.concatenate([one.times, one.times[-1] + [0.2, 0.4]]),
        np.concatenate([one.valid, [False, False]]),
    )
    np.testing.assert_allclose(log_probs(model, more), log_probs(model, one))
    none = Features(one.values[:0], one.times[:0], one.valid[:0])
    assert model.predict(none) is None


def test_two_classes_are_enough_for_every_classical_model(tmp_path: Path) -> None:
    for name in ("svm", "forest", "boosting", "discriminant"):
        declared, shape, single = MODELS[name]
        data = clips(shape, single, seen=(0, 3))
        model = made(declared, shape)
        model.train(data, tmp_path / name, seed=0)
        assert accuracy(model, data) > 0.9
        model.export(tmp_path, name)
        said = session(tmp_path / f"{name}.onnx").run(None, {"rows": data.features[1].values})
        assert said[0].argmax() == 3


def test_a_tie_of_an_svm_may_go_either_way() -> None:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer
    from sklearn.svm import SVC

    from mien.training.learners.classical import _clear

    x = np.array([[-2, 0], [-1, 0], [1, 0], [2, 0]], np.float32)
    machine = make_pipeline(FunctionTransformer(), SVC(kernel="linear")).fit(x, [0, 0, 1, 1])
    points = np.array([[-2, 0], [0, 5], [2, 0]], np.float32)
    assert _clear(machine, points).tolist() == [True, False, True]
