from __future__ import annotations

import numpy as np
import pytest

from mien.errors import UsageError
from mien.evaluation.metrics import holm, mcnemar
from mien.evaluation.reports import compare
from mien.evaluation.scores import ScoreTable
from mien.labels import LabelSet
from tests.evaluation.reports.tables import table

TRUTH = [0, 1, 2, 0, 1, 2, 0, 1]


def test_all_pairs_with_all_counts() -> None:
    given = table(
        TRUTH,
        {
            "good": [0, 1, 2, 0, 1, 2, 0, 0],
            "fair": [0, 1, 2, 0, 0, 0, 1, 1],
            "poor": [1, 2, 0, 1, 2, 0, 0, 0],
        },
    )
    pairs = compare({"": given})
    assert [(p.first, p.second) for p in pairs] == [
        ("good", "fair"),
        ("good", "poor"),
        ("fair", "poor"),
    ]
    assert pairs[0].counts == ((4, 3, 1, 0),)
    assert pairs[1].counts == ((1, 6, 0, 1),)
    assert pairs[1].p == pytest.approx(2 / 2**6)
    assert pairs[1].difference == pytest.approx(6 / 8)
    assert [p.p_holm for p in pairs] == pytest.approx(holm([p.p for p in pairs]))
    assert all(sum(p.counts[0]) == p.n == 8 for p in pairs)


def test_runs_are_matched_by_clip_and_label_name_whatever_their_order() -> None:
    one = table([0, 1, 2], {"a": [0, 1, 0]})
    back = np.array([2, 1, 0])
    turned = one.where(back)
    two = ScoreTable(
        LabelSet("other order", ("yes", "perhaps", "no")),
        turned.ids,
        turned.speakers,
        2 - turned.truth,
        turned.fold,
        turned.seed,
        {"a": turned.systems["a"][:, ::-1]},
    )
    (pair,) = compare({"one": one, "two": two}, stamps={"two": "tuned on report"})
    assert (pair.first, pair.second, pair.stamp) == ("one: a", "two: a", "tuned on report")
    assert pair.counts == ((2, 0, 0, 1),)


def test_several_seeds_give_twice_the_median_p() -> None:
    right, wrong = TRUTH, [(t + 1) % 3 for t in TRUTH]
    given = table(TRUTH, {"a": [*right, *right, *wrong], "b": [*wrong, *right, *wrong]}, seeds=3)
    (pair,) = compare({"": given})
    assert pair.counts == ((0, 8, 0, 0), (8, 0, 0, 0), (0, 0, 0, 8))
    each = [2 / 2**8, 1, 1]
    assert pair.p == min(1, 2 * np.median(each))
    assert pair.difference == pytest.approx(1 / 3)


def test_runs_with_other_seeds_compare_every_training_with_every_other() -> None:
    one = table(TRUTH, {"a": [*TRUTH, *TRUTH]}, seeds=2)
    two = table(TRUTH, {"a": [0] * 8})
    (pair,) = compare({"one": one, "two": two})
    assert pair.counts == ((3, 5, 0, 0), (3, 5, 0, 0))
    right = np.ones(8, bool)
    assert pair.p == min(1, 2 * mcnemar(right, np.array(TRUTH) == 0)[2])


def test_the_absent_count_with_the_prior() -> None:
    given = table([0, 0, 1], {"a": [0, 0, 1], "b": [None, None, None]})
    (pair,) = compare({"": given}, priors={"": {"no": 0.9, "yes": 0.1}})
    assert pair.counts == ((2, 1, 0, 0),)


def test_other_clips_are_refused_by_name() -> None:
    one, two = table([0, 1, 2], {"a": [0, 1, 2]}), table([0, 1], {"a": [0, 1]})
    with pytest.raises(UsageError, match=r"1 clips are in one only and not in two .'c2'.; score"):
        compare({"one": one, "two": two})
    with pytest.raises(UsageError, match="1 clips are in one only and not in two"):
        compare({"two": two, "one": one})


def test_other_labels_are_refused_by_name() -> None:
    one, two = table([0, 1], {"a": [0, 1]}), table([0, 2], {"a": [0, 1]})
    with pytest.raises(UsageError, match="'c1' is perhaps and yes"):
        compare({"one": one, "two": two})
    other = ScoreTable(
        LabelSet("own", ("no", "perhaps", "never")),
        one.ids,
        one.speakers,
        one.truth,
        one.fold,
        one.seed,
        one.systems,
    )
    with pytest.raises(UsageError, match="labels differ by 'never', 'yes'"):
        compare({"one": one, "two": other})


def test_only_the_wanted_systems_make_the_family() -> None:
    given = table(TRUTH, {"a": TRUTH, "b": [0] * 8, "c": [1] * 8})
    (pair,) = compare({"": given}, systems=["a", "c"])
    assert pair.p == pair.p_holm
    with pytest.raises(UsageError, match="no system 'd'; there are a, b, c"):
        compare({"": given}, systems=["d"])
