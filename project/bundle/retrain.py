"""The whole default bundle from the corpora, in one go.

    python -m project.bundle.retrain DATA OUT --pretrained FOLDER

DATA has the folders of the corpora, FOLDER is what `project/weights/convert_pretrained.py` wrote.
The steps are those of docs/training.md; what is finished in OUT is not done again, so that an
interrupted training goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from mien.core.atomic import atomic
from mien.data.datasets import corpora
from mien.data.datasets.speech_corpora import LANGUAGES
from mien.errors import TrainingError, UsageError
from project.bundle.release_paths import ReleasePaths

__all__ = ["CORPORA", "Retraining", "retrain"]

CORPORA = ("fer2013", "faces_tw", *LANGUAGES)
_PICTURES = ("fer2013.tar.xz", "ferplus_to_kaggle.csv.gz")
_FRONT = "whisper_front.npz"


@dataclass(frozen=True)
class Retraining:
    """What was asked for.

    Args:
        data: folder with the folders `CORPORA`.
        out: the run.
        pretrained: folder with the weights of Whisper's front.
        jobs: clips or fits at a time; 0 is the cores.
        quick: a few steps of the face, to see that it runs; what comes out is worthless, says so
            in its name, and cannot be shipped. The voice has no steps to save.
    """

    data: Path
    out: Path
    pretrained: Path
    jobs: int = 0
    quick: bool = False

    @property
    def place(self) -> ReleasePaths:
        """Where everything goes."""
        return ReleasePaths.of_run(self.out)


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
    if not (asked.pretrained / _FRONT).is_file():
        raise UsageError(
            f"{asked.pretrained}: no {_FRONT}; project/weights/convert_pretrained.py writes it"
        )
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
    from project.bundle import assemble, card, evaluate, ranges, trust

    data, out, release, jobs = asked.data, asked.out, asked.place, asked.jobs
    name = "mien-quick-try" if asked.quick else assemble.NAME
    weights = out / "face" / "face.pt"
    limits = () if asked.quick else ranges.PARTS
    front = ["--front", str(asked.pretrained / _FRONT)]
    quick = ["--quick"] if asked.quick else []
    return [
        ("face", True, partial(_module, asked, "face", data / "fer2013", quick)),
        ("voice", True, partial(_module, asked, "voice", data, front)),
        ("face network", False, partial(assemble.face, weights, data / "fer2013", release)),
        ("voice network", False, partial(assemble.voice, out / "voice", release)),
        ("logs", False, partial(assemble.logs, out, release)),
        ("networks together", False, partial(assemble.unfitted, release, name)),
        ("faces never seen", False, partial(evaluate.faces, data, release, jobs)),
        ("fitted numbers", False, partial(assemble.numbers, release, name)),
        (
            "limits of what was seen",
            False,
            partial(ranges.measure, data, limits, release, jobs or 2),
        ),
        ("scores of the face", False, partial(evaluate.face, data / "fer2013", release)),
        ("scores of the voice", False, partial(evaluate.voice, release)),
        ("face and voice", False, partial(evaluate.fusion, release)),
        ("corpora never seen", False, partial(evaluate.transfer, release)),
        ("card", False, partial(card.write, release)),
        ("how far to trust it", False, partial(trust.write, release)),
    ]


def _module(asked: Retraining, name: str, data: Path, more: list[str]) -> None:
    """Run the training of one part, in a process of its own so that its memory is given back."""
    command = [sys.executable, "-m", f"project.bundle.{name}", str(data), str(asked.out / name)]
    done = subprocess.run([*command, *more], check=False)
    if done.returncode:
        raise TrainingError(
            f"the training of the {name} failed (exit code {done.returncode}); the same command "
            "goes on where it was"
        )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pretrained", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument(
        "--quick", action="store_true", help="a few steps of the face, to see that it runs"
    )
    options = parser.parse_args()
    asked = Retraining(options.data, options.out, options.pretrained, options.jobs, options.quick)
    try:
        retrain(asked)
    except (UsageError, TrainingError) as error:
        parser.exit(2, f"{error}\n")


if __name__ == "__main__":
    main()
