"""The verdicts on a card, on the real pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mien.errors import UsageError
from mien.evaluation.cards import OnPictures, Stored
from mien.evaluation.verify import Check, verify
from mien.evaluation.verify.check import _differences
from mien.inference.bundle import load
from tests.evaluation.verify.doctored import doctored

REPORTS = Path(__file__).resolve().parents[3] / "reports"


def by_name(checks: list[Check]) -> dict[str, Check]:
    return {one.score.name: one for one in checks}


def test_without_data_and_stored_answers_nothing_differs(tmp_path: Path) -> None:
    checks = verify(load(), tmp_path, reports=tmp_path)
    assert {c.verdict for c in checks} == {"not at hand"}
    for one in checks:
        assert one.now is None
        if isinstance(one.score.how, Stored):
            assert "project.bundle.retrain DATA RUN" in one.note
        if isinstance(one.score.how, OnPictures):
            assert "fer2013.tar.xz" in one.note


def test_stored_answers_give_the_card_again(tmp_path: Path) -> None:
    def change(scores: list[dict[str, Any]]) -> None:
        fused = next(s for s in scores if s["name"] == "Java-SED, fused")
        fused["uar"] += 0.01
        face = next(s for s in scores if s["name"] == "Java-SED, face")
        face["ece"] += 0.01
        voice = next(s for s in scores if s["name"] == "Java-SED, voice")
        voice["name"] = "Java-SED, smell"

    checks = verify(load(doctored(tmp_path, change)), tmp_path, reports=REPORTS)
    stored = [
        c for c in checks if isinstance(c.score.how, Stored) and c.score.how.report == "fusion"
    ]
    differing = {c.score.name: c.note for c in stored if c.verdict != "same"}
    assert set(differing) == {"Java-SED, fused", "Java-SED, face", "Java-SED, smell"}
    assert differing["Java-SED, fused"].startswith("UAR is ")
    assert differing["Java-SED, face"].startswith("ECE is ")
    assert differing["Java-SED, smell"] == "the stored answers give no such row"
    assert len(stored) > len(differing)


def test_a_text_that_its_figures_do_not_bear_out_differs_without_data(tmp_path: Path) -> None:
    def change(scores: list[dict[str, Any]]) -> None:
        scores[0]["text"] = scores[0]["text"].replace("71.1", "91.1")
        fused = next(s for s in scores if s["name"] == "Java-SED, fused")
        fused["accuracy"] = 0.9

    checks = by_name(verify(load(doctored(tmp_path, change)), tmp_path, reports=tmp_path))
    differing = {name for name, one in checks.items() if one.verdict == "DIFFERS"}
    assert differing == {"FER2013 private test", "Java-SED, fused"}


def test_a_card_that_does_not_say_how_is_told(tmp_path: Path) -> None:
    def change(scores: list[dict[str, Any]]) -> None:
        del scores[0]["how"]

    checks = verify(load(doctored(tmp_path, change)), tmp_path, reports=tmp_path)
    assert checks[0].verdict == "not told"


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        verify(load(), tmp_path / "nowhere")


@pytest.mark.slow
@pytest.mark.data
def test_the_default_card_is_true_and_a_doctored_one_is_not(data: Path, tmp_path: Path) -> None:
    def change(scores: list[dict[str, Any]]) -> None:
        better = scores[3]  # a text and an accuracy that agree, and are not true
        better.update(accuracy=0.8837, text="88.4 % (86.0-88.4, n = 3152)")
        scores[4]["uar"] += 0.01

    checks = by_name(verify(load(doctored(tmp_path, change)), data))
    face = [one for name, one in checks.items() if "private test" in name]
    assert [one.verdict for one in face] == ["same", "same", "same", "DIFFERS", "DIFFERS"]
    assert face[3].note == "accuracy is 87.2, not 88.4"
    assert face[4].note == "UAR is 71.1, not 72.1"
    assert [one.now.scores.n for one in face if one.now] == [3589, 3589, 3301, 3152, 3152]
    true = [one for one in face[:3] if one.now and not _differences(one.score, one.now)]
    assert len(true) == 3
