"""Clips a second of workers on Ray against as many independent processes, in one run.

    python benchmarks/scale_speed.py --data DATA [--clips 192] [--rounds 3] [--json FILE]

DATA holds java_sed/video. At 1, 2 and 4: first that many processes of `mien predict`, each with one
thread and its own share of the clips, then `mien.scale` with that many workers on all of them. A
rate is taken from the first result to the last one, without starting up; the processes' rates are
added up. The figure is the median of the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from mien.scale import Run, State, analyze_corpus


def processes(clips: list[Path], count: int, out: Path) -> float:
    """Clips a second of `count` processes together."""
    line = [sys.executable, "-m", "mien", "predict", "--jobs", "1", "--threads", "1", "--parquet"]
    quiet = subprocess.DEVNULL
    running = []
    for number in range(count):
        mine = [str(path) for path in clips[number::count]]
        command = [*line, "--out", str(out / str(number)), *mine]
        running.append(subprocess.Popen(command, stdout=quiet, stderr=quiet))
    for process in running:
        process.wait()
    rate = 0.0
    for number in range(count):
        times = sorted(p.stat().st_mtime for p in (out / str(number)).glob("*.parquet"))
        rate += (len(times) - 1) / (times[-1] - times[0])
    return rate


def workers(listing: Path, count: int, out: Path) -> float:
    """Clips a second of `count` workers on Ray, all parts written."""
    seen: list[tuple[float, int]] = []

    def watch(state: State) -> None:
        if state.settled >= count:
            seen.append((time.monotonic(), state.settled))

    analyze_corpus(listing, out, run=Run(workers=count, every=1e9), progress=watch)
    (began, first), (ended, last) = seen[0], seen[-1]
    return (last - first) / (ended - began)


def main() -> None:
    """Print rates and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--clips", type=int, default=192)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    clips = sorted((options.data / "java_sed" / "video").glob("*.mp4"))[: options.clips]
    runs = []
    for count in options.workers:
        alone, ray = [], []
        for _ in range(options.rounds):
            with tempfile.TemporaryDirectory() as folder:
                root = Path(folder)
                listing = root / "listing.csv"
                listing.write_text("path\n" + "".join(f"{path.resolve()}\n" for path in clips))
                alone.append(processes(clips, count, root / "alone"))
                ray.append(workers(listing, count, root / "ray"))
        runs.append(
            {
                "workers": count,
                "processes_clips_per_s": round(statistics.median(alone), 2),
                "ray_clips_per_s": round(statistics.median(ray), 2),
                "ratio": round(
                    statistics.median(r / a for r, a in zip(ray, alone, strict=True)), 3
                ),
                "ratios": [round(r / a, 3) for r, a in zip(ray, alone, strict=True)],
            }
        )
        print(json.dumps(runs[-1]), flush=True)
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "clips": len(clips),
        "rounds": options.rounds,
        "runs": runs,
    }
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
