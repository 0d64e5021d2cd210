"""The table of all clip models: means over seeds, what is missing, and what ships."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mien.datasets.speech_corpora import JAVA_SED_FOLDS
from mien.errors import UsageError
from mien.recipes.mien.clip_data import from_reports
from mien.recipes.mien.clip_pools import Fits, fit_fixed
from mien.recipes.mien.clip_report import Facts, clip_report, clip_rows, keep
from mien.scores import read_scores
from tests.recipes.mien.made import made_scores

NET = "net"
KNOWN = Facts(
    encoder="ab" * 32,
    numbers={NET: 5000},
    without={},
    elsewhere={NET: 0.5},
    alone=0.7,
    pictures=900,
)


def answers(labels: np.ndarray, wrong: int, absent: int = 0) -> np.ndarray:
    """Sure answers, of which the first ones are wrong and the last ones are not there."""
    rows = np.full((len(labels), 7), np.log(0.05))
    said = np.where(np.arange(len(labels)) < wrong, (labels + 1) % 7, labels)
    rows[np.arange(len(labels)), said] = np.log(0.7)
    rows[len(labels) - absent :] = np.nan
    return rows


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Scores of 96 clips, and a network that is wrong on 12 and on 24 of them by two seeds."""
    folder = made_scores(tmp_path)
    labels = from_reports(folder, JAVA_SED_FOLDS).labels
    fits = {
        seed: Fits(
            systems={NET: answers(labels, wrong)},
            without={
                "voice": {NET: answers(labels, 48, absent=12)},
                "face": {NET: answers(labels, wrong)},
            },
        )
        for seed, wrong in ((0, 12), (1, 24))
    }
    keep(fits, KNOWN, folder)
    return folder


def test_figures_are_means_over_the_seeds(reports: Path) -> None:
    choice = clip_report(reports)
    found = json.loads((reports / "clip_models.json").read_text())
    row = found["rows"]["Clip model: net"]
    assert (row["n"], row["numbers"], row["elsewhere"]) == (96, 5000, 0.5)
    assert row["accuracy"] == (84 + 72) / 192
    assert row["uar_sd"] == pytest.approx((84 - 72) / 96 / np.sqrt(2), abs=1e-6)
    # without the voice 48 are wrong and another 12 say nothing
    assert row["without"] == {"voice": 0.375, "face": 0.8125}
    assert (found["seeds"], found["pictures"], found["alone"]) == ([0, 1], 900, 0.7)
    assert found["encoder"] == KNOWN.encoder
    assert found["choice"]["ships"] == choice.ships


def test_what_is_not_fitted_stands_beside_it_with_the_encoders_own_share(reports: Path) -> None:
    choice = clip_report(reports)
    rows = json.loads((reports / "clip_models.json").read_text())["rows"]
    data = from_reports(reports, JAVA_SED_FOLDS)
    fixed = fit_fixed(data, reports / "fits").systems
    names = {"log-opinion pool", "weighted mean", "mean"}
    assert set(rows) == {f"Clip model: {name}" for name in (*names, NET)}
    for name in names:
        row = rows[f"Clip model: {name}"]
        right = fixed[name].argmax(1) == data.labels
        assert row["accuracy"] == pytest.approx(right.mean(), abs=1e-6)
        assert (row["elsewhere"], row["uar_sd"]) == (0.7, 0)
    # the network is best, and forgot what it knew of other faces
    assert (choice.best, choice.lost) == (NET, (NET,))
    assert choice.ships in names


def test_the_best_is_compared_with_each_of_the_others(reports: Path) -> None:
    clip_report(reports)
    rows = json.loads((reports / "clip_models.json").read_text())["rows"]
    assert rows["Clip model: net"]["against_best"] is None
    for name in ("log-opinion pool", "weighted mean", "mean"):
        test = rows[f"Clip model: {name}"]["against_best"]
        difference = rows[f"Clip model: {name}"]["accuracy"] - 156 / 192
        assert test["difference"] == pytest.approx(difference, abs=1e-4)
        assert 0 < test["p_holm"] <= 1


def test_the_stored_scores_are_complete_and_say_the_same_again(reports: Path) -> None:
    clip_report(reports)
    told = json.loads((reports / "clip_models.json").read_text())["rows"]
    table = read_scores(reports / "scores" / "clip_models.csv")
    assert (len(table), set(table.systems), table.seeds) == (192, {NET}, (0, 1))
    again = clip_rows(reports)
    assert set(again) == set(told)
    for title, (found, sure) in again.items():
        assert round(found.accuracy, 6) == told[title]["accuracy"]
        assert sure is not None
        assert round(sure.ece, 6) == told[title]["ece"]


def test_what_is_missing_or_damaged_is_named(reports: Path) -> None:
    facts = reports / "scores" / "clip_models.json"
    whole = json.loads(facts.read_text())
    for damage in (lambda: facts.write_text(json.dumps({**whole, "alone": "x"})), facts.unlink):
        damage()
        with pytest.raises(UsageError, match=r"clip_models\.json: cannot be read .*'python") as e:
            clip_rows(reports)
        assert "\n" not in str(e.value)


def test_scores_of_other_clips_are_refused(reports: Path) -> None:
    for name in ("face_java_sed.csv", "voice_java_sed.csv"):
        path = reports / name
        kept = [
            line for line in path.read_text().splitlines() if not line.startswith("video/03-0,")
        ]
        path.write_text("\n".join(kept) + "\n")
    with pytest.raises(UsageError, match="clip models and branches are of other clips; 'python"):
        clip_report(reports)
