"""Fits what tells who speaks, and measures it on people whom nothing was fitted on.

    python -m project.bundle.speaking JAVA_SED [--scenes 60] [--work FOLDER] [--write]

Prints the figures of docs/people.md; with `--write` also makes the networks and numbers in
src/mien/inference/speaking/weights, and reports/speaking.json.

Scenes are made of Java-SED's videos (eight actors): two or three people beside each other, or shot
after shot; a part in three is spoken by somebody off screen. Who does not speak listens: the
pictures before and after an actor's sentence, to and fro. In a second set of scenes nobody listens:
every face talks, and only one is heard, which is what dubbing looks like. In each of two folds the
networks are of four actors and see scenes of the four others; the four numbers beside them and the
cost of a change are of the scenes of the other fold in which others listen: in the others a voice
off screen cannot be told. Counted are windows of 2 s of the timeline in
whose middle one person speaks, as `mien predict` has them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mien.core.progress import progress_bar
from mien.evaluation.metrics import wilson
from mien.features.windows import GRID, middles, spans
from mien.inference.bundle import load
from mien.inference.speaking.model import SpeakingModel
from mien.inference.speaking.who import OFF_SCREEN, Evidence, evidence, speakers_of
from project.bundle.release_paths import CHECKOUT
from project.bundle.rows import facts, write_report
from project.bundle.speaking_networks import Talking, talking, train
from project.bundle.speaking_scenes import Scene, Take, make_scene, speaker_of

__all__ = ["main", "measure"]

ACTORS = ("01", "02", "03", "04", "06", "07", "08", "09")
FOLDS = (ACTORS[::2], ACTORS[1::2])
WEIGHTS = CHECKOUT.reports.parent / "src" / "mien" / "inference" / "speaking" / "weights"
_STEPS, _SEEDS = 1500, 2  # of the training of the networks
_WINDOW = 2.0
_SWITCHES = (0.25, 0.5, 1.0, 2.0, 3.0)
_MORE = np.arange(-1.5, 1.75, 0.25)  # added to the constant
_ASKED = 0.9, 0.8  # right person, off screen found

Counts = tuple[int, int, int, int]
"""Windows with the speaker in view that are right, how many these are, the same off screen."""


def fit_weights(scenes: Sequence[Scene], model: SpeakingModel) -> SpeakingModel:
    """Log-odds by logistic regression on cells with speech, then the cost of a change."""
    rows, labels = [], []
    for scene in scenes:
        each = evidence(scene.session.sound, scene.speech, scene.mouths, model)
        for track, cells in zip(scene.people, each, strict=True):
            for cell, values in cells.items():
                stretch = cell * GRID, (cell + 1) * GRID
                speaker, actor = speaker_of(scene, *stretch), scene.actor(track, *stretch)
                if speaker is not None and actor is not None:
                    rows.append(values)
                    labels.append(actor == speaker)
    fit = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
    fit.fit(np.stack(rows), labels)
    scaler, head = fit[0], fit[1]
    slopes = head.coef_[0] / scaler.scale_
    weights = np.append(slopes, head.intercept_ - slopes @ scaler.mean_)
    tried = [
        SpeakingModel(model.folder, weights + np.array([0, 0, 0, more]), switch)
        for switch in _SWITCHES
        for more in _MORE
    ]
    measured = [evidence(s.session.sound, s.speech, s.mouths, model) for s in scenes]
    return max(tried, key=lambda fitted: _worst(scenes, measured, fitted))


def _worst(scenes: Sequence[Scene], measured: Sequence[Evidence], model: SpeakingModel) -> float:
    """The worse of both shares, in parts of what is asked for."""
    counts = [count(s, model, each) for s, each in zip(scenes, measured, strict=True)]
    right, seen, unseen_right, unseen = np.sum(counts, 0)
    return float(min(right / max(1, seen) / _ASKED[0], unseen_right / max(1, unseen) / _ASKED[1]))


def count(scene: Scene, model: SpeakingModel, measured: Evidence | None = None) -> Counts:
    """Go through the windows of a scene; what mouths and sound give may be known already."""
    if measured is None:
        measured = evidence(scene.session.sound, scene.speech, scene.mouths, model)
    places = speakers_of(measured, scene.speech, model)
    right, seen, unseen_right, unseen = 0, 0, 0, 0
    for start, end in middles(list(spans(scene.parts[-1].end, _WINDOW))):
        speaker = speaker_of(scene, start, end)
        if speaker is None:
            continue
        cells = range(int(start / GRID), int(np.ceil(end / GRID)))
        here = [places[cell] for cell in cells if cell in places]
        place = max(here, key=here.count, default=None)
        part = next(p for p in scene.parts if p.start <= (start + end) / 2 < p.end)
        if speaker in part.shown:
            seen += 1
            if place is not None and place != OFF_SCREEN:
                right += scene.actor(scene.people[place], start, end) == speaker
        else:
            unseen += 1
            unseen_right += place == OFF_SCREEN
    return right, seen, unseen_right, unseen


def _report(counts: Sequence[Counts]) -> dict[str, object]:
    right, seen, unseen_right, unseen = np.sum(counts, 0).tolist()
    return {
        "scenes": len(counts),
        "speaker in view": seen,
        "right person": right / seen,
        "right person, interval": wilson(right, seen),
        "speaker off screen": unseen,
        "off screen found": unseen_right / unseen,
        "off screen found, interval": wilson(unseen_right, unseen),
    }


def _scenes(
    takes: Sequence[Take], actors: Sequence[str], model: SpeakingModel, n: int, all_talk: bool
) -> list[Scene]:
    bundle, name = load(), "where all talk" if all_talk else "where others listen"
    with progress_bar() as bar:
        numbers = bar.track(range(n), description=f"scenes {name}")
        return [make_scene(bundle, takes, actors, model, number, all_talk) for number in numbers]


def measure(root: Path, n: int, folder: Path) -> tuple[SpeakingModel, dict[str, object]]:
    """The model that ships, and the figures of people left out.

    Args:
        root: Java-SED.
        n: scenes of each fold and kind.
        folder: where the networks go.
    """
    takes = [Take(p.name[:2], p) for p in sorted((root / "video").glob("*.mp4"))]
    takes = [take for take in takes if take.speech]
    with progress_bar() as bar:
        every = [talking(t) for t in bar.track(takes, description="mouths and sounds")]
    models = [_trained(every, fold, folder / str(k)) for k, fold in enumerate(FOLDS)]
    listen = [_scenes(takes, FOLDS[k], models[1 - k], n, all_talk=False) for k in range(2)]
    talk = [_scenes(takes, FOLDS[k], models[1 - k], n, all_talk=True) for k in range(2)]
    counts: dict[str, list[Counts]] = {"others listen": [], "all talk": []}
    for k in range(2):
        other = fit_weights(listen[1 - k], models[k])
        tried = SpeakingModel(models[1 - k].folder, other.weights, other.switch)
        counts["others listen"] += [count(scene, tried) for scene in listen[k]]
        counts["all talk"] += [count(scene, tried) for scene in talk[k]]
    weights, switch = _over_both(listen, models)
    shipped = _trained(every, ACTORS, folder / "all")
    report: dict[str, object] = {name: _report(rows) for name, rows in counts.items()}
    report |= {"weights": weights.round(3).tolist(), "switch": switch}
    return SpeakingModel(shipped.folder, weights, switch), report


def _over_both(
    listen: Sequence[Sequence[Scene]], models: Sequence[SpeakingModel]
) -> tuple[NDArray[np.float64], float]:
    """The numbers that ship: means of those of both folds, each of networks that saw the other."""
    fits = [fit_weights(listen[k], models[1 - k]) for k in range(2)]
    weights = np.mean([fit.weights for fit in fits], 0)
    return weights, float(np.mean([fit.switch for fit in fits]))


def _trained(every: Sequence[Talking], actors: Sequence[str], folder: Path) -> SpeakingModel:
    """Networks of these actors, unless they are in the folder already."""
    if not (folder / "sound.onnx").exists():
        folder.mkdir(parents=True, exist_ok=True)
        train([take for take in every if take.actor in actors], folder, _STEPS, _SEEDS)
    return SpeakingModel(folder, np.zeros(4), 0.0)


def _write(model: SpeakingModel, report: dict[str, object]) -> None:
    numbers = {"weights": model.weights.round(4).tolist(), "switch": model.switch}
    for name in ("mouth", "sound"):
        shutil.copy(model.folder / f"{name}.onnx", WEIGHTS)
    (WEIGHTS / "speaking.json").write_text(json.dumps(numbers) + "\n", encoding="utf-8")
    command = "python -m project.bundle.speaking JAVA_SED --write"
    write_report({**facts(command), **report}, CHECKOUT.reports / "speaking.json")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--scenes", type=int, default=60, help="of each fold and kind")
    parser.add_argument("--work", type=Path, help="keeps trained networks, and goes on from there")
    parser.add_argument("--write", action="store_true", help="the package's weights and the report")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        model, report = measure(given.data, given.scenes, given.work or Path(scratch))
        print(json.dumps(report, indent=1))
        if given.write:
            _write(model, report)


if __name__ == "__main__":
    main()
