"""Every command of docs/training_your_own.md, in its order, on a small slice of real clips.

Then those of docs/evaluation.md, on the runs that these have made.
"""

from __future__ import annotations

import csv
import re
import shlex
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mien.cli.app import app
from tests.docs.pages import blocks

pytest.importorskip("torch")
pytest.importorskip("opensmile")

PAGE = Path(__file__).resolve().parents[2] / "docs" / "training_your_own.md"
EVALUATION = PAGE.with_name("evaluation.md")
FEW = "--set face.model.schooling.fit.epochs=1 --set face.model.schooling.fit.steps=5"
QUICK = {
    r"^train face_lstm": FEW,
    r"^(train|search|features|evaluate)": "-j 1",
    r"^search": "--trials 2",
}
"""What a command is given on top, so that it is done soon."""


def steps() -> list[tuple[str, str]]:
    """(command, first line of what the page says it prints, "" where it says nothing)."""
    found, blocks = [], r"```sh\n(.*?)```\n+(?:```text\n(.*?)```)?"
    for block, said in re.findall(blocks, PAGE.read_text(encoding="utf-8"), re.DOTALL):
        lines = block.replace("\\\n", " ").splitlines()
        found += [(line, "") for line in lines[:-1]]
        found.append((lines[-1], said.lstrip().partition("\n")[0].strip()))
    return found


def of_evaluation() -> list[str]:
    """The commands of docs/evaluation.md, without what their lines say about them."""
    code = [one.code for one in blocks(EVALUATION) if one.language == "sh"]
    return [re.split(" [#>]", line)[0].strip() for line in "".join(code).splitlines()]


def plain(text: str) -> str:
    """Without numbers, frames and the width of columns."""
    return " ".join(re.sub(r"[\d.,–−+%-]+|[━─]", " ", text).split())


def slice_of(table: Path) -> None:
    """Keep four speakers, one sentence each."""
    with table.open(newline="") as stream:
        rows = list(csv.reader(stream))
    kept = [row for row in rows[1:] if re.match(r"video/(01|02|06|07)-01-", row[0])]
    with table.open("w", newline="") as stream:
        csv.writer(stream).writerows([rows[0], *kept])


@pytest.mark.slow
@pytest.mark.data
def test_all_commands_of_the_page_work_in_a_row(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "96")
    verbs = set()
    for command, said in steps():
        line = command.replace("DATA", str(data)).removeprefix("mien ")
        quick = " ".join(more for start, more in QUICK.items() if re.search(start, line))
        done = CliRunner().invoke(app, shlex.split(f"{line} {quick}"))
        assert done.exit_code == 0, f"{command}: {done.exception!r}\n{done.output}"
        assert plain(said.replace("DATA", str(data))) in plain(done.output), command
        if line.startswith("data prepare"):
            slice_of(tmp_path / "clips.csv")
        verbs.add(line.split()[0])
    wanted = {"data", "features", "train", "search", "report", "compare", "evaluate", "export"}
    assert verbs >= {*wanted, "predict", "recipes"}
    shutil.copy("clips.csv", "other.csv")
    assert len(of_evaluation()) > 4
    for command in of_evaluation():
        quick = "-j 1" if command.startswith("mien evaluate") else ""
        done = CliRunner().invoke(app, shlex.split(f"{command.removeprefix('mien ')} {quick}"))
        assert done.exit_code == 0, f"{command}: {done.exception!r}\n{done.output}"


def test_the_page_trains_all_three_kinds_of_recipes() -> None:
    trained = {command.split()[2] for command, _ in steps() if command.startswith("mien train")}
    assert trained == {"mien", "is10_svm", "face_lstm"}
