"""Fitting the clip models that have to be trained, each scored on actors it did not learn from.

For each test fold the heads learn from the six other actors. The scores that their pool is fitted
on come from inner folds within those (`mien.lab`), so nothing is fitted on what is reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from mien.bundle import Bundle
from mien.datasets.fer2013 import Fer2013
from mien.datasets.speech_corpora import JAVA_SED_FOLDS
from mien.fusion.encoded import Encoded
from mien.fusion.fuser import Fused
from mien.lab.plan import OUTER, Unit, plan, speaker_folds
from mien.lab.run import Plan, held_rows, outer_rows
from mien.lab.work import Task, fit_units, trained
from mien.labels import EMOTIONS
from mien.learners.staged import Staged
from mien.progress import progress_bar
from mien.recipes.mien.clip_data import ClipData
from mien.recipes.mien.clip_faces import Faces
from mien.recipes.mien.clip_models import FIXED_POOLS, HEADS, POOL, TRAINED_POOLS, head
from mien.recipes.mien.clip_pools import Fits, fit_pools
from mien.recipes.mien.place import Place

__all__ = ["Pictures", "fit_trained"]

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Pictures:
    """Labelled pictures of faces that no clip model learned from.

    Args:
        rows: (n,D+C) embedding and log-probabilities of the bundle's encoder.
        labels: (n,) columns.
    """

    rows: NDArray[np.float32]
    labels: NDArray[np.int64]

    @classmethod
    def of(cls, bundle: Bundle, data: Fer2013) -> Pictures:
        """What the encoder of a bundle says of FER2013's pictures."""
        (stream,) = [n for n, s in bundle.spec.streams.items() if s.extractor == "faces"]
        return cls(bundle.encode(stream, data.pictures, whole=True), data.labels)

    @property
    def alone(self) -> float:
        """Accuracy of the encoder itself."""
        return float((self.rows[:, -len(EMOTIONS) :].argmax(1) == self.labels).mean())


def fit_trained(
    data: ClipData,
    faces: Faces,
    pictures: Pictures,
    place: Place,
    seeds: tuple[int, ...],
    jobs: int,
) -> tuple[dict[int, Fits], dict[str, float]]:
    """`TRAINED_POOLS` on mean pooling, and `HEADS` joined with the voice by `POOL`, by seed.

    Args:
        data, faces: the same clips in the same order.
        pictures: to see what a system that learned from so few actors makes of other faces.
        place: whose bundle the faces are of; fits are kept in its work folder.
        seeds: of everything that is drawn.
        jobs: fits at a time.

    Returns:
        {seed: what they say}, and {system: accuracy on the pictures, mean over folds and seeds}.
    """
    runs = {name: _fit_head(name, faces, place, seeds, jobs) for name in HEADS}
    described = data.encoded(faces.embeddings)
    found: dict[int, Fits] = {}
    elsewhere: dict[str, list[float]] = {}
    for seed in seeds:
        folder = place.work / "fusions" / f"seed{seed}"
        one = fit_pools(data, lambda _: described, TRAINED_POOLS, seed, folder)
        for name, fused in one.joints.items():
            elsewhere.setdefault(name, []).extend(_pool_on_pictures(f, pictures) for f in fused)
        for name, run in runs.items():
            models = list(_models(run, seed))
            elsewhere.setdefault(name, []).extend(_on_pictures(m, pictures) for m in models)
            heads = partial(_with_head, data, _held_faces(run, seed))
            joined = fit_pools(data, heads, {name: FIXED_POOLS[POOL]}, seed, folder / name)
            joined.numbers[name] += sum(p.numel() for p in models[0].net.parameters())
            one.take(joined)
        found[seed] = one
    return found, {name: float(np.mean(each)) for name, each in elsewhere.items()}


def _fit_head(name: str, faces: Faces, place: Place, seeds: tuple[int, ...], jobs: int) -> Plan:
    """Fit one head on the outer and inner folds of every seed; what is done stays done."""
    recipe = head(HEADS[name], place.model, inner=len(JAVA_SED_FOLDS) - 1)
    clips = faces.manifest.clips
    task = Task(recipe, faces.table, faces.store, place.work / "heads" / name)
    folds = tuple(speaker_folds(clips, JAVA_SED_FOLDS))
    units = plan(recipe, clips, folds, seeds)
    with progress_bar(unit="fits") as bar:
        shown = bar.add_task(name, total=len(units))
        for _ in fit_units(task, units, jobs):
            bar.advance(shown)
    return Plan(task, faces.manifest, folds, "speaker", seeds)


def _held_faces(run: Plan, seed: int) -> dict[int, Rows]:
    """{test fold: (n,C) what units that did not learn from a clip say of it}."""
    result = {}
    for fold in run.folds:
        rows = np.full((len(run.manifest), len(EMOTIONS)), np.nan)
        rows[list(fold.train)] = held_rows(run, seed, fold)["face"].log_probs
        rows[list(fold.test)] = outer_rows(run, seed, fold)["face"].log_probs
        result[fold.number] = rows
    return result


def _with_head(data: ClipData, rows: Mapping[int, Rows], fold: int) -> dict[str, Encoded]:
    return {**data.encoded(), "face": Encoded.of(rows[fold])}


def _models(run: Plan, seed: int) -> Iterator[Staged]:
    """The trained head of each test fold."""
    for fold in run.folds:
        unit = Unit("face", seed, fold.number, OUTER, fold.train, fold.test)
        model = trained(run.task, unit)
        assert isinstance(model, Staged)
        yield model


@torch.no_grad()
def _on_pictures(model: Staged, pictures: Pictures) -> float:
    """Accuracy of a head on pictures, each a clip of a single face."""
    x = torch.from_numpy(pictures.rows)[:, None]
    logits = model._logits(model.net.eval(), (x, torch.ones(x.shape[:2], dtype=torch.bool)))
    return float((logits.argmax(1).numpy() == pictures.labels).mean())


def _pool_on_pictures(fused: Fused, pictures: Pictures) -> float:
    """Accuracy of a fusion on pictures, which have no sound."""
    classes = len(EMOTIONS)
    face = Encoded.of(
        pictures.rows[:, -classes:].astype(float), pictures.rows[:, :-classes].astype(float)
    )
    voice = Encoded.of(np.full((len(pictures.rows), classes), np.nan))
    said = fused.batch({"face": face, "voice": voice})
    return float((said.argmax(1) == pictures.labels).mean())
