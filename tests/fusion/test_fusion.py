from __future__ import annotations

import numpy as np
import pytest

from mien.errors import UsageError
from mien.fusion.fit_log_pool import fit_log_pool, simplex, temperature
from mien.fusion.log_pool import LogPool, softmax

POOL = LogPool({"face": 0.75, "voice": 0.25}, {"face": 1.0, "voice": 2.0, "face+voice": 1.0})


def test_a_weighted_geometric_mean_worked_out_by_hand() -> None:
    face, voice = np.log([0.8, 0.2]), np.log([0.2, 0.8])
    both = POOL({"face": face, "voice": voice})
    # (4 ** .75) * (.25 ** .25) = 2 to 1
    assert both == pytest.approx([2 / 3, 1 / 3])


def test_an_absent_branch_takes_no_part() -> None:
    voice = np.log([0.2, 0.8])
    alone = POOL({"face": None, "voice": voice})
    assert alone == pytest.approx([1 / 3, 2 / 3])  # temperature 2: square roots, 1 to 2
    assert POOL({"face": None, "voice": None}) is None
    assert POOL.shares({"face": None, "voice": voice}) == {"face": 0.0, "voice": 1.0}
    assert POOL.shares({"face": None, "voice": None}) == {"face": 0.0, "voice": 0.0}


def test_inputs_are_not_changed() -> None:
    face = np.log([0.8, 0.2])
    before = face.copy()
    POOL({"face": face, "voice": None})
    np.testing.assert_array_equal(face, before)


def test_the_temperature_that_made_the_labels_is_found() -> None:
    draw = np.random.default_rng(0)
    scores = draw.normal(size=(20_000, 7)) * 2
    true = softmax(scores / 3)
    labels = np.array([draw.choice(7, p=p) for p in true])
    assert temperature(scores, labels) == pytest.approx(3, rel=0.1)


def test_the_better_branch_gets_more_weight_but_less_than_all() -> None:
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 7, 500)
    exact = np.eye(7)[labels]
    good = np.log(softmax(exact * 3 + draw.normal(size=(500, 7))))
    bad = np.log(softmax(exact * 0.3 + draw.normal(size=(500, 7))))
    pool = fit_log_pool({"face": good, "voice": bad}, labels)
    assert 0.55 < pool.weights["face"] <= 0.75
    assert sum(pool.weights.values()) == pytest.approx(1)
    assert set(pool.temperatures) == {"face", "voice", "face+voice"}


def test_weights_of_three_branches_sum_to_one_and_favour_the_best() -> None:
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 4, 400)
    exact = np.eye(4)[labels]
    parts = {
        name: np.log(softmax(exact * strength + draw.normal(size=(400, 4))))
        for name, strength in (("face", 3.0), ("voice", 1.0), ("scene", 0.1))
    }
    parts["voice"][:50] = np.nan  # absent from some clips
    pool = fit_log_pool(parts, labels, shrink=0.0)
    assert sum(pool.weights.values()) == pytest.approx(1)
    assert pool.weights["face"] > pool.weights["voice"] > pool.weights["scene"]
    assert len(pool.temperatures) == 7  # every set of branches has its own
    assert pool({name: rows[0] for name, rows in parts.items() if name != "voice"}) is not None


def test_a_branch_that_no_clip_has_is_refused() -> None:
    rows = np.zeros((5, 3))
    with pytest.raises(UsageError, match="'voice' is absent from every clip"):
        fit_log_pool({"face": rows, "voice": rows * np.nan}, np.array([0, 1, 2, 0, 1]))


def test_the_grid_of_weights_covers_the_simplex() -> None:
    grid = simplex(3, 10)
    assert len(grid) == 36  # 9 choose 2
    assert np.allclose(grid.sum(1), 1)
    assert grid.min() == pytest.approx(0.1)


def test_scores_of_any_size_have_probabilities() -> None:
    np.testing.assert_allclose(softmax(np.array([1000.0, 999.0])), softmax(np.array([1.0, 0.0])))
    assert softmax(np.array([[0.0, -1e9]])).tolist() == [[1.0, 0.0]]


def test_a_branch_of_no_weight_alone_has_no_share() -> None:
    pool = LogPool({"face": 1.0, "voice": 0.0}, {"voice": 1.0})
    voice = np.log([0.2, 0.8])
    assert pool.shares({"face": None, "voice": voice}) == {"face": 0.0, "voice": 0.0}
    assert pool({"face": None, "voice": voice}) == pytest.approx([0.5, 0.5])  # nothing is known
