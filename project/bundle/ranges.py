"""Measure what the default bundle's training has shown it, and how often clips lie beyond.

python -m project.bundle.ranges DATA [PART...]   -> `ranges` in bundle.json, reports/ranges.json

Parts: `faces` and `sounds` set limits; `clips` counts the clips with a warning.

DATA has the corpora, and `wild` if there is such a folder: any clips. `--run OUT` works in the
folder of a `mien train mien` in place of the repository.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from mien.core.checked import checked
from mien.data.datasets.speech_corpora import java_sed
from mien.errors import MienError
from mien.inference.analysis import analyze
from mien.inference.bundle import load
from mien.inference.doubts import DOUBTS
from mien.inference.operating_range import OperatingRange
from project.bundle.range_faces import face_limits
from project.bundle.range_sounds import sound_limits
from project.bundle.release_paths import CHECKOUT, ReleasePaths
from project.bundle.rows import facts, write_report

__all__ = ["PARTS", "main", "measure", "warned"]

PARTS = ("faces", "sounds", "clips")
_TOLD = (*DOUBTS, "no_voice", "tones", "silent")


def measure(
    data: Path, parts: Sequence[str] = PARTS, release: ReleasePaths = CHECKOUT, jobs: int = 2
) -> None:
    """Write the limits into the bundle, count the warnings of whole clips, keep the figures.

    Args:
        data: folder of the corpora.
        parts: some of `PARTS`; what is there of the others stays.
        release: whose bundle is measured.
        jobs: clips at a time.
    """
    bundle = load(release.bundle)
    if "faces" in parts:
        limits, figures = face_limits(bundle, data / "fer2013")
        _keep(release, limits, {"faces": figures})
    if "sounds" in parts:
        limits, figures = sound_limits(bundle, data)
        _keep(release, limits, {"sounds": figures})
    if "clips" in parts:
        counts = {name: warned(paths, release.bundle, jobs) for name, paths in _clips(data).items()}
        _keep(release, {}, {"clips": counts})
        _show(counts)


def _clips(data: Path) -> dict[str, list[Path]]:
    clips = {"Java-SED": [u.path for u in java_sed(data / "java_sed") if u.video]}
    if (data / "wild").is_dir():
        clips["wild"] = sorted(p for p in (data / "wild").glob("*/*") if p.is_file())
    return clips


def _keep(
    release: ReleasePaths, limits: Mapping[str, float], figures: Mapping[str, object]
) -> None:
    """Put new limits into bundle.json, and figures into the report."""
    known = msgspec.to_builtins(load(release.bundle).spec.ranges)
    whole = msgspec.to_builtins(checked({**known, **limits}, OperatingRange))
    ranges = {name: limit for name, limit in whole.items() if limit is not None}
    if limits:
        _set(release, "ranges", ranges)
    report = release.reports / "ranges.json"
    before = json.loads(report.read_text(encoding="utf-8")) if report.is_file() else {}
    head = facts("python -m project.bundle.ranges DATA")
    write_report({**before, **head, "limits": ranges, **figures}, report)


def _set(release: ReleasePaths, field: str, value: object) -> None:
    """One field of bundle.json."""
    path = release.bundle / "bundle.json"
    spec = json.loads(path.read_text(encoding="utf-8"))
    write_report({**spec, field: value}, path)


def warned(paths: list[Path], bundle: Path, jobs: int) -> dict[str, int]:
    """{code: clips with that reason}, with "n" for all that could be read and "uncertain"."""
    # Spawned: a fork of a process with threads, which networks leave behind, may never end.
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        answers = [a for a in pool.map(partial(_codes, bundle=bundle), paths) if a is not None]
    counts = Counter(code for codes in answers for code in codes)
    return {"n": len(answers), **{c: counts[c] for c in ("uncertain", *_TOLD)}}


def _codes(path: Path, bundle: Path) -> set[str] | None:
    try:
        answer = analyze(path, model=bundle)
    except MienError:
        return None
    codes = {reason.code for reason in answer.reasons}
    return codes if answer.reliable else codes | {"uncertain"}


def _show(counts: dict[str, dict[str, int]]) -> None:
    table = Table("clips with", *(f"{name} ({c['n']})" for name, c in counts.items()), box=None)
    for code in ("uncertain", *_TOLD):
        table.add_row(
            code, *(f"{c[code]} ({c[code] / max(1, c['n']):.0%})" for c in counts.values())
        )
    Console(width=100).print(table)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []])
    parser.add_argument("--run", type=Path)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    release = CHECKOUT if options.run is None else ReleasePaths.of_run(options.run)
    measure(options.data, options.parts or PARTS, release, options.jobs)


if __name__ == "__main__":
    main()
