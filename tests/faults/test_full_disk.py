"""A small real file system that is full: one line for each result, nothing half-written."""

from __future__ import annotations

from pathlib import Path

import pytest

from mien.data.manifest import read_manifest, write_manifest
from mien.errors import OutputError
from tests.faults.bench import left_behind, run, whole


def fill(disk: Path, leave: int) -> Path:
    """Take the disk up to so many bytes."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as stream:
        try:
            while True:
                stream.write(bytes(4096))
        except OSError:
            stream.truncate(max(0, stream.tell() - leave))
    return ballast


@pytest.mark.parametrize("kind", ["json", "csv", "html", "srt", "video"])
def test_a_result_that_finds_no_room_is_one_line_and_leaves_nothing(
    disk: Path, folder: Path, kind: str
) -> None:
    out = disk / "out"
    out.mkdir()
    ballast = fill(disk, 0)
    done = run("predict", folder / "film0.mp4", "--out", out, f"--{kind}")
    assert done.returncode in (1, 2)
    (line,) = [one for one in done.stderr.splitlines() if one.startswith("mien: ")]
    assert "cannot be written (No space left on device)" in line
    assert "free some space or choose another folder" in line or "choose another folder" in line
    assert [path for path in out.rglob("*") if path.is_file()] == []
    ballast.unlink()
    done = run("predict", folder / "film0.mp4", "--out", out, f"--{kind}")
    assert done.returncode == 0, done.stderr
    assert left_behind(out) == []


def test_what_was_written_before_the_disk_was_full_is_whole(disk: Path, folder: Path) -> None:
    out = disk / "out"
    out.mkdir()
    fill(disk, 40_000)  # room for some of the answers
    done = run("predict", folder, "--out", out, "--jobs", 2)
    assert done.returncode in (1, 2)
    assert "No space left on device" in done.stderr
    before = whole(out)
    assert 0 < len(before) < 8
    assert left_behind(out) == []
    (disk / "ballast").unlink()
    done = run("predict", folder, "--out", out, "--jobs", 2)
    assert done.returncode == 0, done.stderr
    assert whole(out) == {path.name for path in folder.iterdir()}


def test_a_manifest_that_finds_no_room_leaves_the_old_one(disk: Path) -> None:
    table = disk / "m.csv"
    table.write_text("id,path,label\na,a.wav,happy\n")
    manifest = read_manifest(table)
    fill(disk, 0)
    long = type(manifest)("m", tuple(manifest.clips) * 500, manifest.labels, manifest.root)
    with pytest.raises(OutputError, match="No space left on device"):
        write_manifest(long, table)
    assert read_manifest(table) == manifest
    assert left_behind(disk) == []


def test_features_that_find_no_room_are_one_line(disk: Path, folder: Path) -> None:
    pytest.importorskip("pyarrow")
    table = folder.parent / "sounds.csv"
    rows = [f"s{n},{folder / f'sound{n}.wav'},happy" for n in range(6)]
    table.write_text("\n".join(["id,path,label", *rows, ""]))
    fill(disk, 20_000)
    measure = ("features", table, "--extract", "log_mel", "--store", disk / "store", "--jobs", 1)
    done = run(*measure)
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "No space left on device" in done.stderr
    (disk / "ballast").unlink()
    assert run(*measure).returncode == 0
    assert left_behind(disk) == []


@pytest.mark.slow
def test_a_training_that_finds_no_room_goes_on_once_there_is_some(
    disk: Path, tmp_path: Path
) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("pyarrow")
    from tests.training_corpus import losses, options

    whole_run, there = options(tmp_path, "whole", 2), disk / "run"
    given = [str(there) if one == str(tmp_path / "whole") else one for one in whole_run]
    store = ["--store", str(tmp_path / "store"), "--jobs", "1"]
    assert run("train", *whole_run, *store).returncode == 0
    fill(disk, 120_000)  # room for the settings, not for the weights
    done = run("train", *given, *store)
    assert done.returncode in (1, 2)
    (line,) = [one for one in done.stderr.splitlines() if one.startswith("mien: ")]
    assert "cannot be written (No space left on device)" in line
    assert not list(there.rglob("*.part"))
    (disk / "ballast").unlink()
    done = run("train", *given, *store)
    assert done.returncode == 0, done.stderr
    assert losses(there) == losses(tmp_path / "whole")
