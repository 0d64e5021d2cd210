from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.errors import UsageError
from mien.fusion.branch_scores import BranchScores
from mien.fusion.weighted_mean import FusedWeightedMean, WeightedMean, grid

from .clips import CLASSES, made, spoken


def weights_for(fusion: WeightedMean, path: Path, labels: list[int], **rows: object) -> dict:
    parts = {name: spoken(*given) for name, given in rows.items()}  # type: ignore[misc]
    fused = fusion.fit(parts, np.array(labels), 2, 0, path)
    assert isinstance(fused, FusedWeightedMean)
    return dict(fused.weights)


def test_the_grid_covers_the_simplex_with_its_corners() -> None:
    assert grid(2, 2).tolist() == [[2, 0], [1, 1], [0, 2]]
    assert grid(1, 20).tolist() == [[20]]
    assert len(grid(5, 20)) == 10626  # 24 choose 4
    assert (grid(4, 20).sum(1) == 20).all()
    with pytest.raises(UsageError, match="take a larger weighted_mean"):
        grid(10, 20)


def test_two_million_ways_are_possible_and_not_one_more() -> None:
    assert len(grid(2, 1_999_999)) == 2_000_000
    with pytest.raises(UsageError, match="over 2,000,000 points"):
        grid(2, 2_000_000)
    assert len(grid(3, 100)) == 5151  # 102 choose 2


def test_the_weights_of_paper_004_lie_on_a_grid_of_42_parts_and_not_of_20() -> None:
    printed = np.array([0.6190, 0.0239, 0.0476, 0.3095])
    nearest = [grid(4, parts) / parts for parts in (42, 20)]
    gaps = [np.abs(points - printed).max(1) for points in nearest]
    assert gaps[0].min() < 1.1e-4
    assert (nearest[0][gaps[0].argmin()] * 42).round().tolist() == [26, 1, 2, 13]
    assert gaps[1].min() > 0.01


def test_weights_sum_to_one_and_favour_the_right_branch(tmp_path: Path) -> None:
    parts, labels = made(300, seed=0)
    fused = WeightedMean().fit(parts, labels, CLASSES, 0, tmp_path)
    assert isinstance(fused, FusedWeightedMean)
    assert sum(fused.weights.values()) == pytest.approx(1)
    assert fused.weights["face"] > fused.weights["voice"] >= fused.weights["scene"]
    assert all(round(w * 20, 9) % 1 == 0 for w in fused.weights.values())


def test_of_equal_weights_the_fewest_branches_then_the_evenest_win(tmp_path: Path) -> None:
    good, bad = [[0.9, 0.1], [0.1, 0.9]], [[0.4, 0.6], [0.6, 0.4]]
    alone = weights_for(WeightedMean(), tmp_path, [0, 1], a=bad, b=good)
    assert alone == {"a": 0, "b": 1}  # no gain from a, so it is left out
    # Each alone is right on two of three clips; together, on all three.
    first, second = [[0.9, 0.1], [0.6, 0.4], [0.45, 0.55]], [[0.2, 0.8], [0.1, 0.9], [0.1, 0.9]]
    both = weights_for(WeightedMean(), tmp_path, [0, 1, 1], a=first, b=second)
    assert both == {"a": 0.5, "b": 0.5}  # out of 3/7 to 4/5, in which all are right


def test_steps_of_one_choose_a_single_branch(tmp_path: Path) -> None:
    """Of the wrong and surer a and the right b, b; of two that need each other, the first."""
    sure, right = [[0.1, 0.9], [0.9, 0.1]], [[0.6, 0.4], [0.4, 0.6]]
    one = weights_for(WeightedMean(step=1.0), tmp_path, [0, 1], a=sure, b=right)
    assert one == {"a": 0, "b": 1}
    first, second = [[0.9, 0.1], [0.6, 0.4], [0.4, 0.6]], [[0.2, 0.8], [0.1, 0.9], [0.1, 0.9]]
    one = weights_for(WeightedMean(step=1.0), tmp_path, [0, 1, 1], a=first, b=second)
    assert one == {"a": 1, "b": 0}


def test_nearest_to_equal_goes_by_squares(tmp_path: Path) -> None:
    """(8,3,3)/14 and not (7,6,1)/14, although the sums of cubes are 566 and 560."""
    across = np.cross([8, 3, 3], [7, 6, 1])  # zero for these two, a whole number for all others
    leads = [across + 0.5 / 14, 0.5 / 14 - across, np.array([0, 1, 0]) - 1.5 / 14]
    surer = np.array(leads) / 28  # by how much each branch is surer of the right class
    parts = {
        name: BranchScores.of(np.log((1 + surer[:, [b]] * [-1, 1]) / 2))
        for b, name in enumerate("abc")
    }
    fused = WeightedMean(step=1 / 14).fit(parts, np.ones(3, int), 2, 0, tmp_path)
    assert isinstance(fused, FusedWeightedMean)
    assert fused.weights == pytest.approx({"a": 8 / 14, "b": 3 / 14, "c": 3 / 14})


def test_clips_that_lack_the_weighted_branches_count_by_the_others(tmp_path: Path) -> None:
    """Without a, b answers alone, also where it has no weight."""
    a, b = [[0.9, 0.1], []], [[0.2, 0.8], [0.2, 0.8]]
    assert weights_for(WeightedMean(), tmp_path, [0, 1], a=a, b=b) == {"a": 1, "b": 0}


@pytest.mark.parametrize("seed", range(4))
def test_no_weights_of_the_grid_do_better(tmp_path: Path, seed: int) -> None:
    """By clips right, then by branches with a weight, then by the distance to equal weights."""
    draw = np.random.default_rng(seed)
    said, labels = draw.dirichlet([1, 1, 1], (4, 12)), draw.integers(0, 3, 12)
    parts = {name: BranchScores.of(np.log(p)) for name, p in zip("abcd", said, strict=True)}

    def worth(weights: np.ndarray) -> tuple[int, int, float]:
        fused = FusedWeightedMean(tuple("abcd"), 3, dict(zip("abcd", weights, strict=True)))
        right = int((fused.batch(parts).argmax(1) == labels).sum())
        distance = float(np.linalg.norm(weights - weights.mean()))
        return -right, int((weights > 0).sum()), round(distance, 9)

    fused = WeightedMean(step=0.1).fit(parts, labels, 3, 0, tmp_path)
    assert isinstance(fused, FusedWeightedMean)
    chosen = np.array(list(fused.weights.values()))
    assert worth(chosen) == min(worth(weights / 10) for weights in grid(4, 10))


def test_where_branches_are_absent_the_others_share() -> None:
    fused = FusedWeightedMean(("a", "b", "c"), 2, {"a": 0.75, "b": 0.25, "c": 0.0})
    said = fused.batch(
        {
            "a": spoken([0.8, 0.2], [], []),
            "b": spoken([0.4, 0.6], [0.4, 0.6], []),
            "c": spoken([0.0, 1.0], [0.0, 1.0], [0.3, 0.7]),
        }
    )
    np.testing.assert_allclose(said, [[0.7, 0.3], [0.4, 0.6], [0.3, 0.7]], atol=1e-8)


def test_bad_numbers_are_refused() -> None:
    with pytest.raises(UsageError, match="one over a whole number"):
        WeightedMean(step=0.3)
    for step in (0.0, -0.05, 1.5, 2.0, np.inf, np.nan):
        with pytest.raises(UsageError, match="one over a whole number"):
            WeightedMean(step=step)
    assert WeightedMean(step=1.0).step == 1
    for weights in ({"a": 0.5, "b": 0.6}, {"a": 1.5, "b": -0.5}, {"a": 1.0}):
        with pytest.raises(UsageError, match="with a sum of 1"):
            FusedWeightedMean(("a", "b"), 2, weights)
