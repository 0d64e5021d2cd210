from __future__ import annotations

import numpy as np

from mien.training.adapt.grouping import deal


def test_no_group_is_on_both_sides_and_every_clip_is_left_out_once() -> None:
    draw = np.random.default_rng(0)
    groups, labels = draw.choice(list("abcdefg"), 80), draw.integers(0, 4, 80)
    folds = deal(groups, labels, 5)
    assert len(folds) == 5
    assert sorted(np.concatenate(folds).tolist()) == list(range(80))
    for fold in folds:
        assert not set(groups[fold]) & set(np.delete(groups, fold))


def test_classes_are_spread_out() -> None:
    groups = np.array([f"{k}" for k in range(20)])
    labels = np.array([0, 1] * 10)
    for fold in deal(groups, labels, 5):
        assert sorted(labels[fold].tolist()) == [0, 0, 1, 1]


def test_two_people_make_two_folds_and_the_order_of_clips_does_not_matter() -> None:
    groups, labels = np.array(["a", "b", "a", "b"]), np.array([0, 1, 1, 0])
    assert [fold.tolist() for fold in deal(groups, labels, 5)] in (
        [[0, 2], [1, 3]],
        [[1, 3], [0, 2]],
    )
    turned = deal(groups[::-1], labels[::-1], 5)
    assert [set(groups[::-1][fold]) for fold in turned] == [{"a"}, {"b"}]
