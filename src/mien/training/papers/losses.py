"""How the loss of a run's networks went: paper 003 failed here."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mien.training.experiment.record import open_run

__all__ = ["curves"]


def curves(run: Path) -> dict[str, list[float]]:
    """{branch: loss of each epoch, mean over the test folds} of the branches that have a log.

    That of branches which are one network is under the name of its fusion. Stages that follow one
    another, such as end-to-end training, come one after the other.

    Raises:
        UsageError: not a finished run.
    """
    task, _ = open_run(run)
    by_branch: dict[str, list[list[float]]] = {}
    for branch in task.recipe.branches:
        folders = sorted((run / "fits").glob(f"{branch}-seed*-fold*"))
        logs = [_logs(folder) for folder in folders if "-inner" not in folder.name]
        lead = task.recipe.lead(branch)
        if lead in ("", branch):
            name = task.network(branch)[0] if lead else branch
            by_branch[name] = [_losses(log) for log in logs if log]
    return {b: np.mean(many, axis=0).tolist() for b, many in by_branch.items() if many}


def _logs(folder: Path) -> list[Path]:
    """Those of a fit and of the stages after it."""
    return sorted(folder.rglob("log.csv"), key=lambda log: (len(log.parts), log))


def _losses(logs: Sequence[Path]) -> list[float]:
    result = []
    for log in logs:
        with log.open(newline="") as stream:
            result += [float(row["loss"]) for row in csv.DictReader(stream)]
    return result
