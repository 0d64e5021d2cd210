"""Processor seconds for an hour of video by stage, for files of several lengths and sizes.

    python benchmarks/scale_costs.py [--seconds 6 60 600 6000] [--json reports/scale_costs.json]

The files are the sample clip, enlarged and looped. Stages run one after the other in one thread on
what the stage before has left, as in `mien.analyze`; what is counted is processor time (user and
system), so that a busy machine changes little. Bytes are those of the file and of the data set.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2
from clips import make_clip

import mien
from mien.inference.decide import decide
from mien.inference.session import Session
from mien.media import open_media
from mien.scale.dataset import MANIFEST, Dataset
from mien.scale.rows import rows_of

SIZES = {"360p": (640, 360), "720p": (1280, 720), "1080p": (1920, 1080)}
STAGES = ("decode", "detect", "encode", "voice", "fuse")


class Clock:
    """Processor seconds by stage."""

    def __init__(self) -> None:
        self.spent = dict.fromkeys(STAGES, 0.0)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what happens inside."""
        began = time.process_time()
        yield
        self.spent[name] += time.process_time() - began


def measure(path: Path, bundle: mien.Bundle, out: Path) -> dict[str, float]:
    """Seconds by stage, the seconds of media, and the bytes written for one file."""
    clock, session = Clock(), Session(bundle)
    with open_media(path, fps=bundle.fps, max_side=1920, threads=1) as media:
        chunks = media.chunks()
        while True:
            with clock.stage("decode"):
                chunk = next(chunks, None)
            if chunk is None:
                break
            with clock.stage("detect"):  # with tracks, smoothing and alignment
                looks = session.search(chunk.frames, chunk.times, chunk.scale)
                sighted = session.follow(looks)
            with clock.stage("encode"):
                session.look(chunk.frames, chunk.times)
                session.take(sighted)
            with clock.stage("voice"):
                session.push_sound(chunk.sound, chunk.sound_start)
        with clock.stage("encode"):
            session.finish()
    with clock.stage("fuse"):
        answer = decide(session, media, bundle, "0" * 64, 2.0, ())
        rows = rows_of(answer)
        parts = {name: [table] for name, table in rows.items()}
        Dataset(str(out), {}).commit({**parts, MANIFEST: [rows["clips"].select(["media"])]})
    written = sum(part.stat().st_size for part in out.rglob("*.parquet"))
    return {**clock.spent, "media": float(answer.source["duration"]), "written": written}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, nargs="+", default=[6, 60, 600, 6000])
    parser.add_argument("--sizes", nargs="+", default=["360p", "720p", "1080p"])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    bundle = mien.load(threads=1)
    with tempfile.TemporaryDirectory() as folder:
        measure(mien.sample(), bundle, Path(folder) / "out")  # what is loaded once
    plans = [(size, 60.0) for size in options.sizes]
    plans += [(options.sizes[0], seconds) for seconds in options.seconds if seconds != 60]
    runs = []
    for size, seconds in sorted(plans, key=lambda p: (SIZES[p[0]], p[1])):
        with tempfile.TemporaryDirectory() as folder:
            clip = make_clip(Path(folder) / "clip.mp4", seconds, *SIZES[size])
            found = measure(clip, bundle, Path(folder) / "out")
            hours = found["media"] / 3600
            run = {
                "size": size,
                "media_s": round(found["media"], 1),
                **{stage: round(found[stage] / hours, 1) for stage in STAGES},
                "all": round(sum(found[stage] for stage in STAGES) / hours, 1),
                "source_mb_an_hour": round(clip.stat().st_size / hours / 1e6, 1),
                "written_mb_an_hour": round(found["written"] / hours / 1e6, 3),
            }
        runs.append(run)
        print(json.dumps(run), flush=True)
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "unit": "processor seconds for an hour of video, one thread",
        "fps": bundle.fps,
        "runs": runs,
    }
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
