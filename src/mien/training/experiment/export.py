"""A finished run -> a bundle that the one inference path runs without torch."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from mien.core.atomic import atomic
from mien.errors import TrainingError, UsageError
from mien.evaluation.cards import ByFolds, CardScore, OnClips, card_score, clips_sha256
from mien.evaluation.metrics import Scores
from mien.evaluation.reports import read_run, report_of
from mien.evaluation.reports.result import SystemReport
from mien.evaluation.verify.clips import bundle_scores
from mien.fusion.log_pool import softmax
from mien.inference.analysis import analyze
from mien.inference.bundle import load
from mien.training.experiment.assemble import Precision, assemble, branches_of, is_encoded
from mien.training.experiment.joint import main_system, read_joint
from mien.training.experiment.plan import OFFICIAL
from mien.training.experiment.record import read_record
from mien.training.experiment.reduced import Loss, measured_loss
from mien.training.experiment.run import Experiment
from mien.training.experiment.score import final_unit, open_plan
from mien.training.experiment.work import data_of, trained

__all__ = ["PARITY", "Check", "Exported", "checked", "export"]

PARITY = 1e-4
"""Largest difference of a probability between the trained model and its ONNX form."""


@dataclass(frozen=True)
class Check:
    """How an exported network compares with the trained one on real clips.

    Args:
        branch: its name.
        clips: how many were compared.
        gap: largest difference of a probability.
        changed: clips whose label differs.
        size: bytes of the file.
    """

    branch: str
    clips: int
    gap: float
    changed: int
    size: int


@dataclass(frozen=True)
class Exported:
    """What is known of a new bundle; all of it is in its card.

    Args:
        checks: of each branch.
        losses: what fewer bits cost on the reported clips; empty at fp32.
        path_clips: clips that `mien.analyze` decoded anew, to compare with the lab's features.
        path_gap: largest difference of a branch's calibrated probability on them.
    """

    checks: tuple[Check, ...]
    losses: tuple[Loss, ...]
    path_clips: int
    path_gap: float


def export(run: Path, out: Path, precision: Precision = "fp32", clips: int = 20) -> Exported:
    """Write a bundle folder and check it against the trained networks on real clips.

    Args:
        run: a finished run folder.
        out: the new bundle folder; must not exist, or be empty.
        precision: see `mien.training.experiment.assemble.assemble`.
        clips: how many clips of the run's manifest to compare the networks on.

    Raises:
        UsageError: the folder is taken, or a branch is not one that bundles can hold.
        TrainingError: at fp32, a probability differs by more than `PARITY`; or there is no clip to
            compare on.
    """
    plan, record = open_plan(run), read_record(run)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out}: is not empty; choose another folder")
    partial = out.with_name(out.name + ".part")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        branches = branches_of(plan)
        units = {branch: final_unit(plan, branch) for branch in branches}
        joint = read_joint(plan.task.run / "fusion" / "final")
        final = json.loads((plan.task.run / "final.json").read_text())
        about = {"name": f"{plan.task.recipe.name}-{record['date']}", **final}
        assemble(plan, units, joint, about, partial, precision)
        checks = tuple(checked(plan, partial, b, precision, clips) for b in branches)
        losses = () if precision == "fp32" else tuple(measured_loss(plan, precision))
        exported = Exported(checks, losses, *_whole_path(plan, partial))
        scores = _scores(plan, partial)
        _write_card(plan, record, partial, exported, precision, scores)
        if out.exists():
            out.rmdir()
        partial.rename(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return exported


def checked(plan: Experiment, folder: Path, branch: str, precision: Precision, clips: int) -> Check:
    """A branch of the new bundle beside the trained one, on features of the run's own clips."""
    bundle = load(folder, threads=1)
    model, data = trained(plan.task, final_unit(plan, branch)), data_of(plan.task, branch)
    usable = [i for i, f in enumerate(data.features) if f.valid.any()]
    chosen = np.linspace(0, len(usable) - 1, min(clips, len(usable)), dtype=int)
    if not len(chosen):
        why = f"of {len(data.features)} clips none has anything that it measures"
        raise TrainingError(
            f"branch '{branch}': there is no clip to compare the ONNX form with the trained one on"
            f" ({f'clips={clips}' if usable else why}); nothing was exported"
        )
    done = is_encoded(plan.task.recipe.branches[branch].extractor)
    gaps, changed = [], 0
    for index in [usable[i] for i in chosen]:
        features = data.features[index]
        wanted, answer = (
            model.predict(features),
            bundle.branch_output(branch, features, encoded=done),
        )
        assert wanted is not None
        assert answer is not None
        gaps.append(float(np.abs(softmax(answer.mean) - softmax(wanted.mean)).max()))
        changed += int(answer.mean.argmax() != wanted.mean.argmax())
    spec = bundle.spec.branches[branch]
    files = {spec.head, bundle.spec.streams[spec.stream].encoder} - {None}
    size = sum((folder / str(file)).stat().st_size for file in files)
    check = Check(branch, len(chosen), max(gaps), changed, size)
    if precision == "fp32" and not check.gap <= PARITY:
        raise TrainingError(
            f"branch '{branch}': the ONNX form differs from the trained one by {check.gap:.1e} "
            f"(allowed {PARITY:.0e}); nothing was exported"
        )
    return check


def _scores(plan: Experiment, folder: Path) -> list[CardScore]:
    """The scores of the systems that the bundle holds, each with how it was got.

    With an official split the bundle itself is run on the clips held out, from their files on;
    with folds they are those of the run, whose networks are not in the bundle.
    """
    run, main = read_run(plan.task.run), main_system(plan.task.recipe)
    systems: dict[str, str | None] = {b: b for b in branches_of(plan)}
    systems.setdefault(main, None)
    if plan.how != OFFICIAL:
        provenance = ByFolds(command=f"mien report {plan.task.run}")
        return [
            _of_run(system, provenance)
            for system in report_of(run).systems
            if system.name in systems
        ]
    chosen = set(plan.folds[0].test)
    clips = tuple(c for i, c in enumerate(plan.manifest.clips) if i in chosen)
    manifest = replace(plan.manifest, clips=clips)
    of_branch = bundle_scores(load(folder), manifest)
    on_clips = OnClips(
        corpora=tuple(sorted({c.extra.get("corpus", "") for c in clips} - {""})),
        manifest=str(plan.task.manifest),
        clips=clips_sha256(clips),
        branch=None,
    )
    return [
        _of_bundle(
            name, of_branch[branch], msgspec.structs.replace(on_clips, branch=branch), run.stamp
        )
        for name, branch in systems.items()
    ]


def _of_bundle(name: str, of_branch: Scores, provenance: OnClips, stamp: str) -> CardScore:
    """What the bundle scores, as it goes on a card."""
    figures = of_branch.accuracy, of_branch.interval, of_branch.uar, of_branch.macro_f1
    return card_score(name, of_branch.n, *figures, provenance, stamp)


def _of_run(system: SystemReport, provenance: ByFolds) -> CardScore:
    """A score of a report as it goes on a card; that of several seeds is their mean."""
    figures = (
        system.accuracy.mean,
        system.accuracy_interval,
        system.uar.mean,
        system.macro_f1.mean,
    )
    return card_score(system.name, system.n, *figures, provenance, system.stamp)


def _write_card(
    plan: Experiment,
    record: Mapping[str, Any],
    folder: Path,
    exported: Exported,
    precision: Precision,
    scores: Sequence[CardScore],
) -> None:
    """The scores of the run, how they were got, and the licences of the clips."""
    report = plan.task.run / "report" / "report.json"
    licences = sorted({c.licence for c in plan.manifest.clips if c.licence}) or ["not stated"]
    card = {
        "name": f"{record['recipe']['name']}-{record['date']}",
        "recipe": record["recipe"],
        "data": record["manifest"],
        "protocol": {"folds": record["folds"], "seeds": record["seeds"], "stamp": record["stamp"]},
        "scores": msgspec.to_builtins(scores),
        "report": json.loads(report.read_text()) if report.is_file() else None,
        "licence": "trained on clips under: " + ", ".join(licences),
        "export": {"precision": precision, **asdict(exported)},
        "versions": record["versions"],
    }
    with atomic(folder / "card.json") as partial:
        partial.write_text(json.dumps(card, indent=1) + "\n")
    text = f"The weights in this folder were trained on clips under: {', '.join(licences)}.\n"
    (folder / "LICENSE").write_text(text)


def _whole_path(plan: Experiment, bundle: Path, most: int = 5) -> tuple[int, float]:
    """Clips compared, and the largest difference of a branch's calibrated probability.

    The lab scores stored features, `analyze` decodes the file anew: this is the check that both
    see the same. Clips that are a stretch of a longer file are left out.
    """
    loaded, gaps = load(bundle), [0.0]
    whole = [i for i, c in enumerate(plan.manifest.clips) if c.start is None and c.end is None]
    chosen = [*np.unique(np.linspace(0, len(whole) - 1, most, dtype=int))] if whole else []
    models = {b: trained(plan.task, final_unit(plan, b)) for b in branches_of(plan)}
    for index in [whole[i] for i in chosen]:
        answer = analyze(plan.manifest.path(plan.manifest.clips[index]), model=loaded)
        for branch, model in models.items():
            features = data_of(plan.task, branch).features[index]
            lab = model.predict(features)
            probabilities = answer.branches[branch].probabilities
            if lab is None or probabilities is None:
                gaps.append(0.0 if (lab is None) == (probabilities is None) else 1.0)
                continue
            wanted = loaded.alone(branch, lab)
            gaps.append(float(np.abs(wanted - loaded.labels.vector(probabilities)).max()))
    return len(chosen), max(gaps)
