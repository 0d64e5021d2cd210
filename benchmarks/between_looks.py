"""How far a face lies from where it is put in pictures that the detector does not look at.

    python benchmarks/between_looks.py FOLDER ... [--json reports/between_looks.json]

`mien.faces.search` looks at two pictures a second; where no point of a face moved by more than
`STILL` of its side between two looks, the pictures between are not looked at, and the face is put
on the line between. Here all pictures of the clips, four a second, are looked at, and for each
three in a row with one face: how far it moved from the first to the third, and how far the second
is from the middle. What the detector itself wavers by is in it, as the first rows show.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from itertools import islice, pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.core.progress import progress_bar
from mien.errors import MediaError
from mien.faces.detector import Detections, detector
from mien.faces.search import STILL
from mien.media import open_media
from mien.training.experiment.record import hardware

FPS = 4.0
MOST = 120  # pictures of a clip, so that no long one decides
MOVED = (0, 0.03, 0.06, 0.1, STILL, 0.2, 0.3, np.inf)


def looked_at(path: Path) -> Iterator[tuple[float, Detections]]:
    """Times and faces of the first pictures."""
    find = detector("blazeface").detect
    with open_media(path, fps=FPS, max_side=1920, threads=1) as media:
        for chunk in media.chunks():
            for picture, time in zip(chunk.frames, chunk.times.tolist(), strict=True):
                yield time, find(picture)


def errors(path: Path) -> NDArray[np.float64]:
    """(N,2) in sides of the face: how far it moved, how far it is from the line between."""
    try:
        looks = list(islice(looked_at(path), MOST))
    except MediaError:
        looks = []
    rows = []
    for (t0, a), (t1, b), (t2, c) in zip(looks, looks[1:], looks[2:], strict=False):
        if not len(a) == len(b) == len(c) == 1 or t2 - t0 > 2.5 / FPS:
            continue
        side = np.sqrt(np.prod(a.boxes[0, 2:] - a.boxes[0, :2]))
        line = a.points + (t1 - t0) / (t2 - t0) * (c.points - a.points)
        rows.append([np.abs(one).max() / side for one in (c.points - a.points, b.points - line)])
    return np.array(rows).reshape(-1, 2)


def main() -> None:
    """Print and keep the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    files = [p for f in options.folders for p in sorted(f.rglob("*")) if p.is_file()]
    with (
        progress_bar() as bar,
        ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool,
    ):
        task = bar.add_task("clips", total=len(files))
        found = []
        for one in pool.map(errors, files):
            found.append(one)
            bar.advance(task)
    moved, apart = np.concatenate(found).T
    rows = []
    for low, high in pairwise(MOVED):
        here = apart[(moved >= low) & (moved < high)]
        if not len(here):
            continue
        median, ninth = np.quantile(here, [0.5, 0.9]).tolist()
        row = {"from": low, "to": high if np.isfinite(high) else None, "n": len(here)}
        rows.append(row | {"median": round(median, 4), "ninth decile": round(ninth, 4)})
        print(json.dumps(rows[-1]))
    report: dict[str, Any] = {
        "date": datetime.now(UTC).date().isoformat(),
        "hardware": hardware(),
        "command": "python benchmarks/between_looks.py DATA/java_sed/video DATA/wild",
        "clips": len(files),
        "with three looks": sum(len(one) > 0 for one in found),
        "still": STILL,
        "rows": rows,
    }
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
