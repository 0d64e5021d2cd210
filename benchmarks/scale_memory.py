"""Memory and processor time of the driver of a run, at several sizes of the listing.

    python benchmarks/scale_memory.py [--inputs 1000 10000 100000] [--json FILE]

The inputs are short sounds; every hundredth has a content of its own, the others are hard links to
it. Each run has a process of its own, whose processor time and resident memory are told: the peak,
and what it was after each tenth of the inputs. The processor time of an input is the slope between
the least and the largest run.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import wave
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow
from pyarrow import parquet

os.environ.setdefault("OMP_NUM_THREADS", "1")


def make_inputs(folder: Path, count: int) -> Path:
    """Sounds of a third of a second, and a listing of them; the listing's path."""
    draw = np.random.default_rng(0)
    names = []
    original = folder
    for number in range(count):
        path = folder / f"{number // 1000:03d}" / f"{number:06d}.wav"
        path.parent.mkdir(exist_ok=True)
        if number % 100:
            path.hardlink_to(original)
        else:
            original = path
            with wave.open(str(path), "wb") as out:
                out.setparams((1, 2, 16_000, 0, "NONE", ""))
                out.writeframes(draw.integers(-900, 900, 5000, np.int16).tobytes())
        names.append(str(path.relative_to(folder)))
    table = pyarrow.table({"path": names})
    parquet.write_table(table, folder / "listing.parquet")
    return folder / "listing.parquet"


def drive(listing: str, out: str, workers: int, count: int) -> None:
    """One run; prints the counts, the seconds and the memory of this process in MB."""
    from mien.scale import Run, State, analyze_corpus

    held: list[float] = []

    def watch(state: State) -> None:
        while state.settled * 10 >= count * (len(held) + 1):
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            held.append(round(pages * resource.getpagesize() / 2**20, 1))

    began, before = time.monotonic(), time.process_time()
    state = analyze_corpus(listing, out, run=Run(workers=workers), progress=watch)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {"done": state.done, "copies": state.copies, "mb": peak, "held": held}
    found |= {"s": time.monotonic() - began, "cpu": time.process_time() - before}
    print(json.dumps(found))


def main() -> None:
    """Print peak megabytes for each number of inputs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    runs = []
    for count in options.inputs:
        with tempfile.TemporaryDirectory() as folder:
            listing = make_inputs(Path(folder), count)
            call = f"drive({str(listing)!r}, {folder + '/out'!r}, {options.workers}, {count})"
            code = f"import scale_memory; scale_memory.{call}"
            line = [sys.executable, "-c", code]
            here = Path(__file__).parent
            done = subprocess.run(line, check=True, capture_output=True, text=True, cwd=here)
        found = json.loads(done.stdout.splitlines()[-1])
        runs.append(
            {
                "inputs": count,
                "analysed": found["done"],
                "copies": found["copies"],
                "peak_mb": round(found["mb"], 1),
                "mb_after_each_tenth": found["held"],
                "seconds": round(found["s"], 1),
                "driver_cpu_s": round(found["cpu"], 1),
            }
        )
        print(json.dumps(runs[-1]), flush=True)
    first, last = runs[0], runs[-1]
    spent = (last["driver_cpu_s"] - first["driver_cpu_s"]) / (last["inputs"] - first["inputs"])
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "driver_cpu_ms_an_input": round(1000 * spent, 3),
        "runs": runs,
    }
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
