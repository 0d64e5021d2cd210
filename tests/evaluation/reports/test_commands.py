from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from mien.cli.evaluate import compare, report
from mien.errors import UsageError
from mien.evaluation.reports import read_report, read_run
from mien.evaluation.reports.cost import Costs, write_costs
from mien.evaluation.reports.result import Cost
from mien.evaluation.scores import write_scores
from tests.evaluation.reports.tables import table

RECORD = {
    "format": 1,
    "recipe": {"name": "face_lstm", "branches": {}},
    "manifest": {"name": "tiny", "clips": 6, "speakers": ["s0", "s1"]},
    "folds": "speaker",
    "seeds": [0],
    "labels": ["no", "perhaps", "yes"],
    "versions": {"numpy": "2.0"},
    "commit": "0123456789abcdef",
    "date": "2026-11-21",
    "hardware": "x86_64, Linux, CPU",
    "stamp": "",
}
TRUTH = [0, 0, 0, 2, 2, 2]


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    made.command()(report)
    made.command()(compare)
    return made


def run(folder: Path, answers: list[int | None], **changed: object) -> Path:
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps({**RECORD, **changed}))
    write_scores(table(TRUTH, {"face": answers, "voice": [0] * 6}), folder / "scores.csv")
    return folder


def test_report_writes_beside_each_run(app: typer.Typer, tmp_path: Path) -> None:
    one, two = run(tmp_path / "one", TRUTH), run(tmp_path / "two", [0] * 6)
    done = CliRunner().invoke(app, ["report", str(one), str(two)], catch_exceptions=False)
    assert done.exit_code == 0
    for said in ("one", "two", "face_lstm", "speaker", "2026-11-21", "6 clips", "100.0", "50.0"):
        assert said in done.output, said
    for folder in (one, two):
        assert read_report(folder / "report" / "report.json").title == folder.name
        assert (folder / "report" / "report.html").is_file()
        assert (folder / "report" / "report.md").is_file()


def test_one_report_on_all_runs(app: typer.Typer, tmp_path: Path) -> None:
    one, two = run(tmp_path / "x" / "run", TRUTH), run(tmp_path / "y" / "run", [0] * 6)
    out = tmp_path / "out"
    arguments = ["report", str(one), str(two), "--out", str(out)]
    CliRunner().invoke(app, arguments, catch_exceptions=False)
    titles = [r.title for r in read_report(out / "report.json").reports]
    assert titles == [str(one), str(two)]  # both folders have one name
    assert not (one / "report").exists()


def test_compare_prints_every_count_and_the_stamp(app: typer.Typer, tmp_path: Path) -> None:
    one = run(tmp_path / "one", TRUTH)
    two = run(tmp_path / "two", [0] * 6, stamp="tuned on report")
    arguments = ["compare", str(one), str(two), "--system", "face", "-o", str(tmp_path / "out")]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    assert "† two: tuned on report" in done.output
    (pair,) = read_report(tmp_path / "out" / "report.json").comparisons
    assert pair.counts == ((3, 3, 0, 0),)
    assert "0.250†" in done.output  # 2 * 1/8


def test_compare_needs_two(app: typer.Typer, tmp_path: Path) -> None:
    one = run(tmp_path / "one", TRUTH)
    arguments = ["compare", str(one), "--system", "face"]
    with pytest.raises(UsageError, match="only one system"):
        CliRunner().invoke(app, arguments, catch_exceptions=False)


def test_the_run_says_stamp_prior_cost_and_alterations(tmp_path: Path) -> None:
    prior = {"no": 0.2, "yes": 0.8}
    folder = run(tmp_path / "one", TRUTH, stamp="random folds", prior=prior, title="my run")
    write_costs(Costs("a CPU", 3, 4.0, {"face": Cost(0.5, 2)}), folder)
    (folder / "altered").mkdir()
    for name in ("my own", "faceless", "blur", "muted"):
        write_scores(table(TRUTH, {"face": [None] * 6}), folder / "altered" / f"{name}.csv")
    found = read_run(folder)
    assert (found.stamp, found.prior, found.title) == ("random folds", prior, "my run")
    assert found.costs["face"].megabytes == 2
    assert "3 clips of 4.0 s on one core of a CPU" in found.facts["time and size"]
    assert list(found.altered) == ["muted", "faceless", "blur", "my own"]
    assert found.facts["commit"] == "0123456789ab"
    assert found.facts["protocol"] == "random folds"


def test_tables_for_a_readme_are_printed_alone(app: typer.Typer, tmp_path: Path) -> None:
    one, two = run(tmp_path / "one", TRUTH), run(tmp_path / "two", [0] * 6, stamp="random folds")
    write_costs(Costs("a CPU", 3, 4.0, {"face": Cost(0.5, 2)}), one)
    (one / "altered").mkdir()
    write_scores(table(TRUTH, {"face": [0] * 6}), one / "altered" / "blur.csv")
    arguments = ["report", "--table", str(one), str(two)]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    lines = done.output.splitlines()
    assert lines[2].startswith("| one: face | 6 | 100.0 % (61.0–100.0) | 100.0 % (100.0–100.0) |")
    assert lines[2].endswith("| 0.5 | 2 |")
    assert lines[4].startswith("| two: face | 6 | 50.0 %† (18.8–81.2) |")
    assert "| blur | 6 | 50.0 % (−50.0) | – |" in lines
    assert lines[-1] == "† two: random folds; better than on new clips."
    assert not (one / "report").exists()


def test_a_lone_fold_takes_the_prior_of_the_final_system(tmp_path: Path) -> None:
    folder = run(tmp_path / "one", TRUTH)
    assert read_run(folder).prior is None
    (folder / "final.json").write_text('{"prior": {"no": 0.5, "yes": 0.5}}')
    assert read_run(folder).prior == {"no": 0.5, "yes": 0.5}


def test_a_lone_table_will_do(app: typer.Typer, tmp_path: Path) -> None:
    write_scores(table(TRUTH, {"face": [0] * 6}), tmp_path / "mine.csv")
    CliRunner().invoke(app, ["report", str(tmp_path / "mine.csv")], catch_exceptions=False)
    assert "not known" in (tmp_path / "mine-report" / "report.md").read_text()


def test_folders_that_are_no_finished_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_run(tmp_path)
    folder = run(tmp_path / "old", TRUTH, format=0)
    with pytest.raises(UsageError, match=r"another version of mien .format 0, this one reads 1"):
        read_run(folder)
    for text, said in (("[]", "damaged"), ("{", "damaged"), ('{"format": 1, "folds": 3}', "folds")):
        (folder / "run.json").write_text(text)
        with pytest.raises(UsageError, match=said):
            read_run(folder)
    (folder / "run.json").write_text(json.dumps(RECORD))
    (folder / "scores.csv").unlink()
    with pytest.raises(UsageError, match=r"no scores\.csv yet"):
        read_run(folder)
