"""Whether two versions of mien give the same answers, clip by clip.

    python benchmarks/same_answers.py OLD/src NEW/src CLIP_OR_FOLDER...

Each version analyses the clips in a process of its own; the answers are compared as JSON, but for
the SHA-256 of the bundle. Exit code 1 if any differs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def answers(source: Path, clips: list[str]) -> dict[str, dict[str, Any]]:
    """{path: answer} of one version."""
    command = [sys.executable, "-m", "mien", "predict", "--json", "-j", "1", *clips]
    env = {**os.environ, "PYTHONPATH": str(source.resolve())}
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for line in lines:
        line["model"].pop("sha256")
    return {line["source"]["path"]: line for line in lines}


def main(old: str, new: str, *clips: str) -> int:
    """Compare, and name the clips that differ."""
    before, after = (answers(Path(source), list(clips)) for source in (old, new))
    differing = [path for path in before if before[path] != after.get(path)]
    for path in differing:
        print(f"differs: {path}")
    missing = sorted(before.keys() ^ after.keys())
    for path in missing:
        print(f"only one of them answers: {path}")
    print(f"{len(before)} answers, {len(differing)} differ")
    return int(bool(differing or missing or not before))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
