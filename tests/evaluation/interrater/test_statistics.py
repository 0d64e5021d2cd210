"""Published worked examples, and the same by other implementations."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.evaluation.interrater import (
    absolute_icc,
    agreed,
    cohen_kappa,
    coincidences,
    confusion,
    draws,
    fleiss_kappa,
    icc_sums,
    interval,
    interval_alpha,
    nominal_alpha,
)

Values = NDArray[np.float64]

# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section C and D: 12 units
KRIPPENDORFF = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
# the example of Wikipedia's article "Krippendorff's alpha": three coders, 15 units
WIKIPEDIA = (
    ". . . . . 3 4 1 2 1 1 3 3 . 3",
    "1 . 2 1 3 3 4 3 . . . . . . .",
    ". . 2 1 3 4 4 . 2 1 1 3 3 . 4",
)
# Shrout & Fleiss (1979), table 2: six targets, four judges
JUDGES = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], float
).T
# Fleiss (1981), table 13.1: 100 patients, two diagnoses each
DIAGNOSES = np.array([[75, 1, 4], [5, 4, 1], [0, 0, 10]], float)


def ratings(rows: tuple[str, ...]) -> Values:
    return np.array([[np.nan if c == "." else float(c) for c in row.split()] for row in rows])


def columns(rows: tuple[str, ...]) -> NDArray[np.int64]:
    return np.nan_to_num(ratings(rows), nan=0).astype(np.int64) - 1


@pytest.mark.parametrize(
    ("rows", "nominal", "interval_level"),
    [(KRIPPENDORFF, 0.743, 0.849), (WIKIPEDIA, 0.691, 0.811)],
)
def test_alpha_of_the_published_examples(
    rows: tuple[str, ...], nominal: float, interval_level: float
) -> None:
    assert nominal_alpha(coincidences(columns(rows), 5)) == pytest.approx(nominal, abs=5e-4)
    assert interval_alpha(ratings(rows)) == pytest.approx(interval_level, abs=5e-4)


def test_icc_of_shrout_and_fleiss() -> None:
    assert absolute_icc(icc_sums(JUDGES)) == pytest.approx(0.29, abs=5e-3)


def test_kappa_of_fleiss_1981() -> None:
    """0.89 agreed, 0.66 by chance."""
    assert agreed(DIAGNOSES) == pytest.approx(0.89)
    assert cohen_kappa(DIAGNOSES) == pytest.approx((0.89 - 0.66) / (1 - 0.66))


def simulated(seed: int) -> Values:
    """(4,60) labels 0..6 of four raters who agree in part, with a quarter missing."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 7, 60)
    labels = np.where(random.random((4, 60)) < 0.6, truth, random.integers(0, 7, (4, 60)))
    return np.where(random.random((4, 60)) < 0.25, np.nan, labels)


@pytest.mark.parametrize("seed", range(5))
def test_alpha_equals_the_package_krippendorff(seed: int) -> None:
    package = pytest.importorskip("krippendorff")
    data = simulated(seed)
    labels = np.nan_to_num(data, nan=-1).astype(np.int64)
    for level, value in (
        ("nominal", float(nominal_alpha(coincidences(labels, 7)))),
        ("interval", interval_alpha(data)),
    ):
        assert value == pytest.approx(package.alpha(data, level_of_measurement=level))


@pytest.mark.parametrize("seed", range(5))
def test_kappa_equals_scikit_learn(seed: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    first, second = np.nan_to_num(simulated(seed)[:2], nan=-1).astype(np.int64)
    both = (first >= 0) & (second >= 0)
    value = cohen_kappa(confusion(first, second, 7))
    assert value == pytest.approx(metrics.cohen_kappa_score(first[both], second[both]))


PINGOUIN = {0: 0.5746480757767018, 1: 0.3831846832376844, 2: 0.5829821333388517}
"""ICC(A,1) of pingouin 0.7.0 for `scales(seed)`: `intraclass_corr(...)`, type "ICC(A,1)"."""


def scales(seed: int) -> Values:
    """(3,20) intensities of three raters, one of whom is a point higher than the others."""
    random = np.random.default_rng(seed)
    return random.normal(3, 1, 20) + random.normal(0, 0.5, (3, 20)) + np.array([[0.0], [0.0], [1]])


@pytest.mark.parametrize("seed", PINGOUIN)
def test_icc_equals_pingouin(seed: int) -> None:
    assert absolute_icc(icc_sums(scales(seed))) == pytest.approx(PINGOUIN[seed], abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_icc_is_that_of_the_analysis_of_variance(seed: int) -> None:
    """Mean squares by least squares with dummy variables: no formula is shared."""
    data = scales(seed)
    raters, units = data.shape
    y = data.T.ravel()
    rows, cols = np.repeat(np.eye(units), raters, 0), np.tile(np.eye(raters), (units, 1))

    def rest(design: Values) -> float:
        fitted = design @ np.linalg.lstsq(design, y, rcond=None)[0]
        return float(((y - fitted) ** 2).sum())

    both = rest(np.hstack([rows, cols]))
    between = (rest(cols) - both) / (units - 1)
    judges = (rest(rows) - both) / (raters - 1)
    error = both / ((units - 1) * (raters - 1))
    wanted = (between - error) / (
        between + (raters - 1) * error + raters * (judges - error) / units
    )
    assert absolute_icc(icc_sums(data)) == pytest.approx(wanted)


def test_sums_add_up_over_units() -> None:
    data = np.nan_to_num(simulated(3), nan=-1).astype(np.int64)
    parts = [data[:, :20], data[:, 20:35], data[:, 35:]]
    assert coincidences(data, 7) == pytest.approx(sum(coincidences(p, 7) for p in parts))
    joined = scales(1)
    assert icc_sums(joined) == pytest.approx(icc_sums(joined[:, :7]) + icc_sums(joined[:, 7:]))


def test_one_label_only_says_nothing_of_chance() -> None:
    same = np.zeros((2, 9), np.int64)
    assert agreed(confusion(*same, 3)) == 1
    assert np.isnan(cohen_kappa(confusion(*same, 3)))
    assert np.isnan(nominal_alpha(coincidences(same, 3)))
    assert np.isnan(absolute_icc(icc_sums(np.ones((2, 9)))))
    assert np.isnan(interval_alpha(np.ones((2, 9))))


def test_nothing_in_common_is_not_defined() -> None:
    first, second = np.array([0, 1, -1, -1]), np.array([-1, -1, 0, 1])
    assert np.isnan(agreed(confusion(first, second, 2)))
    assert np.isnan(nominal_alpha(coincidences(np.stack([first, second]), 2)))
    assert np.isnan(absolute_icc(icc_sums(np.array([[1.0, np.nan], [np.nan, 2.0]]))))


def test_fleiss_of_two_raters_by_hand() -> None:
    """Three units: two agree. Pairs 2/3; label shares 3/6 and 3/6, by chance 1/2."""
    same, kappa = fleiss_kappa(np.array([[2.0, 0.0], [0.0, 2.0], [1.0, 1.0]]))
    assert (same, kappa) == pytest.approx((2 / 3, 1 / 3))


def test_intervals_draw_whole_groups() -> None:
    """Of two groups that are all right and all wrong, a quarter of draws has one of them twice."""
    parts = np.array([[[5.0, 0.0], [0.0, 5.0]], [[0.0, 5.0], [5.0, 0.0]]])
    assert draws(4).sum(1) == pytest.approx(np.full(1000, 4))
    assert interval(parts, agreed) == (0.0, 1.0)
    assert interval(np.concatenate([parts[:1]] * 5), agreed) == (1.0, 1.0)
    assert interval(parts[:1], agreed) is None
    assert interval(np.zeros((3, 2, 2)), agreed) is None
