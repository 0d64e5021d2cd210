"""How long a clip takes against decoding it alone, in one run; and the command, cold.

    python benchmarks/speed.py [--runs 5] [--json reports/speed.json]

Makes a 10 s clip of 1280x720 at 25 frames/s with one face and speech; decodes it with PyAV alone
(all frames, all sound, no conversion), then runs the whole pipeline, warm; prints medians and
ratios. Needs four cores for the figures of the README; prints how many there are.
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
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import av

sys.path.insert(0, str(Path(__file__).parent))

from clips import make_clip


def decode(path: Path) -> int:
    """Decode everything, with the decoder's threads, and do nothing with it."""
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        return sum(1 for _ in container.decode())


def timed(work: Callable[[], object], runs: int) -> float:
    """Median seconds."""
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    import mien

    with tempfile.TemporaryDirectory() as folder:
        clip = make_clip(Path(folder) / "clip.mp4", 10, 1280, 720)
        bundle = mien.load()
        every = mien.Options(fps=25)
        mien.analyze(clip, model=bundle)
        floor = timed(lambda: decode(clip), options.runs)
        whole = timed(lambda: mien.analyze(clip, model=bundle), options.runs)
        dense = timed(lambda: mien.analyze(clip, model=bundle, options=every), options.runs)
        command = [sys.executable, "-m", "mien.cli", "predict", str(clip)]
        quiet = subprocess.DEVNULL
        cold = timed(lambda: subprocess.run(command, check=True, stdout=quiet, stderr=quiet), 3)
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "decode_s": round(floor, 3),
        "default_s": round(whole, 3),
        "every_frame_s": round(dense, 3),
        "cold_command_s": round(cold, 3),
        "default_ratio": round(whole / floor, 2),
        "every_frame_ratio": round(dense / floor, 2),
        "cold_adds_s": round(cold - whole, 2),
    }
    print(json.dumps(result, indent=1))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
