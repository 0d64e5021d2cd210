"""The command on a terminal of 80 and of 40 columns: what stands there in the end is whole."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

import mien

if os.name == "nt":
    pytest.skip("Windows has no pseudo-terminals of this kind", allow_module_level=True)

from tests.screen import Ended, in_terminal, rows_of

PREDICT = [sys.executable, "-m", "mien", "predict"]


def lines(ended: Ended) -> list[str]:
    return [row for row in ended.rows if row]


def test_the_emulator_does_what_a_terminal_does() -> None:
    assert rows_of("abc\r\ndef\x1b[1A\rX\x1b[2Ky", 10) == [" y", "def"]
    assert rows_of("abcdef", 4) == ["abcd", "ef"]
    assert rows_of("\x1b[?25l\x1b[32mabc\x1b[0m\r\x1b[Kd", 10) == ["d"]


@pytest.mark.parametrize("width", [80, 40])
def test_an_answer_stands_whole(width: int) -> None:
    ended = in_terminal([*PREDICT, str(mien.sample())], width)
    assert ended.code == 0
    assert "0/1" in ended.raw  # the bar was there
    rows = lines(ended)
    assert not [row for row in rows if "━" in row or "0/1" in row or "1/1" in row]
    assert max(map(len, rows)) <= width
    bars = [row for row in rows if "█" in row or "▏" in row]
    assert [row.split()[0] for row in bars] == list(mien.EMOTIONS.names)
    start = next(k for k, row in enumerate(rows) if "together" in row)
    assert rows[start + 1 : start + 8] == bars
    assert str(mien.sample()) == "".join(rows)[: len(str(mien.sample()))]


@pytest.mark.parametrize("width", [80, 40])
def test_several_files_have_a_line_each_and_failures_too(tmp_path: Path, width: int) -> None:
    for name in ("a.mp4", "c.mp4"):
        shutil.copy(mien.sample(), tmp_path / name)
        with (tmp_path / name).open("ab") as stream:
            stream.write(name.encode())
    (tmp_path / "b.mp4").write_bytes(b"no film" * 100)
    ended = in_terminal([*PREDICT, str(tmp_path), "-j", "1"], width)
    assert ended.code == 1
    whole = "".join(row.ljust(width) if len(row) > width - 1 else f"{row}\n" for row in ended.rows)
    assert "━" not in whole
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        assert ended.raw.count(f"{name}: ") == 1
    assert "2 done, 0 done before, 1 failed" in whole


def test_json_goes_into_a_file_and_the_bar_to_the_terminal(tmp_path: Path) -> None:
    with (tmp_path / "a.json").open("wb") as stream:
        ended = in_terminal([*PREDICT, str(mien.sample()), "--json"], 80, stdout=stream)
    assert ended.code == 0
    assert "0/1" in ended.raw
    assert json.loads((tmp_path / "a.json").read_text("utf-8"))["schema"] == 1
    assert lines(ended) == []


def test_json_on_a_terminal_is_not_cut_by_a_bar() -> None:
    ended = in_terminal([*PREDICT, str(mien.sample()), "--json"], 80)
    assert "━" not in ended.raw
    assert json.loads(ended.raw)["schema"] == 1


@pytest.mark.parametrize("out", [True, False])
def test_ctrl_c_says_what_is_done_and_how_to_go_on(tmp_path: Path, out: bool) -> None:
    for k in range(6):
        shutil.copy(mien.sample(), tmp_path / f"{k:02}.mp4")
        with (tmp_path / f"{k:02}.mp4").open("ab") as stream:
            stream.write(bytes(k + 1))
    options = ["--out", str(tmp_path / "out"), "--json"] if out else []
    table = tmp_path / "t.csv"
    command = [*PREDICT, str(tmp_path), "-j", "1", "--table", str(table), *options]
    ended = in_terminal(command, 200, interrupt="01.mp4: ")
    assert ended.code == 130
    assert "Traceback" not in ended.raw
    (said,) = [row for row in lines(ended) if row.startswith("mien: ")]
    done = len(table.read_text("utf-8").splitlines()) - 1
    assert 1 <= done < 6
    advice = "the same command goes on" if out else "with --out DIR the same command would go on"
    assert (
        said == f"mien: interrupted: {done} of 6 files done, which {table} has; {advice} from there"
    )
    if out:
        ended = in_terminal([*command[:-1], "--json"], 200)
        assert f"{6 - done} done, {done} done before, 0 failed" in ended.raw
        assert len(table.read_text("utf-8").splitlines()) == 7
