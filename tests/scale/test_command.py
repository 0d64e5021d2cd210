"""`mien predict --engine ray` as people run it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import mien
from mien.scale.storage import open_filesystem, write
from tests.conftest import tone, write_sound


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "mien", "predict", "--engine", "ray", *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.slow
def test_from_a_store_into_a_store_with_a_log(s3: str, tmp_path: Path) -> None:
    for n in range(2):
        clip = write_sound(tmp_path / f"{n}.wav", tone(0.5 + n), 16_000, "mono", "pcm_s16le")
        write(f"{s3}/in/{n}.wav", clip.read_bytes())
    write(f"{s3}/in/sample.mp4", mien.sample().read_bytes())
    write(f"{s3}/in/bad.mp4", b"no")
    log = tmp_path / "log.jsonl"
    arguments = (f"{s3}/in", "--out", f"{s3}/out", "--jobs", "1", "--log", str(log))
    done = command(*arguments)
    assert done.returncode == 1, done.stderr
    assert "3 done, 0 copies, 0 settled before, 1 failed" in done.stderr
    last = json.loads(log.read_text().splitlines()[-1])
    assert (last["total"], last["done"], last["failed"], last["left_seconds"]) == (4, 3, 1, 0)
    system, path = open_filesystem(f"{s3}/out")
    tables = {name.removeprefix(path).split("/")[1] for name in system.find(path)}
    assert tables == {"dataset.json", "clips", "windows", "people", "failures", "inputs"}
    again = command(*arguments)
    assert "0 done, 0 copies, 4 settled before, 0 failed" in again.stderr
    assert again.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("x.mp4",), "name the data set with --out"),
        (("x.mp4", "--out", "out", "--html"), "writes Parquet and nothing else"),
        (("x.mp4", "--out", "out", "--address", "127.0.0.1:9"), "no Ray cluster there"),
    ],
)
def test_wrong_usage_is_one_line(
    arguments: tuple[str, ...], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = command(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert why in done.stderr
    assert len(done.stderr.splitlines()) == 1
