from __future__ import annotations

import csv
import shutil
from itertools import combinations
from pathlib import Path

from mien.evaluation.reports import read_run, report_of
from mien.fusion.diversity import diversity
from mien.training.papers.page import _distances, tables
from mien.training.papers.runs import runs_of


def line(text: str, start: str) -> list[str]:
    found = next(row for row in text.splitlines() if row.startswith(f"| {start} |"))
    return [cell.strip() for cell in found.strip("|").split(" | ")]


def test_our_figures_are_those_of_the_report(made: Path) -> None:
    text = tables("resnet_lstm", runs_of("resnet_lstm", made / "run"))
    report = report_of(read_run(made / "run"))
    concat = next(one for one in report.systems if one.name == "concat")
    said = line(text, "both concatenated")
    assert said[2] == str(concat.n) == "3"
    assert said[3].startswith(f"{100 * concat.accuracy.mean:.1f} % (")
    assert said[4].startswith(f"{100 * concat.uar.mean:.1f} %")
    assert line(text, "EmoNets 2013")[1:4] == ["47.6 test of 2013", "–", "paper only"]
    assert "not trained" not in text


def test_what_was_not_trained_is_said(made: Path) -> None:
    text = tables("resnet_lstm", {"": made / "run"})
    assert line(text, "audio net; FIXED")[3] == "not trained"
    alone = tables("resnet_lstm", {})
    assert line(alone, "audio net")[3] == "not trained"
    assert line(alone, "EmoNets 2013")[3] == "paper only"


def test_the_papers_figures_have_the_interval_of_their_clips() -> None:
    """Wilson, 55.61 % of 383: 50.60 to 60.51."""
    text = tables("hybrid", {})
    assert line(text, "weighted by grid search")[1] == "55.61 val (50.6–60.5)"
    assert line(text, "SVM")[1] == "35.51 val (30.9–40.4); UAR 31.97 val"


def test_a_row_of_val_and_test_has_both() -> None:
    said = line(tables("msff", {}), "2: the four of table 1")[1]
    assert said.startswith("56.05 val (")
    assert "; 60.64 test (" in said


def test_models_that_err_differently_come_first(made: Path) -> None:
    report = report_of(read_run(made / "run"))
    text = _distances(made / "run", report)
    names = ("frames", "frames_lstm", "audio")
    matrices = {s.name: s.confusion for s in report.systems}
    wanted = sorted(f"{diversity(matrices[a], matrices[b]):.2f}" for a, b in combinations(names, 2))
    said = [row.strip("| ").split(" | ")[1] for row in text.splitlines()[2:]]
    assert said == wanted[::-1]


def test_clips_without_a_face_have_a_column_of_their_own(made: Path, tmp_path: Path) -> None:
    """One clip's face is taken away: 3 clips in all, 2 with a face."""
    run = Path(shutil.copytree(made / "run", tmp_path / "run"))
    record = (run / "run.json").read_text()
    (run / "run.json").write_text(record.replace('"modality": "frame"', '"modality": "face"'))
    with (run / "scores.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    names = [n for n in rows[0] if n not in ("id", "speaker", "label", "fold", "seed", "system")]
    first = rows[0]["id"]
    for row in rows:
        if row["id"] == first and row["system"] in ("frames", "frames_lstm"):
            row.update(dict.fromkeys(names, ""))
    with (run / "scores.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    text = tables("resnet_lstm", {"": run})
    assert "3 clips" in text
    assert "(2 of them show a face)" in text
    assert line(text, "both concatenated")[2] == "3"
    assert line(text, "both concatenated")[5].endswith("n 2")


def test_losses_of_the_printed_rate_and_of_the_mended_one(made: Path) -> None:
    text = tables("resnet_lstm", runs_of("resnet_lstm", made / "run"))
    assert "ln 7 = 1.946" in text
    with (made / "run" / "fits" / "audio-seed0-fold0" / "log.csv").open(newline="") as stream:
        loss = float(next(csv.DictReader(stream))["loss"])
    assert line(text, "audio, as printed")[1:3] == ["1", f"{loss:.3f}"]
