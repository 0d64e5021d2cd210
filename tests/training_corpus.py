"""A training of two processes as people start it, and of one, to compare them with."""

from __future__ import annotations

import csv
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, Popen, TimeoutExpired

import numpy as np

from tests.cli.corpus import make_clips

RECIPE = """
from mien.training.recipes.declaration import Branch, Recipe, Recurrent
from mien.training.recipes.declaration import Statistics, Svm, TrainingConfig
from mien.training.schedules import OptimConfig

FIT = OptimConfig(epochs={epochs}, steps=4, rate=0.01, average=0.9)
SCHOOL = TrainingConfig(FIT, batch=9)  # an odd number: the shares of two processes are uneven
LSTM = Recurrent(SCHOOL, hidden=8, dropout=0.3, input_dropout=0.2)
RECIPE = Recipe(
    "tiny",
    "batch norm, dropout, sequences, and what is not trained together",
    {{
        "statistics": Branch("face", "face_embedding", Statistics(SCHOOL, hidden=8)),
        "lstm": Branch("face", "face_embedding", LSTM),
        "svm": Branch("face", "face_embedding", Svm()),
    }},
    inner=2,
)
"""
"""Smooth networks: where the maximum of two numbers flips, training makes the trace of a rounding
grow, with one process too."""


def options(folder: Path, run: str, epochs: int) -> list[str]:
    """The options of `mien train` for a small run with a manifest, made if it is not there."""
    recipe = folder / "tiny.py"
    recipe.write_text(RECIPE.format(epochs=epochs))
    data = folder / "made.csv"
    if not data.exists():
        make_clips(folder)
    return [*map(str, (recipe, "--data", data, "--out", folder / run)), "--folds", "speaker:2"]


def kill_one(command: list[str], run: Path, mark: str, epochs: int) -> None:
    """Start a command, kill the last process with a mark after some epochs, and wait for it.

    Args:
        command: that trains into `run`.
        run: its run folder.
        mark: what the environment or the title of the process holds.
        epochs: in all logs together.
    """
    before = set(_processes(mark))
    with Popen(command, stdout=PIPE, stderr=PIPE, text=True) as process:
        limit = time.monotonic() + 120
        while sum(len(rows) for rows in losses(run).values()) < epochs:
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < limit
            time.sleep(0.02)
        victims = set(_processes(mark)) - before
        os.kill(max(victims), signal.SIGKILL)
        try:
            _, said = process.communicate(timeout=240)
        except TimeoutExpired:
            process.kill()
            raise
    assert process.returncode == 0, said


def _processes(mark: str) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        try:
            text = (entry / "environ").read_bytes() + b"\0" + (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if entry.name.isdigit() and mark.encode() in text.split(b"\0"):
            yield int(entry.name)


def losses(run: Path) -> dict[str, list[float]]:
    """Loss of each epoch of each fit."""
    found = {}
    for log in run.glob("fits/*/log.csv"):
        with log.open(newline="") as stream:
            found[log.parent.name] = [float(row["loss"]) for row in csv.DictReader(stream)]
    return found


def same(one: Path, other: Path) -> None:
    """Two runs learned the same, but for the order in which numbers are added up."""
    assert losses(one).keys() == losses(other).keys()
    for name, values in losses(one).items():
        np.testing.assert_allclose(losses(other)[name], values, atol=1e-4, err_msg=name)
    scores = sorted(one.glob("fits/*/scores.npy"))
    assert scores
    for path in scores:
        values = np.load(other / path.relative_to(one))
        np.testing.assert_allclose(values, np.load(path), atol=1e-3, err_msg=str(path))
