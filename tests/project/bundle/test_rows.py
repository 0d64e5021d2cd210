"""A row of a report: its shares, what it leaves out, and how it is kept and shown."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mien.evaluation.metrics import calibration, scores
from project.bundle.rows import facts, plain, show, write_report

TRUTH = np.array([0, 0, 0, 3])
SAID = np.full((4, 7), 0.05)
SAID[[0, 1, 2, 3], [0, 0, 3, 3]] = 0.7


def test_figures_are_those_of_the_answers() -> None:
    found = plain((scores(TRUTH, SAID.argmax(1), 7, list("aabb")), calibration(TRUTH, SAID)))
    assert json.loads(json.dumps(found)) == found
    assert (found["n"], found["accuracy"]) == (4, 0.75)
    assert found["uar"] == pytest.approx((2 / 3 + 1) / 2, abs=1e-6)
    assert found["recalls"] == [0.666667, None, None, 1.0, None, None, None]
    assert found["macro_f1"] == pytest.approx((4 / 5 + 2 / 3) / 2, abs=1e-6)
    confusion = np.array(found["confusion"])
    assert (confusion[0, 0], confusion[0, 3], confusion[3, 3], confusion.sum()) == (2, 1, 1, 4)
    assert found["nll"] == pytest.approx(-(3 * np.log(0.7) + np.log(0.05)) / 4, abs=1e-6)
    right, wrong = 0.3**2 + 6 * 0.05**2, 0.7**2 + 0.95**2 + 5 * 0.05**2
    assert found["brier"] == pytest.approx((3 * right + wrong) / 4, abs=1e-6)


def test_what_was_not_worked_out_is_left_out() -> None:
    found = plain((scores(TRUTH, TRUTH, 7), None))
    assert found["uar_interval"] is None
    assert not {"ece", "nll", "brier", "how"} & set(found)


def test_a_report_says_how_it_was_made_and_can_be_read_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "report.json"
    write_report({**facts("do this"), "rows": {"ä": 1}}, path)
    found = json.loads(path.read_text(encoding="utf-8"))
    assert found["command"] == "do this"
    assert found["rows"] == {"ä": 1}
    assert found["hardware"]
    assert len(found["date"].split("-")) == 3
    assert [p.name for p in path.parent.iterdir()] == ["report.json"]


def test_the_printed_table_has_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    sure = scores(TRUTH, SAID.argmax(1), 7, list("aabb")), calibration(TRUTH, SAID)
    show({"known": sure, "plain": (scores(TRUTH, TRUTH, 7), None)})
    _, first, second = capsys.readouterr().out.splitlines()
    assert first.split()[:3] == ["known", "4", "75.0"]
    assert f"{sure[1].ece:.3f} ({sure[1].ece_perfect:.3f})" in first
    assert second.split() == ["plain", "4", "100.0", "(51.0-100.0)", "100.0", "100.0"]
