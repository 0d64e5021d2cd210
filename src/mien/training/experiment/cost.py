"""What an answer costs: processor time from the file on, and megabytes of what was fitted."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from mien.core.opencv import one_thread
from mien.core.sample_clip import sample
from mien.data.manifest import Manifest
from mien.evaluation.reports.cost import Costs
from mien.evaluation.reports.result import Cost
from mien.features.extractors import Extractor
from mien.media import open_media
from mien.training.experiment.record import hardware
from mien.training.experiment.run import Experiment
from mien.training.experiment.score import final_unit, learner_of
from mien.training.experiment.work import extractor_of
from mien.training.learners.learner import Learner
from mien.types import Clip

__all__ = ["measured"]

_WEIGHTS = (".onnx", ".pt")
_ROUNDS = 2  # other work on the machine makes a processor slower, never faster


def measured(plan: Experiment, manifest: Manifest, most: int = 6) -> Costs:
    """Measure the final system: each branch alone, and all together as "fused".

    Time is that of the processor, all threads added up, so that other work on the machine does
    not count.

    Args:
        plan: a finished run.
        manifest: clips with readable media.
        most: how many of them to measure, spread over the manifest.
    """
    indices = np.unique(np.linspace(0, len(manifest) - 1, most, dtype=int)).tolist()
    clips = [manifest.clips[index] for index in indices]
    branches = plan.task.recipe.branches
    systems = {name: [name] for name in branches}
    for name, (_, of) in plan.task.recipe.joins.items():
        # Pictures first, as in the store: their pass also leaves the sound for the voice.
        systems[name] = sorted(of, key=lambda b: branches[b].modality == "voice")
    with _one_thread():
        parts = {b: _part(plan, b) for b in branches}
        costs = {
            system: Cost(
                _seconds(manifest, clips, [parts[b] for b in names]),
                sum(_megabytes(plan.task.folder(final_unit(plan, b))) for b in names),
            )
            for system, names in systems.items()
        }
    lengths = [_length(manifest, clip) for clip in clips]
    return Costs(hardware(), len(clips), float(np.mean(lengths)), costs)


def _part(plan: Experiment, branch: str) -> tuple[Extractor, Learner]:
    extractor = extractor_of(plan.task.recipe.branches[branch])
    example = extractor.extract(sample(), None, None)  # loads what is loaded once
    return extractor, learner_of(plan, final_unit(plan, branch), example)


def _megabytes(folder: Path) -> float:
    return sum(f.stat().st_size for f in folder.iterdir() if f.suffix in _WEIGHTS) / 1e6


def _seconds(
    manifest: Manifest, clips: Sequence[Clip], parts: Sequence[tuple[Extractor, Learner]]
) -> float:
    """Mean processor time for a clip, each the least of a few rounds."""
    rounds = []
    for _ in range(_ROUNDS):
        for extractor, _ in parts:
            extractor.extract(sample(), None, None)  # so that nothing of the next clip is kept
        rounds.append([_once(manifest, clip, parts) for clip in clips])
    return float(np.min(rounds, axis=0).mean())


def _once(manifest: Manifest, clip: Clip, parts: Sequence[tuple[Extractor, Learner]]) -> float:
    before = time.process_time()
    for extractor, learner in parts:
        learner.predict(extractor.extract(manifest.path(clip), clip.start, clip.end))
    return time.process_time() - before


def _length(manifest: Manifest, clip: Clip) -> float:
    """Seconds."""
    with open_media(manifest.path(clip)) as media:
        end = media.info.duration if clip.end is None else clip.end
    return (end or 0.0) - (clip.start or 0.0)


@contextmanager
def _one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with one_thread():
            yield
    finally:
        torch.set_num_threads(before)
