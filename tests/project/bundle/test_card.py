"""The model card: every figure on it is of a report, and can be worked out again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mien.errors import UsageError
from mien.evaluation.cards import card_scores
from mien.evaluation.verify import verify
from mien.inference.bundle import default_path, load
from project.bundle import card
from project.bundle.card_text import LICENCE
from project.bundle.release_paths import ReleasePaths

ROOT = Path(__file__).resolve().parents[3]
PARTS = ("face", "voice", "fusion", "transfer")


def change(path: Path, how: Callable[[dict[str, Any]], object]) -> None:
    report = json.loads(path.read_text())
    how(report)
    path.write_text(json.dumps(report))


def rows_of(place: ReleasePaths) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name in PARTS:
        report = json.loads((place.reports / f"{name}.json").read_text())
        for title, row in report["rows"].items():
            yield name, title, row


def test_the_card_that_ships_is_what_the_reports_of_the_repository_make(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    place = ReleasePaths(tmp_path / "bundle", ROOT / "reports", docs, tmp_path)
    shutil.copytree(default_path(), place.bundle)
    monkeypatch.setattr(card, "CHECKOUT", place)
    card.write(place)
    shipped = (default_path() / "card.json").read_text()
    assert (place.bundle / "card.json").read_text() == shipped
    page = (ROOT / "docs" / "model_card.md").read_text()
    assert (docs / "model_card.md").read_text() == page


def test_every_row_of_every_report_is_on_it_once(run: ReleasePaths) -> None:
    on_card = {row.name: row for row in card_scores(run.bundle)}
    raw = json.loads((run.bundle / "card.json").read_text())
    assert (raw["name"], raw["licence"]) == ("mien-quick-try", LICENCE)
    assert len(raw["scores"]) == len(on_card)
    page = (run.docs / "model_card.md").read_text()
    expected = {"Java-SED, face, as shipped"}
    for _, title, row in rows_of(run):
        expected.add(title)
        one = on_card[title]
        assert (one.n, one.accuracy, one.uar) == (row["n"], row["accuracy"], row["uar"])
        assert f" {title} | {row['n']} | " in page
        assert f" {100 * row['accuracy']:.1f} ({100 * row['interval'][0]:.1f}-" in page
    assert set(on_card) == expected


def test_all_of_it_can_be_worked_out_again(run: ReleasePaths, made_data: Path) -> None:
    checks = verify(load(run.bundle), made_data, reports=run.reports)
    assert len(checks) == len(card_scores(run.bundle))
    assert {one.verdict for one in checks} == {"same"}, [c for c in checks if c.verdict != "same"]


def test_a_changed_figure_shows_in_the_card_and_on_the_page(run: ReleasePaths) -> None:
    for name, title in (
        ("face", "FER2013 private test"),
        ("voice", "Java-SED sound, unseen actors"),
        ("fusion", "Java-SED, fused, women"),
        ("transfer", "emodb, voice"),
    ):
        path = run.reports / f"{name}.json"
        report = json.loads(path.read_text())
        report["rows"][title] |= {"accuracy": 0.9876, "interval": [0.9765, 0.9987]}
        path.write_text(json.dumps(report))
    card.write(run)
    wrong = [row for row in card_scores(run.bundle) if row.accuracy == 0.9876]
    assert len(wrong) == 4
    assert all(row.text == f"98.8 % (97.7-99.9, n = {row.n})" for row in wrong)
    assert (run.docs / "model_card.md").read_text().count("98.8 (97.7-99.9)") == 4


def test_what_else_the_reports_say_is_on_the_page(run: ReleasePaths) -> None:
    change(run.reports / "face.json", lambda r: r.update(temperature=3.456))
    change(run.reports / "fusion.json", lambda r: r.update(aurc=0.1239))
    change(run.reports / "transfer.json", lambda r: r.update(reliable_from={"face": 0.65}))
    change(run.reports / "voice.json", lambda r: r.update({"against an SVM": "better"}))
    shutil.copyfile(ROOT / "reports" / "fer_network.json", run.reports / "fer_network.json")
    assert "Beside the package `fer`" not in (run.docs / "model_card.md").read_text()
    card.write(run)
    page = (run.docs / "model_card.md").read_text()
    for said in (
        "at the temperature 3.46 ",
        "the area under the curve is 0.124 ",
        "from a confidence of 0.65 for face: ",
        "- Against an SVM: better.",
        "- face, stage 1: 1 epochs of 2 steps;",
        "## Beside the package `fer`",
        "| emodb, voice | 4 | ",
    ):
        assert said in page, said
    assert "PrivateTest was read" not in page  # true of what ships alone


def test_main_rows_are_those_shown_with_the_bundle(run: ReleasePaths) -> None:
    main = {row.name for row in card_scores(run.bundle) if row.main}
    assert {"FER2013 private test", "Java-SED, fused"} <= main
    transfer = json.loads((run.reports / "transfer.json").read_text())["rows"]
    assert not main & set(transfer)
    assert not any(word in name for name in main for word in ("women", "worst", "shipped"))


@pytest.mark.parametrize("name", PARTS)
def test_a_missing_report_is_named(run: ReleasePaths, name: str) -> None:
    (run.reports / f"{name}.json").unlink()
    with pytest.raises(UsageError, match=rf"{name}\.json: cannot be read .*; make it first$"):
        card.write(run)
