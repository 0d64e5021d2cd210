from __future__ import annotations

import numpy as np
import pytest

from mien.fusion.log_pool import softmax
from mien.training.adapt.logistic import fit_logistic


def test_from_nothing_it_is_scikit_learns_regression() -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    draw = np.random.default_rng(0)
    rows, labels = draw.normal(size=(50, 8)), draw.integers(0, 3, 50)
    weights, bias = fit_logistic(np.zeros((50, 3)), rows, labels, 2.0, 50.0)
    theirs = linear_model.LogisticRegression(C=4 / 8, tol=1e-8, max_iter=2000).fit(rows, labels)
    ours = softmax(rows @ weights + bias)
    np.testing.assert_allclose(ours, theirs.predict_proba(rows), atol=2e-3)


def test_the_end_is_where_labels_and_priors_balance() -> None:
    """The slope of the likelihood is the weights over their variance."""
    draw = np.random.default_rng(1)
    rows, labels, start = (
        draw.normal(size=(30, 5)),
        draw.integers(0, 4, 30),
        draw.normal(size=(30, 4)),
    )
    weights, bias = fit_logistic(start, rows, labels, 1.5, 0.7)
    missing = np.eye(4)[labels] - softmax(start + rows @ weights + bias)
    np.testing.assert_allclose(rows.T @ missing, weights / (1.5**2 / 5), atol=5e-3)
    np.testing.assert_allclose(missing.sum(0), bias / 0.7**2, atol=5e-3)


def test_a_bias_alone_needs_no_columns() -> None:
    labels = np.array([0] * 30 + [1] * 10)
    weights, bias = fit_logistic(np.zeros((40, 2)), np.zeros((40, 0)), labels, 1.0, 100.0)
    assert weights.shape == (0, 2)
    np.testing.assert_allclose(softmax(bias), [0.75, 0.25], atol=1e-3)


def test_few_labels_change_little() -> None:
    start = np.tile(np.log([[0.7, 0.2, 0.1]]), (40, 1))
    changes = []
    for count in (1, 5, 40):
        labels = np.full(count, 2)
        _, bias = fit_logistic(start[:count], np.zeros((count, 0)), labels, 1.0, 1.0)
        changes.append(float(bias[2] - bias[0]))
    assert 0 < changes[0] < changes[1] < changes[2]
    assert changes[0] < 1.5
