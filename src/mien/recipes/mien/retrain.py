"""The whole default bundle from the corpora, in one go: `mien train mien --data FOLDER --out OUT`.

The steps are those of docs/training.md; what is finished in OUT is not done again, so that an
interrupted training goes on where it was.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from mien.atomic import atomic
from mien.datasets import corpora
from mien.errors import TrainingError, UsageError
from mien.recipes.mien.place import Place

__all__ = ["CORPORA", "Retraining", "retrain"]

CORPORA = ("fer2013", "ravdess", "emodb", "java_sed")
_PICTURES = ("fer2013.tar.xz", "ferplus_to_kaggle.csv.gz")
_QUICK_SEEDS = (0,)
_QUICK_LIMITS = ("below",)


@dataclass(frozen=True)
class Retraining:
    """What was asked for.

    Args:
        data: folder with the folders `CORPORA`.
        out: the run.
        jobs: clips or fits at a time; 0 is the cores.
        quick: a few steps of everything, to see that it runs; what comes out is worthless, says so
            in its name, and cannot be shipped.
    """

    data: Path
    out: Path
    jobs: int = 0
    quick: bool = False

    @property
    def place(self) -> Place:
        """Where everything goes."""
        return Place.of_run(self.out)


def retrain(asked: Retraining) -> Path:
    """Train both networks, fit the fusion, score everything and write the card.

    Returns:
        the folder of the bundle.

    Raises:
        UsageError: a corpus is missing, or OUT holds something else.
        TrainingError: a step failed; the finished ones are kept.
    """
    _check(asked)
    _begin(asked)
    console = Console(stderr=True, highlight=False)
    steps = _steps(asked)
    for number, (name, lasting, work) in enumerate(steps, 1):
        mark = asked.out / "done" / name.replace(" ", "_")
        if lasting and mark.is_file():
            console.print(f"{number} of {len(steps)}: {name}: done before")
            continue
        console.print(f"{number} of {len(steps)}: {name}")
        work()
        mark.parent.mkdir(exist_ok=True)
        mark.touch()
    return asked.place.bundle


def _check(asked: Retraining) -> None:
    """Refuse before hours of training what would fail after them."""
    missing = [name for name in CORPORA if not (asked.data / name).is_dir()]
    if missing:
        raise UsageError(
            f"{asked.data}: no folder {', '.join(missing)}; retraining mien needs the corpora "
            f"{', '.join(CORPORA)} in it; to train on clips of your own give a manifest"
        )
    for name in CORPORA:
        corpora()[name].folder(asked.data / name)
    pictures = asked.data / "fer2013"
    lost = [name for name in _PICTURES if not (pictures / name).is_file()]
    if lost:
        raise UsageError(f"{pictures}: no {' and no '.join(lost)}; the face is trained on these")


def _begin(asked: Retraining) -> None:
    """Write `retrain.json`, or see that it says the same."""
    path, record = asked.out / "retrain.json", {"quick": asked.quick}
    if path.is_file():
        if json.loads(path.read_text()) != record:
            kind = "a whole training" if asked.quick else "a quick try"
            raise UsageError(f"{asked.out}: holds {kind}; use another --out")
        return
    if asked.out.exists() and (asked.out / "run.json").is_file():
        raise UsageError(f"{asked.out}: holds a run on a manifest; use another --out")
    asked.out.mkdir(parents=True, exist_ok=True)
    with atomic(path) as partial_file:
        partial_file.write_text(json.dumps(record) + "\n")


Step = tuple[str, bool, Callable[[], object]]


def _steps(asked: Retraining) -> list[Step]:
    """(name, whether it is long and stays done, work); the short ones are done every time."""
    from mien.recipes.mien import assemble, card, evaluate, ranges

    data, out, place, jobs = asked.data, asked.out, asked.place, asked.jobs
    name = "mien-quick-try" if asked.quick else assemble.NAME
    weights = out / "face" / "face.pt", out / "voice" / "final" / "voice.pt"
    seeds = _QUICK_SEEDS if asked.quick else evaluate.SEEDS
    limits = _QUICK_LIMITS if asked.quick else ranges.PARTS
    return [
        ("face", True, partial(_module, asked, "face", data / "fer2013")),
        ("voice", True, partial(_module, asked, "voice", data)),
        ("parts", False, partial(assemble.parts, *weights, data / "fer2013", place, name)),
        ("stored answers", False, partial(assemble.answers, out, place)),
        ("faces and fusion", False, partial(evaluate.fusion, data / "java_sed", place, jobs)),
        ("clip models", False, partial(evaluate.clips, data, place, jobs, seeds)),
        ("fitted numbers", False, partial(assemble.fusion, place)),
        ("limits of what was seen", False, partial(ranges.measure, data, limits, place, jobs or 2)),
        ("scores of the face", False, partial(evaluate.face, data / "fer2013", place)),
        ("scores of the voice", False, partial(evaluate.voice, place)),
        ("card", False, partial(card.write, place)),
    ]


def _module(asked: Retraining, name: str, data: Path) -> None:
    """Run the training of one part, in a process of its own so that its memory is given back."""
    command = [sys.executable, "-m", f"mien.recipes.mien.{name}", str(data), str(asked.out / name)]
    done = subprocess.run([*command, *(["--quick"] if asked.quick else [])], check=False)
    if done.returncode:
        raise TrainingError(
            f"the training of the {name} failed (exit code {done.returncode}); the same command "
            "goes on where it was"
        )
