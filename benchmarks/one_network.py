"""Paper 003 as one network: what its loss does at the rates that the paper printed, and mended.

    python benchmarks/one_network.py [--csv FILE]

The parts are those of `resnet_lstm_joint` and `resnet_lstm_joint_fixed` at their full widths, with
the numbers of their trainings; only the pictures are small, and an epoch has 12 batches of 16. The
56 clips are made up: seven classes, four looks and two sounds, which only both tell apart.
Printed is the training loss, dropout included, at the first epoch, after a quarter, half and all of
them; saying each of seven classes alike has the loss ln 7 = 1.946.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from mien.fusion.concat_mlp import ConcatMlp
from mien.training.learners.clip_set import ClipSet
from mien.training.learners.joint import JointLearner
from mien.training.learners.learner import learner
from mien.training.learners.mlp import MlpLearner
from mien.training.learners.recurrent import RecurrentLearner
from mien.training.recipes.catalog import recipe
from mien.training.recipes.declaration import Recipe, override
from mien.types import Features

SIDE, SOUND, CLASSES, CLIPS = 8, 12, 7, 56
STEPS = 12

PRINTED, MENDED = "resnet_lstm_joint", "resnet_lstm_joint_fixed"
TRAININGS: dict[str, tuple[str, Mapping[str, str]]] = {
    "SGD, rate 1e-8": (PRINTED, {"rate": "1e-8"}),
    "SGD, rate 1e-7": (PRINTED, {}),
    "SGD, rate 1e-6": (PRINTED, {"rate": "1e-6"}),
    "Adam, rate 1e-8": (PRINTED, {"optimiser": "adam", "rate": "1e-8"}),
    "Adam, rate 1e-6": (PRINTED, {"optimiser": "adam", "rate": "1e-6"}),
    "mended": (MENDED, {}),
}
"""{in words: (recipe, what of its training is other)}; the rates are the paper's (section 4)."""


def clips() -> dict[str, ClipSet]:
    """Made-up clips: {branch: with its features}."""
    draw, labels = np.random.default_rng(0), np.arange(CLIPS) % CLASSES
    looks, sounds, seen, heard = labels // 2, labels % 2, [], []
    centres = draw.normal(size=(2, SOUND))
    for look, sound in zip(looks, sounds, strict=True):
        pictures = draw.integers(0, 60, (4, SIDE, SIDE, 3))
        pictures[:, 4 * (look // 2) :, :, look % 2] += 150
        seen.append(Features(pictures.astype(np.uint8), np.arange(4) / 5, np.ones(4, bool)))
        row = (centres[sound] + 0.3 * draw.normal(size=SOUND)).astype(np.float32)
        heard.append(Features(row[None], np.zeros(1), np.ones(1, bool)))
    ids = tuple(map(str, range(CLIPS)))
    return {
        name: ClipSet(ids, tuple(features), labels, CLASSES)
        for name, features in (("audio", heard), ("frames_lstm", seen))
    }


def declared(name: str, changes: Mapping[str, str]) -> Recipe:
    """A recipe on small pictures, with other numbers of its training."""
    result = recipe(name)
    for field, value in {"steps": str(STEPS), **changes}.items():
        result = override(result, f"fusions.joint.how.training.{field}={value}")
    return override(result, f"frames.model.net.size={SIDE}")


def network(declaration: Recipe) -> JointLearner:
    """The one network of a recipe, untrained."""
    how, of = declaration.joins["joint"]
    assert isinstance(how, ConcatMlp)
    shapes = {"frames_lstm": (SIDE, SIDE, 3), "audio": (SOUND,)}
    members: dict[str, RecurrentLearner | MlpLearner] = {}
    for branch in of:
        made = learner(declaration, branch, CLASSES, shapes[branch])
        assert isinstance(made, RecurrentLearner | MlpLearner)
        members[branch] = made
    return JointLearner(how, members, CLASSES)


def losses(trained: JointLearner, folder: Path) -> list[float]:
    """Train on the made-up clips; the loss of each epoch."""
    trained.train(clips(), folder, 0)
    with (folder / "log.csv").open(newline="") as stream:
        return [float(row["loss"]) for row in csv.DictReader(stream)]


def main() -> None:
    """Train all of them, and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--csv", type=Path, help="takes the loss of every epoch")
    options = parser.parse_args()
    found = {}
    print("| training | first | a quarter | half | last |\n|---|---:|---:|---:|---:|")
    for words, (name, changes) in TRAININGS.items():
        with TemporaryDirectory() as folder:
            found[words] = losses(network(declared(name, changes)), Path(folder))
        epochs = len(found[words])
        shown = [found[words][at] for at in (0, epochs // 4, epochs // 2, epochs - 1)]
        print(f"| {words} | " + " | ".join(f"{loss:.3f}" for loss in shown) + " |", flush=True)
    if options.csv:
        with options.csv.open("w", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["epoch", *found])
            rows = zip(*found.values(), strict=True)
            writer.writerows([number, *each] for number, each in enumerate(rows))


if __name__ == "__main__":
    main()
