from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.core.runtime import session
from mien.training.learners.clip_set import ClipSet
from mien.training.learners.linear import LinearHead, LinearLearner, fit_head
from mien.training.recipes.declaration import Linear
from mien.types import Features

CLASSES = 4


def clips(count: int, labels: tuple[int, ...] = (0, 1, 2)) -> ClipSet:
    """Clips whose mean tells label 0 from the others, and whose deviation tells 1 from 2."""
    draw = np.random.default_rng(5)
    wanted = np.array([labels[i % len(labels)] for i in range(count)])
    features = []
    for label in wanted:
        rows = draw.normal(0, 3 if label == 2 else 1, (30, 3)) + (2 if label == 0 else 0)
        valid = np.arange(30) < 25
        rows[~valid] = 1e6  # must not be looked at
        features.append(Features(rows.astype(np.float32), np.arange(30) / 10, valid))
    return ClipSet(tuple(map(str, range(count))), tuple(features), wanted, CLASSES)


def test_it_learns_from_means_and_from_deviations(tmp_path: Path) -> None:
    learner = LinearLearner(Linear(c=1.0), CLASSES, (3,))
    learner.train(clips(60), tmp_path, 0)
    data = clips(90)
    answers = [learner.predict(clip) for clip in data.features]
    right = [
        a is not None and a.mean.argmax() == y for a, y in zip(answers, data.labels, strict=True)
    ]
    assert np.mean(right) > 0.95
    assert all(a is not None and a.mean[3] < -10 for a in answers)  # a class that nobody showed
    assert all(a is not None and np.exp(a.mean).sum() == pytest.approx(1) for a in answers)


def test_a_clip_without_a_valid_row_is_absent(tmp_path: Path) -> None:
    learner = LinearLearner(Linear(), CLASSES, (3,))
    learner.train(clips(30), tmp_path, 0)
    nothing = Features(np.ones((4, 3), np.float32), np.arange(4.0), np.zeros(4, bool))
    assert learner.predict(nothing) is None


def test_what_is_kept_and_what_is_exported_say_the_same(tmp_path: Path) -> None:
    learner = LinearLearner(Linear(), CLASSES, (3,))
    learner.train(clips(60), tmp_path, 0)
    learner.save(tmp_path)
    other = LinearLearner(Linear(), CLASSES, (3,))
    other.load(tmp_path)
    clip = clips(1).features[0]
    one, two = learner.predict(clip), other.predict(clip)
    assert one is not None
    assert two is not None
    np.testing.assert_array_equal(one.mean, two.mean)
    exported = learner.export(tmp_path, "voice")
    assert exported.branch == {"head": "voice.onnx", "pooling": "statistics"}
    row = np.random.default_rng(0).normal(size=(2, 6)).astype(np.float32)
    (log_probs,) = session(tmp_path / "voice.onnx").run(None, {"rows": row})
    np.testing.assert_allclose(log_probs, learner.head(row), atol=1e-5)


@pytest.mark.parametrize("seen", [(2,), (0, 3)])
def test_one_or_two_classes_are_enough(seen: tuple[int, ...]) -> None:
    draw = np.random.default_rng(0)
    labels = np.resize(np.array(seen), 20)
    rows = draw.normal(size=(20, 4)) + labels[:, None]
    head = fit_head(rows, labels, CLASSES, 1.0, np.ones(20))
    said = head(rows)
    assert (said.argmax(1) == labels).mean() > 0.9
    assert set(np.unique(said.argmax(1))) <= set(seen)


def test_clips_weigh_as_they_are_told() -> None:
    draw = np.random.default_rng(1)
    rows, labels = draw.normal(size=(40, 2)), np.arange(40) % 2
    light, heavy = np.where(labels == 1, 0.1, 1.0), np.where(labels == 1, 10.0, 1.0)
    first, second = (
        fit_head(rows, labels, 2, 0.1, w)(rows).argmax(1).mean() for w in (light, heavy)
    )
    assert first < 0.2
    assert second > 0.8


def test_the_head_is_as_large_as_its_statistics() -> None:
    learner = LinearLearner(Linear(), CLASSES, (3,))
    assert isinstance(learner.head, LinearHead)
    assert learner.head.weights.shape == (6, CLASSES)
