"""Peak resident memory of the whole command: a minute, an hour, an hour with a hundred cuts.

    python benchmarks/memory.py [--data DATA/java_sed] [--minutes 60] [--cuts 100] [--json FILE]

Clips are of 640x360, of one person; in the last one, four take turns. Encoded once and repeated.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from talking import Kind, material, talking_long

__all__ = ["peak", "peaks"]

_MEASURE = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, "
    "stdout=subprocess.DEVNULL); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)
UNIT = 30.0  # s that are encoded of one person
TURNS = 4  # people who take turns


def peak(clip: Path, *options: str) -> tuple[int, float]:
    """Megabytes of `mien predict` on a clip, and the seconds it took."""
    command = [sys.executable, "-m", "mien", "predict", str(clip), "--json", *options]
    began = time.perf_counter()
    measured = [sys.executable, "-c", _MEASURE, *command]
    printed = subprocess.run(measured, check=True, stdout=subprocess.PIPE, text=True).stdout
    return round(int(printed) / 1024), time.perf_counter() - began


def peaks(folder: Path, minutes: float, cuts: int, data: Path | None) -> dict[str, dict[str, Any]]:
    """Megabytes and seconds for a minute, for so many minutes, and for as many with cuts.

    Two at a time, each on one thread.
    """
    shot = 60 * minutes / cuts
    one, turns = Kind(640, 360), Kind(640, 360, TURNS, cut=shot)
    cases = {
        "1 min, one person": (one, 60.0, UNIT),
        f"{minutes:g} min, one person": (one, 60 * minutes, UNIT),
        f"{minutes:g} min, {cuts} cuts": (turns, 60 * minutes, TURNS * shot),
    }

    def measured(name: str) -> dict[str, Any]:
        kind, seconds, unit = cases[name]
        print(f"  memory: {name}", file=sys.stderr)
        clip = talking_long(folder / f"{name}.mp4", kind, seconds, unit, data)
        megabytes, took = peak(clip, "--threads", "1")
        clip.unlink()
        return {"seconds": seconds, "MB": megabytes, "took": round(took, 1)}

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(cases, pool.map(measured, cases), strict=True))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--cuts", type=int, default=100)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = peaks(Path(folder), options.minutes, options.cuts, options.data)
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "material": material(options.data),
        "clips": found,
    }
    print(json.dumps(result, indent=1))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
