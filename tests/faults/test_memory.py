"""Too little memory: one line for the file, the others go on."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.faults.bench import run, whole

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("prlimit") is None, reason="limits memory with prlimit"
)


def test_a_picture_that_needs_more_memory_than_there_is(folder: Path, tmp_path: Path) -> None:
    clips = Path(shutil.copytree(folder, tmp_path / "clips"))
    black = np.zeros((20_000, 20_000, 3), np.uint8)
    cv2.imwrite(str(clips / "large.png"), black, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    out = tmp_path / "out"
    few = ["prlimit", f"--as={2_000_000_000}"]
    paths = [clips / "sound0.wav", clips / "large.png", clips / "sound1.wav"]
    done = run("predict", *paths, "--out", out, "--jobs", 1, before=few, OMP_NUM_THREADS="1")
    assert done.returncode == 1
    (line,) = [one for one in done.stderr.splitlines() if one.startswith("mien: ")]
    assert line.startswith(f"mien: {clips / 'large.png'}: ")
    assert whole(out) == {"sound0.wav", "sound1.wav"}
