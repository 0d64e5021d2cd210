"""Folders that may not be written, files that may not be read: one line, the others go on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.faults.bench import run, whole


def told(stderr: str) -> str:
    (line,) = [one for one in stderr.splitlines() if one.startswith("mien: ")]
    return line.removeprefix("mien: ")


@pytest.fixture
def read_only(tmp_path: Path) -> Path:
    shut = tmp_path / "shut"
    shut.mkdir(mode=0o555)
    return shut


@pytest.mark.parametrize(
    ("verb", "advice"),
    [
        (("predict", "CLIP", "--out", "SHUT"), "--out"),
        (("predict", "CLIP", "--out", "SHUT/deep"), "--out"),
        (("demo", "--out", "SHUT/demo"), "--out"),
        (("convert", "ANSWER", "--to", "eaf", "--out", "SHUT/x"), "--out"),
        (("serve", "--port", "0", "--data", "SHUT/data"), "--data"),
        (("features", "TABLE", "--extract", "log_mel", "--store", "SHUT/s", "-j", "1"), "--store"),
    ],
)
def test_a_folder_that_may_not_be_written(
    bound: list[str],
    folder: Path,
    read_only: Path,
    tmp_path: Path,
    verb: tuple[str, ...],
    advice: str,
) -> None:
    clip = folder / "sound0.wav"
    if "ANSWER" in verb:
        assert run("predict", clip, "--out", tmp_path / "out").returncode == 0
    (tmp_path / "table.csv").write_text(f"id,path,label\na,{clip},happy\n")
    places = {
        "CLIP": clip,
        "ANSWER": tmp_path / "out" / "sound0.wav.json",
        "TABLE": tmp_path / "table.csv",
    }
    given = [places.get(word, word.replace("SHUT", str(read_only))) for word in verb]
    done = run(*given, before=bound)
    assert done.returncode in (1, 2)
    line = told(done.stderr)
    assert line.startswith(str(read_only))
    assert "Permission denied" in line
    assert advice in line
    assert list(read_only.iterdir()) == []


def test_files_that_may_not_be_read_fail_and_the_others_go_on(
    bound: list[str], folder: Path, tmp_path: Path
) -> None:
    clips = Path(shutil.copytree(folder, tmp_path / "clips"))
    (clips / "deep").mkdir()
    shutil.copy(clips / "sound2.wav", clips / "deep")
    (clips / "sound1.wav").chmod(0)
    (clips / "deep").chmod(0)
    out = tmp_path / "out"
    try:
        done = run("predict", clips, "--out", out, "--jobs", 2, before=bound)
        inside = run("predict", clips / "deep" / "sound2.wav", before=bound)
    finally:
        (clips / "deep").chmod(0o755)
    lines = {line for line in done.stderr.splitlines() if line.startswith("mien: ")}
    why = "cannot be read (Permission denied)"
    assert lines == {f"mien: {clips / name}: {why}" for name in ("sound1.wav", "deep")}
    assert done.returncode == 1
    assert len(whole(out)) == 7
    assert told(inside.stderr) == f"{clips / 'deep' / 'sound2.wav'}: {why}"


def test_a_folder_whose_rights_are_lost_between_two_runs(
    bound: list[str], folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert run("predict", folder / "sound0.wav", "--out", out).returncode == 0
    before = (out / "sound0.wav.json").read_bytes()
    out.chmod(0o555)
    try:
        done = run("predict", folder, "--out", out, "--force", before=bound)
    finally:
        out.chmod(0o755)
    assert done.returncode == 2
    assert "Permission denied" in told(done.stderr)
    assert {path.name for path in out.iterdir()} == {"sound0.wav.json", ".mien-done.jsonl"}
    assert (out / "sound0.wav.json").read_bytes() == before


def test_the_list_of_what_is_done_may_not_be_read(
    bound: list[str], folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert run("predict", folder / "sound0.wav", "--out", out).returncode == 0
    (out / ".mien-done.jsonl").chmod(0)
    done = run("predict", folder / "sound0.wav", "--out", out, before=bound)
    assert done.returncode == 2
    assert ".mien-done.jsonl: cannot be written (Permission denied)" in told(done.stderr)
