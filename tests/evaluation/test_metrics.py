from __future__ import annotations

import numpy as np
import pytest

from mien.evaluation.metrics import (
    bootstrap_uar,
    calibration,
    confusion_counts,
    holm,
    mcnemar,
    mean_sd,
    recalls_of,
    reliability,
    risk_coverage,
    scores,
    wilson,
)


def test_the_interval_of_the_notes() -> None:
    low, high = wilson(213, 383)  # 55.6 % of 383 is 50.6 to 60.5
    assert (round(100 * low, 1), round(100 * high, 1)) == (50.6, 60.5)


def test_scores_worked_out_by_hand() -> None:
    truth = np.array([0, 0, 0, 1, 1, 3])
    answer = np.array([0, 0, 1, 1, 0, 3])
    s = scores(truth, answer, 4)
    assert s.accuracy == pytest.approx(4 / 6)
    assert s.uar == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)
    assert np.isnan(s.recalls[2])
    # F1: 2*2/(3+3), 2*1/(2+2), 1
    assert s.macro_f1 == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)
    assert s.confusion.sum() == 6
    assert s.confusion[0, 1] == 1


def test_whole_speakers_are_drawn() -> None:
    truth = np.array([0, 1] * 50)
    answer = np.where(np.arange(100) < 50, truth, 1 - truth)
    groups = ["a"] * 50 + ["b"] * 50
    s = scores(truth, answer, 2, groups)
    assert s.uar_interval == pytest.approx((0.0, 1.0))


def test_mcnemar_worked_out_by_hand() -> None:
    first = np.array([True] * 6 + [False] * 1 + [True] * 3)
    second = np.array([False] * 6 + [True] * 1 + [True] * 3)
    only_first, only_second, p = mcnemar(first, second)
    assert (only_first, only_second) == (6, 1)
    assert p == pytest.approx(2 * (1 + 7) / 2**7)
    assert mcnemar(first, first)[2] == 1


def test_a_calibrated_model_reads_as_one_and_an_overconfident_one_does_not() -> None:
    draw = np.random.default_rng(0)
    confidence = draw.uniform(0.5, 1, 4000)
    truth = (draw.random(4000) > confidence).astype(np.int64)
    true = calibration(truth, np.stack([confidence, 1 - confidence], 1))
    assert true.ece < true.ece_perfect
    sure = calibration(truth, np.stack([np.full(4000, 0.99), np.full(4000, 0.01)], 1))
    assert sure.ece > 0.15


def test_scores_agree_with_scikit_learn() -> None:
    from sklearn import metrics as theirs

    draw = np.random.default_rng(1)
    truth = draw.choice([0, 1, 3, 4, 6], 500)  # classes 2 and 5 lack clips
    answer = np.where(draw.random(500) < 0.5, truth, draw.integers(0, 7, 500))
    s, here = scores(truth, answer, 7), [0, 1, 3, 4, 6]
    average = {"labels": here, "average": "macro"}
    assert s.accuracy == pytest.approx(theirs.accuracy_score(truth, answer))
    assert s.uar == pytest.approx(theirs.recall_score(truth, answer, **average))
    assert s.macro_f1 == pytest.approx(theirs.f1_score(truth, answer, **average))
    assert np.array_equal(s.confusion, theirs.confusion_matrix(truth, answer, labels=range(7)))
    each = theirs.recall_score(truth, answer, labels=here, average=None)
    assert s.recalls[here] == pytest.approx(each)
    assert np.isnan(s.recalls[[2, 5]]).all()


def test_calibration_agrees_with_scikit_learn() -> None:
    from sklearn import metrics as theirs

    draw = np.random.default_rng(2)
    probabilities = draw.dirichlet(np.ones(4), 300)
    truth = draw.integers(0, 4, 300)
    c = calibration(truth, probabilities)
    assert c.nll == pytest.approx(theirs.log_loss(truth, probabilities, labels=range(4)))
    each = [theirs.brier_score_loss(truth == k, probabilities[:, k]) for k in range(4)]
    assert c.brier == pytest.approx(sum(each))
    assert len(c.bins) == 15
    assert {n for *_, n in c.bins} == {20}


def test_the_calibration_error_worked_out_by_hand() -> None:
    probabilities = np.array([[0.6, 0.4], [0.6, 0.4], [0.9, 0.1], [0.9, 0.1]])
    c = calibration(np.array([0, 1, 0, 0]), probabilities, bins=2)
    assert c.ece == pytest.approx((2 * 0.1 + 2 * 0.1) / 4)
    assert c.bins == (pytest.approx((0.6, 0.5, 2)), pytest.approx((0.9, 1.0, 2)))
    assert c.brier == pytest.approx((2 * 0.16 + 2 * 0.36 + 2 * 0.02) / 4)


def test_holm_worked_out_by_hand() -> None:
    # sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1: 0.02, 0.03, 0.06, 0.04 -> at least 0.06
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1, 1]
    assert holm([]) == []


def test_mcnemar_is_the_binomial_test() -> None:
    from scipy.stats import binomtest

    draw = np.random.default_rng(3)
    first, second = draw.random(200) < 0.6, draw.random(200) < 0.5
    a, b, p = mcnemar(first, second)
    assert p == pytest.approx(binomtest(a, a + b).pvalue)


def test_wilson_is_that_of_scipy() -> None:
    from scipy.stats import binomtest

    for right, n in ((0, 10), (10, 10), (213, 383)):
        theirs = binomtest(right, n).proportion_ci(method="wilson")
        assert wilson(right, n) == pytest.approx((theirs.low, theirs.high), abs=1e-6)


def test_risk_and_coverage_worked_out_by_hand() -> None:
    right = np.array([True, False, True, False])
    assert risk_coverage(right, np.array([0.9, 0.6, 0.8, 0.7])) == pytest.approx(
        [0, 0, 1 / 3, 2 / 4]
    )
    # two answers of equal confidence, one of them wrong: half a mistake each, in any order
    tied = np.array([0.9, 0.5, 0.5])
    for order in ([True, True, False], [True, False, True]):
        assert risk_coverage(np.array(order), tied) == pytest.approx([0, 0.25, 1 / 3])


def test_mean_and_deviation_over_seeds() -> None:
    assert mean_sd([0.5]) == (0.5, None)
    assert mean_sd([0.4, 0.6]) == pytest.approx((0.5, 0.02**0.5))
    assert mean_sd([0.4, 0.5, 0.6]) == pytest.approx((0.5, 0.1))


def test_the_bootstrap_of_several_seeds_is_that_of_their_mean() -> None:
    good, bad = np.eye(2, dtype=np.int64) * 5, np.eye(2, dtype=np.int64)[::-1] * 5
    # speaker a is always right under seed 0 and always wrong under seed 1, and so is b: no spread
    assert bootstrap_uar(np.array([[good, bad], [good, bad]])) == (0.5, 0.5)


def test_nothing_is_known_of_no_clips() -> None:
    assert wilson(0, 0) == (0.0, 1.0)


def test_scores_of_a_single_clip() -> None:
    s = scores(np.array([1]), np.array([1]), 2)
    assert (s.n, s.accuracy, s.uar, s.macro_f1) == (1, 1.0, 1.0, 1.0)


def test_the_bootstrap_has_the_quantiles_of_its_distribution() -> None:
    """Of 400 speakers half are always right: the right ones among those drawn are binomial."""
    from scipy.stats import binom

    good, bad = np.eye(2, dtype=np.int64), np.eye(2, dtype=np.int64)[::-1]
    low, high = bootstrap_uar(np.array([[good], [bad]] * 200), times=20_000)
    assert 400 * low == pytest.approx(binom.ppf(0.025, 400, 0.5), abs=1)
    assert 400 * high == pytest.approx(binom.ppf(0.975, 400, 0.5), abs=1)


def test_what_a_perfect_model_shows_is_the_error_of_counting() -> None:
    """One bin: nearly normal, so 95 of 100 lie below 1.96 deviations (96 of 100 below 2.05)."""
    draw, found = np.random.default_rng(0), []
    for n in np.geomspace(100, 5000, 20).astype(int).tolist():
        p = draw.uniform(0.5, 1, n)
        c = calibration(np.zeros(n, np.int64), np.stack([p, 1 - p], 1), bins=1)
        assert c.ece == pytest.approx(1 - p.mean())
        found.append(c.ece_perfect / (np.sqrt((p * (1 - p)).sum()) / n))
    assert np.mean(found) == pytest.approx(1.96, rel=0.024)


def test_an_impossible_answer_costs_much_and_not_everything() -> None:
    c = calibration(np.array([1]), np.array([[1.0, 0.0]]), bins=1)
    assert c.nll == pytest.approx(12 * np.log(10))


def test_bins_are_fifteen_unless_told_otherwise() -> None:
    confidence = np.linspace(0.5, 1, 45)
    bins = reliability(np.ones(45, bool), confidence)
    assert [count for *_, count in bins] == [3] * 15
    assert bins[0][0] == pytest.approx(confidence[:3].mean())


def test_confusions_have_a_place_for_every_class() -> None:
    assert confusion_counts(np.array([0]), np.array([0]), 3).tolist() == [
        [1, 0, 0],
        [0] * 3,
        [0] * 3,
    ]


def test_recalls_of_several_confusions_go_by_their_rows() -> None:
    one, other = [[3, 1], [0, 2]], [[1, 1], [3, 1]]
    found = recalls_of(np.array([one, other]))
    np.testing.assert_allclose(found, [[0.75, 1.0], [0.5, 0.25]])


def test_speakers_of_three_are_told_apart() -> None:
    """One right, two wrong: one draw in 27 has only the first, 8 in 27 have none but wrong ones."""
    truth, groups = np.array([0, 1] * 3), ["a", "a", "b", "b", "c", "c"]
    answer = np.array([0, 1, 1, 0, 1, 0])
    interval = scores(truth, answer, 2, groups).uar_interval
    assert interval == pytest.approx((0.0, 1.0))
    answer = np.array([0, 1, 0, 1, 1, 0])
    interval = scores(truth, answer, 2, groups[:2] + ["b"] * 4).uar_interval
    assert interval == pytest.approx((0.5, 1.0))


def test_clips_count_and_not_speakers() -> None:
    """Nine right ones of one speaker and a wrong one of another: 90 %, not 50 %."""
    many, few = np.array([[[9, 0], [0, 0]]]), np.array([[[0, 1], [0, 0]]])
    low, high = bootstrap_uar(np.stack([many, few] * 200), times=50)
    assert 0.85 < low < high < 0.95
