"""`mien predict --baseline`, `--same-person`, `--persons` and `--save-baseline`."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import mien
from mien.cli.app import app
from mien.errors import UsageError
from mien.inference.same_person import read_persons


@pytest.fixture
def clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("clips/one.mp4", "clips/two.mp4"):
        Path(name).parent.mkdir(exist_ok=True)
        shutil.copy(mien.sample(), name)
    with Path("clips/two.mp4").open("ab") as stream:
        stream.write(bytes(8))  # so that it is another file
    return tmp_path


def predict(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["predict", *arguments], env={"COLUMNS": "200"})


def relative(path: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(Path(path).read_text("utf-8"))["relative"]
    return found


@pytest.mark.usefixtures("clips")
def test_one_clip_with_a_stretch_and_with_what_is_kept_of_it() -> None:
    done = predict("clips/one.mp4", "--baseline", "0-6", "--save-baseline", "anna.json")
    assert done.exit_code == 0, done.output
    assert "compared with their usual self (0-6 s)" in done.stdout
    done = predict("clips/one.mp4", "--baseline", "anna.json", "-o", "out", "--json", "--html")
    assert done.exit_code == 0, done.output
    assert relative("out/one.mp4.json")["baseline"] == "0-6 s"
    assert "usual self" in Path("out/one.mp4.html").read_text("utf-8")
    again = predict("clips/one.mp4", "--baseline", "0-7", "-o", "out", "--json", "--html")
    assert "done before" not in again.output, "another baseline is another answer"
    assert relative("out/one.mp4.json")["baseline"] == "0-7 s"


@pytest.mark.usefixtures("clips")
def test_many_recordings_of_one_person() -> None:
    done = predict("clips", "--same-person", "-o", "out", "--json", "--table", "t.csv")
    assert done.exit_code == 0, done.output
    found = relative("out/one.mp4.json")
    assert found["baseline"] == "2 recordings of the same person"
    assert found["branches"]["face"]["seconds"] > 14  # type: ignore[index]
    with Path("t.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["relative_label"] for row in rows] == [found["label"]] * 2


@pytest.mark.usefixtures("clips")
def test_a_table_says_who_is_who() -> None:
    Path("who.csv").write_text("path,person\nclips/one.mp4,Anna\nclips/two.mp4,\n", "utf-8")
    done = predict("clips", "--persons", "who.csv", "-o", "out", "--json")
    assert done.exit_code == 0, done.output
    assert relative("out/one.mp4.json")["baseline"] == "1 recording of Anna"
    assert "relative" not in json.loads(Path("out/two.mp4.json").read_text("utf-8"))


@pytest.mark.usefixtures("clips")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["clips/one.mp4", "--baseline", "9-3"], "ends before it begins"),
        (["clips", "--same-person", "--baseline", "auto"], "give one file"),
        (["clips", "--same-person", "--save-baseline", "x.txt"], "must end with .json"),
        (["clips", "--persons", "none.csv"], "none.csv: cannot be read"),
        (
            ["clips/one.mp4", "--baseline", "auto", "--save-baseline", "b.json"],
            "nothing is written",
        ),
    ],
)
def test_wrong_use_is_one_line(arguments: list[str], said: str) -> None:
    done = predict(*arguments)
    assert done.exit_code
    assert said in f"{done.exception} {done.output}"
    assert not Path("b.json").exists()


def test_a_recording_of_two_people_is_refused(tmp_path: Path) -> None:
    (tmp_path / "who.csv").write_text("path,person\na.mp4,Anna\n./a.mp4,Ben\n", "utf-8")
    with pytest.raises(UsageError, match=r"line 3: './a.mp4' is of 'Anna' and of 'Ben'"):
        read_persons(tmp_path / "who.csv")
    (tmp_path / "who.csv").write_text("path,person\na.mp4,\n", "utf-8")
    with pytest.raises(UsageError, match="names no person"):
        read_persons(tmp_path / "who.csv")
