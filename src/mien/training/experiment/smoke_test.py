"""Does a recipe work at all? One small step of everything in it, on a handful of clips."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from mien.core.sample_clip import sample
from mien.data.manifest import Manifest, write_manifest
from mien.errors import TrainingError, UsageError
from mien.inference.bundle import load
from mien.labels import EMOTIONS
from mien.training.experiment.assemble import assemble
from mien.training.experiment.export import PARITY, checked
from mien.training.experiment.joint import Joint, main_system, read_joint
from mien.training.experiment.run import Experiment
from mien.training.experiment.score import final_unit
from mien.training.experiment.work import data_of, trained
from mien.training.recipes.declaration import Forest, Recipe
from mien.training.recipes.networks import TrainingConfig, Weighting
from mien.training.recipes.size import small
from mien.training.schedules import OptimConfig
from mien.types import Clip

__all__ = ["SmokeTest", "few_clips", "parities", "quick", "shortened"]

_SPEAKERS, _EACH = 7, 3  # so that three clips of a class are left in each inner fold
_LABELS = ("angry", "happy", "sad")
_SECONDS = 2.0


@dataclass(frozen=True)
class SmokeTest:
    """What came of exporting one system.

    Args:
        system: a branch or a fusion.
        gap: largest difference of a probability between the lab and the bundle; None where it was
            not exported.
        why: no bundle can hold it; "" where one does.
    """

    system: str
    gap: float | None
    why: str = ""


def few_clips(manifest: Manifest | None, folder: Path) -> Path:
    """Write the manifest of a trial: of seven speakers three clips each, one speaker to test.

    Args:
        manifest: where to take them; None makes stretches of mien's sample clip.
        folder: takes the manifest.

    Raises:
        UsageError: too few clips with labels.
    """
    clips = _made_up() if manifest is None else _taken(manifest)
    labels = EMOTIONS if manifest is None else manifest.labels
    path = folder / "clips.csv"
    write_manifest(Manifest("trial", tuple(clips), labels, folder), path)
    return path


def _made_up() -> list[Clip]:
    clips = []
    for speaker in range(_SPEAKERS):
        for number, label in enumerate(_LABELS):
            start = 0.2 * speaker + 1.2 * number
            split = "test" if speaker == 0 else "train"
            clips.append(
                Clip(
                    f"{speaker}-{label}",
                    str(sample()),
                    start,
                    start + _SECONDS,
                    label,
                    f"speaker {speaker}",
                    split,
                )
            )
    return clips


def _taken(manifest: Manifest) -> list[Clip]:
    """Clips of different labels; where speakers are not known, each clip is one of its own."""
    by_speaker: dict[str, dict[str, Clip]] = {}
    for clip in manifest.clips:
        if clip.label:
            by_speaker.setdefault(clip.speaker or clip.label, {}).setdefault(clip.label, clip)
    if set(by_speaker) == {c.label for c in manifest.clips if c.label}:
        return _nameless(manifest)
    chosen = sorted(by_speaker.items(), key=lambda item: -len(item[1]))[:_SPEAKERS]
    if len(chosen) < _SPEAKERS or len(chosen[-1][1]) < 2:
        raise UsageError(
            f"{manifest.name}: a trial needs clips of two labels from each of seven speakers; "
            "leave --data out to try the recipe on made-up clips"
        )
    return [
        _whole(manifest, clip, speaker, number == 0)
        for number, (speaker, of_speaker) in enumerate(chosen)
        for clip in list(of_speaker.values())[:_EACH]
    ]


def _nameless(manifest: Manifest) -> list[Clip]:
    by_label: dict[str, list[Clip]] = {}
    for clip in manifest.clips:
        if clip.label:
            by_label.setdefault(clip.label, []).append(clip)
    labels = sorted(by_label, key=lambda name: -len(by_label[name]))[:_EACH]
    count = min(_SPEAKERS, *(len(by_label[name]) for name in labels))
    if len(labels) < 2 or count < _SPEAKERS:
        raise UsageError(f"{manifest.name}: a trial needs seven clips of each of two labels")
    return [
        _whole(manifest, by_label[name][number], f"speaker {number}", number == 0)
        for number in range(count)
        for name in labels
    ]


def _whole(manifest: Manifest, clip: Clip, speaker: str, test: bool) -> Clip:
    path = str(manifest.path(clip).resolve())
    return replace(clip, path=path, speaker=speaker, split="test" if test else "train", extra={})


def quick(recipe: Recipe) -> Recipe:
    """The recipe in small, with one step of each stage of each network."""
    tried = shortened(small(recipe))
    assert isinstance(tried, Recipe)
    return replace(tried, inner=min(2, tried.inner))


def shortened(part: Any) -> Any:
    """A recipe, or a part of it, with one step of each stage of each network, as wide as it is."""
    if isinstance(part, Mapping):
        return {key: shortened(value) for key, value in part.items()}
    if isinstance(part, tuple):
        return tuple(shortened(value) for value in part)
    if not is_dataclass(part) or isinstance(part, type):
        return part
    values = {f.name: shortened(getattr(part, f.name)) for f in fields(part) if f.init}
    match part:
        case OptimConfig():
            values |= {"epochs": 1, "steps": 1, "select": "", "patience": 0, "average": 0.0}
        case TrainingConfig():
            values |= {"batch": min(4, part.batch)}
        case Weighting():
            values |= {"after": 0}
        case Forest():
            values |= {"trees": min(10, part.trees)}
    return type(part)(**values)


def parities(plan: Experiment, folder: Path) -> Iterator[SmokeTest]:
    """Export every fusion with its branches, and every branch that is in none, and compare.

    Args:
        plan: a finished run.
        folder: takes the bundles.

    Raises:
        TrainingError: a probability differs by more than `mien.training.experiment.export.PARITY`.
    """
    recipe = plan.task.recipe
    joint = read_joint(plan.task.run / "fusion" / "final")
    seen: set[str] = set()
    for name, joined in recipe.fusions.items():
        if name in recipe.joins:
            view = replace(recipe, fusions={name: joined})
            yield from _tried(_seen(plan, view), joint, recipe.joins[name][1], seen, folder / name)
    for name in [b for b in recipe.branches if b not in seen]:
        rest = {b: branch for b, branch in recipe.branches.items() if b != name}
        view = replace(recipe, branches={name: recipe.branches[name], **rest}, fusions={})
        yield from _tried(_seen(plan, view), joint, (name,), seen, folder / name)


def _seen(plan: Experiment, recipe: Recipe) -> Experiment:
    return replace(plan, task=replace(plan.task, recipe=recipe))


def _tried(
    plan: Experiment, joint: Joint, branches: tuple[str, ...], seen: set[str], folder: Path
) -> Iterator[SmokeTest]:
    """Each branch that was not compared before, and the system that joins them."""
    name = main_system(plan.task.recipe)
    final = json.loads((plan.task.run / "final.json").read_text())
    folder.mkdir(parents=True)
    units = {b: final_unit(plan, b) for b in branches}
    try:
        assemble(plan, units, joint, {"name": name, **final}, folder)
    except UsageError as error:
        seen.update(branches)
        yield SmokeTest(name, None, str(error))
        return
    for branch in [b for b in branches if b not in seen]:
        seen.add(branch)
        yield SmokeTest(branch, checked(plan, folder, branch, "fp32", len(plan.manifest)).gap)
    if name in joint.fused:
        yield SmokeTest(name, _gap(plan, joint, name, branches, folder))


def _gap(
    plan: Experiment, joint: Joint, name: str, branches: tuple[str, ...], folder: Path
) -> float:
    """Of a fusion, on all clips."""
    bundle, gaps = load(folder, threads=1), [0.0]
    models = {b: trained(plan.task, final_unit(plan, b)) for b in branches}
    data = {b: data_of(plan.task, b).features for b in branches}
    for index in range(len(plan.manifest)):
        outputs = {b: model.predict(data[b][index]) for b, model in models.items()}
        here = {b: output for b, output in outputs.items() if output is not None}
        ours = bundle.fuse(dict(here))
        lab = joint.fused[name]({b: (output.mean, output.descriptor) for b, output in here.items()})
        if ours is not None and lab is not None:
            gaps.append(float(np.abs(ours - lab).max()))
        elif (ours is None) != (lab is None):
            gaps.append(1.0)
    if not max(gaps) <= PARITY:
        raise TrainingError(f"fusion '{name}': the bundle differs from the lab by {max(gaps):.1e}")
    return max(gaps)
