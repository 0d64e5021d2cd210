from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.errors import UsageError
from mien.fusion.branch_scores import BranchScores
from mien.fusion.log_opinion import LogOpinion
from mien.fusion.maximum import Maximum
from mien.fusion.mean import Mean
from mien.fusion.score_tree import ScoreTree
from mien.fusion.weighted_mean import WeightedMean
from mien.training.experiment.joint import alone, fit_joint, main_system, read_joint
from mien.training.recipes.declaration import Branch, Joined, Recipe, Svm
from mien.training.schedules import OptimConfig

BRANCH = Branch("voice", "is10", Svm())
N, C = 60, 3


def recipe(**fusions: Joined) -> Recipe:
    return Recipe("r", "", {"a": BRANCH, "b": BRANCH, "c": BRANCH}, fusions)


def parts(seed: int = 0) -> tuple[dict[str, BranchScores], np.ndarray]:
    """Branch a is right and unsure, b is right and sure half of the time, c knows nothing."""
    draw, labels = np.random.default_rng(seed), np.arange(N) % C
    result = {}
    for name, strength in (("a", 1.0), ("b", 3.0), ("c", 0.0)):
        scores = draw.normal(size=(N, C))
        knows = np.ones(N, bool) if name != "b" else draw.random(N) < 0.5
        scores[np.arange(N), labels] += strength * knows
        rows = scores - np.log(np.exp(scores).sum(1, keepdims=True))
        rows[:5] = np.nan if name == "b" else rows[:5]
        result[name] = BranchScores.of(rows, scores if name == "a" else None)
    return result, labels


def test_each_branch_and_each_fusion_is_a_system(tmp_path: Path) -> None:
    said, labels = parts()
    joined = recipe(
        pool=Joined(LogOpinion()),
        best=Joined(Maximum(), ("a", "b")),
        weighted=Joined(WeightedMean(0.25)),
    )
    joint = fit_joint(joined, said, labels, labels * 0 + np.arange(N) % 2, 0, tmp_path)
    systems = joint.systems(said)
    assert list(systems) == ["a", "b", "c", "pool", "best", "weighted"]
    assert np.isnan(systems["b"][:5]).all()
    assert not np.isnan(systems["best"]).any()  # a answers where b is absent
    right = {
        name: (np.nan_to_num(rows).argmax(1) == labels).mean() for name, rows in systems.items()
    }
    assert right["pool"] >= right["a"] > 0.5
    for rows in systems.values():
        there = ~np.isnan(rows[:, 0])
        np.testing.assert_allclose(np.exp(rows[there]).sum(1), 1, atol=1e-4)


def test_what_was_fitted_is_read_back(tmp_path: Path) -> None:
    said, labels = parts()
    joined = recipe(
        mean=Joined(Mean()), tree=Joined(ScoreTree(training=OptimConfig(epochs=1, steps=2)))
    )
    joint = fit_joint(joined, said, labels, np.arange(N) % 2, 0, tmp_path)
    again = read_joint(tmp_path)
    for name, rows in joint.systems(said).items():
        np.testing.assert_allclose(again.systems(said)[name], rows, atol=1e-5)


def test_fusions_of_descriptors_are_calibrated_on_what_they_are_given(tmp_path: Path) -> None:
    """Held-out answers that are sure and wrong make the temperature rise."""
    said, labels = parts()
    joined = recipe(tree=Joined(ScoreTree(training=OptimConfig(epochs=1, steps=2))))
    wrong = np.full((N, C), 0.01)
    wrong[np.arange(N), (labels + 1) % C] = 0.98
    asked = []

    def held(name: str) -> np.ndarray:
        asked.append(name)
        return wrong

    joint = fit_joint(joined, said, labels, None, 0, tmp_path, held)
    assert asked == ["tree"]
    assert joint.fused["tree"].temperature > 10


def test_a_branch_that_is_absent_from_every_clip_is_left_out(tmp_path: Path) -> None:
    said, labels = parts()
    said["c"] = BranchScores.of(np.full((N, C), np.nan))
    joint = fit_joint(recipe(mean=Joined(Mean())), said, labels, None, 0, tmp_path)
    assert joint.fused["mean"].branches == ("a", "b")
    nothing = {name: BranchScores.of(np.full((N, C), np.nan)) for name in said}
    with pytest.raises(UsageError, match="no clip has any of its branches"):
        fit_joint(recipe(mean=Joined(Mean())), nothing, labels, None, 0, tmp_path / "b")


def test_what_is_shipped(tmp_path: Path) -> None:
    assert main_system(recipe(first=Joined(Mean()), second=Joined(Maximum()))) == "first"
    single = Recipe("r", "", {"a": BRANCH})
    assert main_system(single) == "a"
    one = alone("a", 2.0, C)
    scores = np.log(np.array([0.7, 0.2, 0.1]))
    said = one({"a": (scores, None)})
    assert said == pytest.approx(np.exp(scores / 2) / np.exp(scores / 2).sum())
    assert one.save(tmp_path)["kind"] == "log_pool"
