"""What looking at few pictures costs in accuracy: the default against every picture, paired.

    python benchmarks/rate_accuracy.py DATA/java_sed [--json reports/rate_accuracy.json]

The shipped bundle on all clips of Java-SED with face and voice, at its own rate and at the clip's.
Its voice and its fusion learned from these actors, so that the figures say nothing about how good
it is; the difference between the rates they do show.
"""

from __future__ import annotations

import argparse
import json
import os
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

import mien
from mien.core.progress import progress_bar
from mien.evaluation.metrics import mcnemar, wilson
from mien.training.experiment.record import hardware
from project.bundle.clip_faces import clips_with_faces

EVERY = 25.0  # pictures a second; as many as the clips have
SAYS = ("answer", "face")


def said(path: Path, fps: float | None) -> list[str | None]:
    """The answer and the face's own."""
    found = mien.analyze(path, model=_bundle(), options=mien.Options(fps=fps))
    own = found.branches["face"].probabilities
    return [found.label, max(own, key=lambda name: own[name]) if own else None]


@cache
def _bundle() -> mien.Bundle:
    """One for each process."""
    return mien.load(threads=1)


def main() -> None:
    """Print both, and the pairs that differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    clips = clips_with_faces("java_sed", options.root)
    paths, labels = [clips.path(c) for c in clips.clips], [c.label for c in clips.clips]
    wanted = np.array(labels)[:, None]
    at_default, at_every = (np.array(run(paths, fps)) == wanted for fps in (None, EVERY))
    rows = {}
    for column, what in enumerate(SAYS):
        few, every = at_default[:, column], at_every[:, column]
        only_few, only_every, p = mcnemar(few, every)
        rows[what] = {
            "n": len(few),
            "default, right": round(float(few.mean()), 4),
            "every picture, right": round(float(every.mean()), 4),
            "interval": [round(x, 4) for x in wilson(float(every.sum()), len(every))],
            "only default right": only_few,
            "only every picture right": only_every,
            "p": float(f"{p:.2g}"),
        }
        print(what, json.dumps(rows[what]))
    report: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "hardware": hardware(),
        "command": "python benchmarks/rate_accuracy.py DATA/java_sed",
        "rows": rows,
    }
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")


def run(paths: list[Path], fps: float | None) -> list[list[str | None]]:
    """The answers for all clips, in a process a core."""
    with (
        progress_bar() as bar,
        ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool,
    ):
        task = bar.add_task(f"{fps or 'default'} pictures/s", total=len(paths))
        found = []
        for one in pool.map(partial(said, fps=fps), paths):
            found.append(one)
            bar.advance(task)
    return found


if __name__ == "__main__":
    main()
