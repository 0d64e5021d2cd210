"""Streams with old encodings, and streams that are not there: one line, never a traceback."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import mien
from mien.core.streams import can_show
from tests.conftest import tone, write_sound

COMMAND = f"{shlex.quote(sys.executable)} -W error -m mien"


def shell(text: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        ["sh", "-c", text], capture_output=True, env={**os.environ, **environment}, timeout=120
    )
    assert b"Traceback" not in done.stderr + done.stdout
    return done


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A sound with a name that no old encoding has."""
    return write_sound(tmp_path / "ľ☃ü.wav", tone(1), 16_000, "mono", "pcm_s16le")


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "ascii", "iso8859-15"])
def test_a_batch_is_printed_in_an_old_encoding(clip: Path, encoding: str) -> None:
    other = clip.with_name("b.wav")
    other.write_bytes(clip.read_bytes() + b"\0\0")
    broken = clip.with_name("☃.mp4")
    broken.write_bytes(b"no film" * 100)
    text = f"{COMMAND} predict {broken} {clip} {other} {mien.sample()} -j 1"
    done = shell(text, PYTHONIOENCODING=encoding)
    assert done.returncode == 1
    said = done.stdout.decode(encoding).splitlines()
    assert len(said) == 3
    assert "\\u2603" in said[0]
    assert "3 done, 0 done before, 1 failed" in done.stderr.decode(encoding)


def test_bars_are_of_what_the_encoding_has() -> None:
    done = shell(f"{COMMAND} predict {mien.sample()}", PYTHONIOENCODING="latin-1")
    assert done.returncode == 0
    assert b"  ######" in done.stdout
    assert can_show("█▏", "utf-8")
    assert not can_show("█▏", "cp1252")
    assert not can_show("a", "no such encoding")


def test_json_is_json_in_every_encoding(clip: Path) -> None:
    answers = [
        json.loads(shell(f"{COMMAND} predict {clip} --json", PYTHONIOENCODING=name).stdout)
        for name in ("utf-8", "ascii")
    ]
    assert answers[0] == answers[1]
    assert answers[0]["source"]["path"] == str(clip)


def test_a_closed_stdout_is_one_line(clip: Path) -> None:
    done = shell(f"{COMMAND} predict {clip} >&-")
    assert done.returncode == 2
    assert done.stderr.decode().splitlines() == [
        "mien: stdout is closed, so the answers have nowhere to go; add --out DIR"
    ]
    for verb in ("schema", "--help", f"info {clip}"):
        done = shell(f"{COMMAND} {verb} >&-")
        assert (done.returncode, done.stderr.count(b"\n")) == (1, 1), verb
        assert b"stdout is closed" in done.stderr


def test_results_are_written_when_nobody_can_see_the_answers(clip: Path, tmp_path: Path) -> None:
    for number, ends in enumerate((">&-", "| true", "> /dev/full")):
        out = tmp_path / str(number)
        if "full" in ends and not Path("/dev/full").exists():
            continue
        second = clip.with_name("b.wav")
        second.write_bytes(clip.read_bytes() + b"\0\0")
        done = shell(f"{COMMAND} predict {clip} {second} -j 1 --out {out} {ends}")
        assert {path.name for path in out.glob("*.json")} == {"ľ☃ü.wav.json", "b.wav.json"}, ends
        assert b"2 done" in done.stderr


def test_a_closed_stdin_is_one_line(clip: Path) -> None:
    done = shell(f"{COMMAND} predict - <&-")
    assert done.returncode == 2
    assert done.stderr.decode() == ("mien: '-' reads a list of files from stdin, which is closed\n")
    assert shell(f"{COMMAND} predict {clip} --json <&- 2>&-").returncode == 0
