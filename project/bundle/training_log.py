"""What the trainings took and reached, from the logs that they kept."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

__all__ = ["keep_logs", "summary"]

_NAMES = {"public_accuracy": "PublicTest", "public_ferplus": "FER+"}


def summary(run: Path) -> dict[str, str]:
    """{training: a line about it} of every training below a folder, in the order of their ends.

    Args:
        run: with folders that `mien.training.loop.fit` wrote: `log.csv` and `fit.json`.
    """
    return {name.replace("_", " ").replace("/", ", "): _line(folder) for name, folder in _fits(run)}


def keep_logs(run: Path, target: Path) -> None:
    """Copy all logs, an epoch a line, into one folder."""
    target.mkdir(parents=True, exist_ok=True)
    for name, folder in _fits(run):
        shutil.copyfile(folder / "log.csv", target / f"{name.replace('/', '_')}.csv")


def _fits(run: Path) -> Iterator[tuple[str, Path]]:
    """(name, folder) of finished trainings."""
    done = sorted(run.rglob("fit.json"), key=lambda path: (path.stat().st_mtime, path))
    for path in done:
        yield path.parent.relative_to(run).as_posix(), path.parent


def _line(folder: Path) -> str:
    config = json.loads((folder / "fit.json").read_text())
    with (folder / "log.csv").open(newline="") as stream:
        log = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(stream)]
    key = config["select"].removeprefix("-")
    sign = -1 if config["select"].startswith("-") else 1
    kept = max(log, key=lambda row: sign * row[key]) if key else log[-1]
    minutes = sum(row["seconds"] for row in log) / 60
    reached = [f"{_NAMES[k]} {100 * v:.1f} %" for k, v in kept.items() if k in _NAMES]
    chosen = (
        f"epoch {kept['epoch']:.0f} kept, the best by {key}" if key else "the last epoch counts"
    )
    parts = [
        f"{len(log)} epochs of {config['steps']} steps",
        f"{minutes:.0f} minutes beside other work",
        chosen,
        *reached,
        f"loss {kept['loss']:.3f}",
        f"seed {config['seed']}",
    ]
    return "; ".join(parts)
