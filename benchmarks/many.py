"""Cost of a clip when there are many: `batch` in one process, on copies of one second."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from clips import make_clip

from mien.core.inputs import expand
from mien.inference.analysis import Options
from mien.inference.batch import Job, run

__all__ = ["seconds_a_clip"]


def seconds_a_clip(count: int) -> float:
    """Wall seconds over clips; answers are written, a copy differs by a box at its end."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip = make_clip(folder / "one.mp4", 1, 320, 240).read_bytes()
        (folder / "one.mp4").unlink()
        for k in range(count):
            box = (16).to_bytes(4, "big") + b"free" + k.to_bytes(8, "big")
            (folder / f"{k:05}.mp4").write_bytes(clip + box)
        job = Job(None, "cpu", os.cpu_count() or 1, Options(), ("json",), folder / "out", False)
        began = time.perf_counter()
        for outcome in run(expand([str(folder)]), job):
            assert outcome.error is None
        return (time.perf_counter() - began) / count
