from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as theirs

from mien.errors import UsageError
from mien.evaluation.metrics import calibration, scores, wilson
from mien.evaluation.reports import build_report
from mien.evaluation.reports.confusion_text import confusion_text
from mien.evaluation.reports.prior import prior_of
from tests.evaluation.reports.tables import stored, table


def test_a_system_worked_out_by_hand() -> None:
    given = table([0, 0, 0, 2, 2, 2], {"a": [0, 0, 1, 2, 2, 0]})
    report = build_report(given, title="run")
    one = report.systems[0]
    assert (one.n, one.absent, report.n, report.speakers, report.folds) == (6, 0, 6, 2, 1)
    assert one.accuracy.mean == pytest.approx(4 / 6)
    assert one.accuracy.sd is None
    assert one.accuracy_interval == pytest.approx(wilson(4, 6))
    assert one.uar.mean == pytest.approx(2 / 3)
    assert one.confusion == ((2, 1, 0), (0, 0, 0), (1, 0, 2))
    assert [c.n for c in one.classes] == [3, 0, 3]
    assert one.classes[1].recall is None
    assert one.nll.mean == pytest.approx(-(4 * np.log(0.8) + 2 * np.log(0.1)) / 6)
    assert report.chance == 1 / 2  # of the classes present
    assert report.majority == 1 / 2
    assert one.risk[-1] == pytest.approx(2 / 6)


def test_absent_clips_count_and_the_given_prior_answers() -> None:
    given = table([0, 1, 1, 2], {"a": [0, None, None, None]})
    prior = {"no": 1, "perhaps": 3}
    report = build_report(given, title="run", prior=prior)
    one = report.systems[0]
    assert (one.n, one.absent) == (4, 3)
    assert one.confusion == ((1, 0, 0), (0, 2, 0), (0, 1, 0))
    assert one.accuracy.mean == 3 / 4
    assert "given" in report.prior


def test_the_prior_of_a_fold_comes_from_the_others() -> None:
    given = table([0, 0, 0, 1, 1, 1], {"a": [None] * 6}, fold=[0, 0, 0, 1, 1, 1])
    rows = prior_of(given).rows
    assert rows[0] == pytest.approx([1 / 6, 4 / 6, 1 / 6])
    assert rows[5] == pytest.approx([4 / 6, 1 / 6, 1 / 6])
    # so a system that is never there is always wrong here, and not right half of the time
    assert build_report(given, title="run").systems[0].accuracy.mean == 0


def test_a_lone_fold_takes_its_commonest_class_and_says_so() -> None:
    report = build_report(table([2, 2, 1], {"a": [None, None, None]}), title="run")
    assert report.systems[0].accuracy.mean == pytest.approx(2 / 3)
    assert "favour" in report.prior


def test_seeds_give_mean_and_deviation_never_the_best() -> None:
    truth = [0, 1, 2, 0]
    given = table(truth, {"a": [0, 1, 2, 0, 0, 1, 0, 1, 0, 0, 0, 0]}, seeds=3)
    one = build_report(given, title="run").systems[0]
    assert one.n == 4
    assert one.accuracy.mean == pytest.approx((1 + 0.5 + 0.5) / 3)
    assert one.accuracy.sd == pytest.approx(np.std([1, 0.5, 0.5], ddof=1))
    assert one.accuracy_interval == pytest.approx(wilson(4 * 2 / 3, 4))  # n is 4 clips, not 12
    assert np.sum(one.confusion) == 12
    recalls = [c.recall.mean for c in one.classes if c.recall]
    assert recalls == pytest.approx([(1 + 0.5 + 1) / 3, 2 / 3, 1 / 3])


def test_clips_without_a_label_are_left_out_and_counted() -> None:
    report = build_report(table([0, -1, 1], {"a": [0, 0, 1]}), title="run")
    assert (report.n, report.unlabelled) == (2, 1)
    with pytest.raises(UsageError, match="no clip has a label"):
        build_report(table([-1], {"a": [0]}), title="run")


def test_every_seed_needs_every_clip() -> None:
    given = table([0, 1], {"a": [0, 1, 0, 1]}, seeds=2).where(np.array([0, 1, 2]))
    with pytest.raises(UsageError, match="seed 1 lacks 1 clips, for example 'c1'"):
        build_report(given, title="run")


def test_a_single_speaker_gives_no_bootstrap() -> None:
    given = table([0, 1], {"a": [0, 1]}, speakers=["x", "x"])
    assert build_report(given, title="run").systems[0].uar_interval is None


def test_folds_have_their_speakers_and_accuracy() -> None:
    given = table(
        [0, 1, 2, 0], {"a": [0, 1, 0, 1]}, fold=[0, 0, 1, 1], speakers=["x", "x", "y", "z"]
    )
    first, second = build_report(given, title="run").systems[0].folds
    assert (first.speakers, first.n, first.accuracy.mean) == (("x",), 2, 1)
    assert (second.speakers, second.accuracy.mean) == (("y", "z"), 0)


def test_altered_clips_stand_beside_the_same_clips_unaltered() -> None:
    given = table([0, 1, 2, 0], {"a": [0, 1, 2, 1], "b": [0, 1, 2, 0]})
    altered = table([0, 1, 2, 0], {"a": [0, None, 0, 1]}).where(np.array([0, 1, 2]))
    report = build_report(given, title="run", alterations={"muted": altered})
    (row,) = report.alterations
    assert (row.name, row.system, row.n, row.absent) == ("muted", "a", 3, 1)
    assert row.accuracy.mean == pytest.approx(1 / 3)
    assert row.change == pytest.approx(1 / 3 - 1)  # on these three clips a was always right
    stranger = table([0] * 5, {"a": [0] * 5})
    with pytest.raises(UsageError, match="clip 'c4', seed 0 is not among"):
        build_report(given, title="run", alterations={"muted": stranger})
    other = table([0], {"c": [0]})
    with pytest.raises(UsageError, match="no system 'c'; the run has a, b"):
        build_report(given, title="run", alterations={"muted": other})


def test_a_real_table_agrees_with_scikit_learn() -> None:
    given = stored("voice_ravdess")
    one = build_report(given, title="voice").systems[0]
    prior = prior_of(given).rows
    said = given.probabilities("voice", prior)
    here = np.unique(given.truth)
    uar = theirs.recall_score(given.truth, said.argmax(1), labels=here, average="macro")
    assert one.uar.mean == pytest.approx(uar)
    assert one.accuracy.mean == pytest.approx(theirs.accuracy_score(given.truth, said.argmax(1)))
    assert one.nll.mean == pytest.approx(theirs.log_loss(given.truth, said, labels=range(7)))
    f1 = theirs.f1_score(given.truth, said.argmax(1), labels=here, average="macro")
    assert one.macro_f1.mean == pytest.approx(f1)
    each = theirs.recall_score(given.truth, said.argmax(1), labels=here, average=None)
    assert [c.recall.mean for c in one.classes if c.recall] == pytest.approx(each)
    counts = theirs.confusion_matrix(given.truth, said.argmax(1), labels=range(7))
    assert np.array_equal(one.confusion, counts)
    squares = [theirs.brier_score_loss(given.truth == k, said[:, k]) for k in range(7)]
    assert one.brier.mean == pytest.approx(sum(squares))
    plain = scores(given.truth, said.argmax(1), 7, given.speakers)
    assert one.uar_interval == pytest.approx(plain.uar_interval)
    true = calibration(given.truth, said)
    assert (one.ece.mean, one.ece_perfect) == pytest.approx((true.ece, true.ece_perfect))
    assert sum(b.n for b in one.reliability) == len(given)


def test_the_confusion_matrix_looks_as_in_the_papers() -> None:
    given = table([0, 0, 0, 2, 2, 2], {"a": [0, 0, 1, 2, 2, 0]})
    one = build_report(given, title="run", stamp="tuned on report").systems[0]
    lines = confusion_text(one).splitlines()
    assert lines[0].startswith("a: n 6, accuracy 66.67 %†")
    assert "[tuned on report]" in lines[0]
    assert [line.split() for line in lines[1:]] == [
        ["NO", "PE", "YE"],
        ["NO", "66.67", "33.33", "0"],
        ["PE", "–", "–", "–"],
        ["YE", "33.33", "0", "66.67"],
    ]
    names = confusion_text(build_report(stored("voice_ravdess"), title="v").systems[0])
    assert names.splitlines()[1].split() == ["AN", "DI", "FE", "HA", "NE", "SA", "SU"]
