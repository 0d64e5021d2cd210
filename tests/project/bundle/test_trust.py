"""The page "How far to trust it": every figure on it is of a report."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

from project.bundle import trust
from project.bundle.release_paths import ReleasePaths

ROOT = Path(__file__).resolve().parents[3]


def page(place: ReleasePaths) -> str:
    trust.write(place)
    return (place.docs / "trust.md").read_text()


def test_the_page_that_ships_is_what_the_reports_of_the_repository_make(tmp_path: Path) -> None:
    place = ReleasePaths(tmp_path, ROOT / "reports", tmp_path, tmp_path)
    assert page(place) == (ROOT / "docs" / "trust.md").read_text()
    drawn = (tmp_path / "reliability_unseen.svg").read_text()
    assert drawn == (ROOT / "docs" / "reliability_unseen.svg").read_text()


def test_every_corpus_left_out_stands_on_it(run: ReleasePaths) -> None:
    text = page(run)
    report = json.loads((run.reports / "transfer.json").read_text())
    assert len(report["rows"]) == 8
    for title, row in report["rows"].items():
        accuracy, (low, high) = 100 * row["accuracy"], (100 * x for x in row["interval"])
        line = f"| {title} | {row['n']} | {accuracy:.1f} ({low:.1f}-{high:.1f}) | "
        assert line + f"{100 * row['among_its_classes']:.1f} | " in text
        recalls = [None if r is None else f"{100 * r:.0f}" for r in row["recalls"]]
        assert f"| {title} | " + " | ".join(r or "–" for r in recalls) + " |" in text
    assert f"is {100 * report['score']:.1f} %" in text
    assert report["command"] in text
    root = ElementTree.parse(run.docs / "reliability_unseen.svg").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"


def test_corpora_one_by_one_stand_in_a_square(run: ReleasePaths) -> None:
    lines = ["trained_on,tested_on,n,accuracy,among", "emodb,ased,28,0.3,0.4321"]
    lines.append("all others,emodb,454,0.5,0.6789")
    (run.reports / trust.PAIRS).write_text("\n".join(lines) + "\n")
    text = page(run)
    assert "| voice, trained on | RAVDESS | EMO-DB | Java-SED | nEMO | ASED |" in text
    assert "| EMO-DB |  |  |  |  | 43.2 |" in text
    assert "| all others |  | 67.9 |  |  |  |" in text
    assert "ASED Amharic" in text
    (run.reports / trust.PAIRS).unlink()
    assert "trained on |" not in page(run)


def test_a_changed_answer_moves_the_picture(run: ReleasePaths) -> None:
    page(run)
    before = (run.docs / "reliability_unseen.svg").read_text()
    shutil.copyfile(run.reports / "voice_java_sed.csv", run.reports / "voice_left_out_java_sed.csv")
    page(run)
    assert (run.docs / "reliability_unseen.svg").read_text() != before
