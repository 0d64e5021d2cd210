"""`mien models`, its list and its verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from mien.cli.app import app
from mien.errors import BundleError, UsageError
from mien.evaluation.cards import card_scores
from mien.inference.bundle import default_path
from tests.evaluation.verify.doctored import doctored

REPORTS = Path(__file__).resolve().parents[2] / "reports"


def call(*options: str | Path) -> Result:
    return CliRunner().invoke(app, ["models", *map(str, options)])


def test_without_a_word_the_models_are_listed() -> None:
    done, listed = call(), call("list")
    assert done.exit_code == listed.exit_code == 0
    assert done.output == listed.output
    assert "FER2013 private test: 71.1 %" in done.output


def test_data_not_at_hand_is_no_failure(tmp_path: Path) -> None:
    done = call("verify", "--data", tmp_path, "--reports", tmp_path)
    assert done.exit_code == 0, done.exception
    lines = done.output.splitlines()
    assert lines[0].split() == ["score", "n", "card", "now", "verdict"]
    rows = len(card_scores(default_path()))
    assert sum(line.rstrip().endswith("not at hand") for line in lines) == rows
    assert any(line.startswith("not at hand: no fer2013.tar.xz") for line in lines)
    assert any(
        "project.bundle.retrain DATA RUN --pretrained FOLDER' makes them again" in n for n in lines
    )


def test_stored_answers_are_told_with_what_trains_anew(tmp_path: Path) -> None:
    done = call("verify", "--data", tmp_path, "--reports", REPORTS)
    (row,) = [line for line in done.output.splitlines() if line.startswith("Java-SED, fused  ")]
    assert row.rstrip().endswith("same")
    anew = "python -m project.bundle.retrain DATA RUN --pretrained FOLDER"
    wanted = f"'{anew}' trains the networks anew"
    assert f"fusion: from stored answers; {wanted}" in done.output


def test_a_doctored_card_is_exit_code_one(tmp_path: Path) -> None:
    def change(scores: list[dict[str, Any]]) -> None:
        fused = next(s for s in scores if s["name"] == "Java-SED, fused")
        fused["text"] = "97.9 % (91.0-98.9, n = 192)"

    done = call("verify", doctored(tmp_path, change), "--data", tmp_path, "--reports", tmp_path)
    assert done.exit_code == 1
    (row,) = [line for line in done.output.splitlines() if "DIFFERS" in line]
    assert row.startswith("Java-SED, fused")
    assert "Java-SED, fused: the card's text is not what its own figures say" in done.output


@pytest.mark.data
def test_accuracy_that_is_not_what_the_bundle_scores(data: Path, tmp_path: Path) -> None:
    def change(scores: list[dict[str, Any]]) -> None:
        del scores[1:]
        scores[0].update(accuracy=0.7174, text="71.7 % (69.5-72.5, n = 3589)")

    done = call("verify", doctored(tmp_path, change), "--data", data)
    assert done.exit_code == 1
    assert done.output.splitlines()[1].split()[-6:] == ["3589", "71.7", "%", "71.1", "%", "DIFFERS"]
    assert "FER2013 private test: accuracy is 71.1, not 71.7" in done.output


def test_wrong_usage_is_one_line(tmp_path: Path) -> None:
    done = call("verify", "--data", tmp_path / "nowhere")
    assert isinstance(done.exception, UsageError)
    done = call("verify", tmp_path, "--data", tmp_path)
    assert isinstance(done.exception, BundleError)
    assert call("verify").exit_code == 2
