"""Put the default bundle together from the trained parts, fit what joins them, write the card.

python -m project.bundle.assemble face FACE_PT DATA/fer2013   weights of a training -> face.onnx
python -m project.bundle.assemble reading DATA/fer2013   how face.onnx, as it is, answers
python -m project.bundle.assemble voice RUN/voice        voice.onnx and answers of the voice
python -m project.bundle.assemble numbers                weights, temperatures, threshold
python -m project.bundle.assemble card                   card.json, model_card.md, README
python -m project.bundle.assemble take OUT               what a whole training made

`--run OUT` works in the folder of a `python -m project.bundle.retrain DATA OUT`.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from mien.core.atomic import atomic
from mien.core.hashes import file_sha256
from mien.core.published import rounded_all
from mien.data.datasets import fer2013
from mien.errors import UsageError
from mien.evaluation.verify.transfer import LEAST, Fitted, fit_numbers, shifts, unseen
from mien.fusion.log_opinion import FusedLogPool
from mien.inference.bundle_spec import FORMAT
from mien.labels import EMOTIONS
from mien.training.models.small_resnet import SmallResNet
from mien.training.onnx_export import answer_by, export_face
from project.bundle import card, readme, trust
from project.bundle.face import RECIPE as FACE
from project.bundle.release_paths import CHECKOUT, ReleasePaths
from project.bundle.rows import write_report
from project.bundle.training_log import keep_logs, summary
from project.bundle.voice_data import KIND

__all__ = ["NAME", "face", "main", "numbers", "prior_of_faces", "reading", "take", "voice"]

NAME = "mien-2"
_RANGES = 1024  # pictures that are enough for the ranges of activations
_FILES = ("face.onnx", "voice.onnx")
_MEASURED = ("ranges",)  # by `project.bundle.ranges`, kept until that runs again
_LEAST_ROWS = 15  # 20 ms rows with speech: 0.3 s


def prior_of_faces(training: fer2013.Fer2013) -> NDArray[np.float64]:
    """(7,) shares of the classes among FER2013's training pictures."""
    return np.bincount(training.labels, minlength=len(EMOTIONS)) / len(training)


def face(weights: Path, pictures: Path, release: ReleasePaths = CHECKOUT) -> None:
    """Export the face network.

    Args:
        weights: as the training of the face writes them.
        pictures: FER2013, whose training pictures set the ranges of the int8 steps.
        release: whose bundle is written.
    """
    net = SmallResNet(FACE.width, FACE.blocks)
    net.load_state_dict(torch.load(weights, weights_only=True))
    release.bundle.mkdir(parents=True, exist_ok=True)
    training = fer2013.load(pictures)["Training"]
    some = training.pictures[:: max(1, len(training) // _RANGES)]
    export_face(net.eval(), release.bundle / "face.onnx", some, prior_of_faces(training))


def reading(pictures: Path, release: ReleasePaths = CHECKOUT) -> None:
    """Let the exported face network answer as `export_face` has it, its weights as they are."""
    prior = prior_of_faces(fer2013.load(pictures)["Training"])
    answer_by(release.bundle / "face.onnx", "fer2013", prior)


def voice(run: Path, release: ReleasePaths = CHECKOUT) -> None:
    """The voice network, and what heads of the folds said, into bundle and reports.

    Args:
        run: folder of `project.bundle.voice`.
        release: whose bundle and reports.
    """
    for folder in (release.bundle, release.reports):
        folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(run / "voice.onnx", release.bundle / "voice.onnx")
    for path in run.glob("voice_*.csv"):
        shutil.copyfile(path, release.reports / path.name)


def logs(run: Path, release: ReleasePaths = CHECKOUT) -> None:
    """What the logs of the face's training say, into the reports."""
    lines = {f"face, {name}": line for name, line in summary(run / "face").items()}
    keep_logs(run / "face", release.reports / "logs" / "face")
    write_report(lines, release.reports / "training.json")


def numbers(release: ReleasePaths = CHECKOUT, name: str = NAME) -> None:
    """Fit weights, temperatures and threshold on corpora left out, and write `bundle.json`."""
    answers = unseen(release.reports)
    write(release, name, fit_numbers(answers))
    low = [(s.scores.n - s.reliable, _right(s.scores.confusion) - s.right) for s in shifts(answers)]
    count, right = (sum(part) for part in zip(*low, strict=True))
    path = release.bundle / "bundle.json"
    spec = json.loads(path.read_text(encoding="utf-8"))
    below = {"right": round(right / count, 4), "n": count} if count else None
    write_report({**spec, "below": below}, path)


def _right(confusion: NDArray[np.int64]) -> int:
    return int(np.trace(confusion))


def unfitted(release: ReleasePaths, name: str = NAME) -> None:
    """Write a `bundle.json` whose pool waits for `numbers`, so that the networks can be run."""
    even = {"face": 0.5, "voice": 0.5}
    ones = {"face": 1.0, "voice": 1.0, "face+voice": 1.0}
    pool = FusedLogPool(("face", "voice"), len(EMOTIONS), even, ones).pool
    write(release, name, Fitted(pool, dict.fromkeys(ones, round(LEAST, 2))))


def write(release: ReleasePaths, name: str, fitted: Fitted) -> None:
    """Write `bundle.json`."""
    temperatures = fitted.pool.temperatures
    spec = {
        "format": FORMAT,
        "name": name,
        "labels": EMOTIONS.names,
        "prior": dict.fromkeys(EMOTIONS.names, round(1 / len(EMOTIONS), 6)),
        "reliable_from": dict(fitted.reliable_from),
        "streams": {
            "face": {
                "extractor": "faces",
                "settings": {"fps": 4.0, "detector": "blazeface", "size": 48},
                "encoder": "face.onnx",
            },
            "voice": {"extractor": KIND, "encoder": "voice.onnx"},
        },
        "branches": {
            "face": {
                "stream": "face",
                "pooling": "mean",
                "temperature": round(temperatures["face"], 4),
            },
            "voice": {
                "stream": "voice",
                "least": _LEAST_ROWS,
                "temperature": round(temperatures["voice"], 4),
            },
        },
        "fusion": rounded_all(fitted.fusion.save(release.bundle), 4),
        "files": {file: file_sha256(release.bundle / file) for file in _FILES},
    }
    path = release.bundle / "bundle.json"
    before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    spec |= {field: before[field] for field in _MEASURED if field in before}
    with atomic(path) as partial:
        partial.write_text(json.dumps(spec, indent=1) + "\n")


def take(out: Path) -> None:
    """Copy what a whole training made into the checkout: bundle, reports, pictures; then the card.

    Raises:
        UsageError: the training was a quick try, or is not finished.
    """
    run = ReleasePaths.of_run(out)
    if not (run.docs / "model_card.md").is_file():
        raise UsageError(f"{out}: not a finished 'python -m project.bundle.retrain'")
    if json.loads((out / "retrain.json").read_text())["quick"]:
        raise UsageError(f"{out}: was a quick try with a few steps; it must not ship")
    shutil.copytree(run.bundle, CHECKOUT.bundle, dirs_exist_ok=True)
    shutil.copytree(run.reports, CHECKOUT.reports, dirs_exist_ok=True)
    for picture in run.docs.glob("*.svg"):
        shutil.copyfile(picture, CHECKOUT.docs / picture.name)
    _pages()


def _pages() -> None:
    card.write(CHECKOUT)
    trust.write(CHECKOUT)
    readme.fill()


_PATHS = {"face": 2, "reading": 1, "voice": 1, "numbers": 0, "card": 0, "take": 1}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=list(_PATHS))
    parser.add_argument("paths", type=Path, nargs="*")
    parser.add_argument("--run", type=Path)
    options = parser.parse_args()
    release = CHECKOUT if options.run is None else ReleasePaths.of_run(options.run)
    if len(options.paths) != _PATHS[options.what]:
        parser.error(f"{options.what} needs {_PATHS[options.what]} paths")
    match options.what:
        case "face":
            face(options.paths[0], options.paths[1], release)
        case "reading":
            reading(options.paths[0], release)
        case "voice":
            voice(options.paths[0], release)
        case "numbers":
            numbers(release)
        case "take":
            take(options.paths[0])
        case _ if release == CHECKOUT:
            _pages()
        case _:
            card.write(release)


if __name__ == "__main__":
    main()
