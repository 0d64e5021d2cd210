"""Peak resident memory of the whole command for clips of different lengths.

python benchmarks/memory.py [--minutes 1 60] [--json reports/memory.json]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from clips import make_clip

__all__ = ["peak"]

_MEASURE = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, "
    "stdout=subprocess.DEVNULL); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)


def peak(clip: Path, *options: str) -> tuple[int, float]:
    """Megabytes of `mien predict` on a clip, and the seconds it took."""
    command = [sys.executable, "-m", "mien", "predict", str(clip), "--json", *options]
    began = time.perf_counter()
    measured = [sys.executable, "-c", _MEASURE, *command]
    said = subprocess.run(measured, check=True, stdout=subprocess.PIPE, text=True).stdout
    return round(int(said) / 1024), time.perf_counter() - began


def main() -> None:
    """Print megabytes and seconds for each length."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, nargs="+", default=[1, 60])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    result: dict[str, object] = {"date": datetime.now(UTC).date().isoformat(), "size": "640x360"}
    with tempfile.TemporaryDirectory() as folder:
        for minutes in options.minutes:
            clip = make_clip(Path(folder) / f"{minutes:g}.mp4", 60 * minutes, 640, 360)
            megabytes, seconds = peak(clip)
            result[f"{minutes:g} min, MB"] = megabytes
            result[f"{minutes:g} min, s"] = round(seconds, 1)
            clip.unlink()
            print(json.dumps(result))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
