"""A finished run -> a bundle that the one inference path runs without torch."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mien.analysis import analyze
from mien.bundle import FORMAT, default_path, load
from mien.errors import TrainingError, UsageError
from mien.extract.faces import face_stream
from mien.lab.record import read_record
from mien.lab.reduced import Loss, Precision, export_reduced, measured_loss, run_onnx
from mien.lab.run import Plan
from mien.lab.score import final_unit, open_plan
from mien.lab.work import data_of, trained
from mien.reading import Said
from mien.recipes.declaration import Branch, Recipe
from mien.report.atomic import atomic
from mien.runtime import session

__all__ = ["PARITY", "Check", "Exported", "export"]

PARITY = 1e-4
"""Largest difference of a log-probability between the trained model and its ONNX form."""


@dataclass(frozen=True)
class Check:
    """How an exported network compares with the trained one on real clips.

    Args:
        branch: its name.
        clips: how many were compared.
        gap: largest difference of a log-probability.
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
        precision: see `mien.lab.reduced.export_reduced`.
        clips: how many clips of the run's manifest to compare the networks on.

    Raises:
        UsageError: the folder is taken, or the recipe is not one that bundles can hold.
        TrainingError: at fp32, a log-probability differs by more than `PARITY`.
    """
    plan, record = open_plan(run), read_record(run)
    _check_recipe(plan.task.recipe)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out}: is not empty; choose another folder")
    partial = out.with_name(out.name + ".part")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        branches = plan.task.recipe.branches
        checks = tuple(_network(plan, b, partial, precision, clips) for b in branches)
        _write_spec(plan, record, partial)
        losses = () if precision == "fp32" else tuple(measured_loss(plan, precision))
        made = Exported(checks, losses, *_whole_path(plan, partial))
        _write_card(plan, record, partial, made, precision)
        if out.exists():
            out.rmdir()
        partial.rename(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return made


def _check_recipe(recipe: Recipe) -> None:
    for name, branch in recipe.branches.items():
        if name != branch.modality:
            raise UsageError(f"branch '{name}': a bundle has one branch 'face' and one 'voice'")
        known = {"face": {"face_embedding"}, "voice": {"log_mel", "is09", "is10", "egemaps"}}
        if branch.extractor not in known[branch.modality]:
            raise UsageError(
                f"branch '{name}': bundles cannot hold the features {branch.extractor}"
            )


def _network(plan: Plan, branch: str, folder: Path, precision: Precision, clips: int) -> Check:
    model, data = trained(plan.task, final_unit(plan, branch)), data_of(plan.task, branch)
    path = folder / f"{branch}.onnx"
    export_reduced(model, path, precision)
    places = [i for i, f in enumerate(data.features) if f.valid.any()]
    chosen = np.linspace(0, len(places) - 1, min(clips, len(places)), dtype=int)
    run, gaps, changed = session(path), [], 0
    for place in [places[i] for i in chosen]:
        wanted = model.log_probs(data.features[place])
        assert wanted is not None
        said = run_onnx(run, data.features[place], model.pooling)
        gaps.append(float(np.abs(said - wanted).max()))
        changed += int(said.argmax() != wanted.argmax())
    check = Check(branch, len(gaps), max(gaps), changed, path.stat().st_size)
    if precision == "fp32" and not check.gap <= PARITY:
        raise TrainingError(
            f"branch '{branch}': the ONNX form differs from the trained one by {check.gap:.1e} "
            f"(allowed {PARITY:.0e}); nothing was exported"
        )
    return check


def _write_spec(plan: Plan, record: Mapping[str, Any], folder: Path) -> None:
    pool = json.loads((plan.task.run / "pool.json").read_text())
    branches = plan.task.recipe.branches
    spec: dict[str, Any] = {
        "format": FORMAT,
        "name": f"{plan.task.recipe.name}-{record['date']}",
        "labels": record["labels"],
        "prior": pool["prior"],
        "reliable_from": pool["reliable_from"],
        "streams": {},
        "branches": {},
        "fusion": {
            "kind": "log_pool",
            "branches": sorted(branches),
            "classes": len(record["labels"]),
            "weights": pool["weights"],
            "temperatures": pool["temperatures"],
        },
    }
    for name, branch in branches.items():
        stream, head = _parts(name, branch, folder)
        spec["streams"][name] = stream
        spec["branches"][name] = {"stream": name, "temperature": pool["temperatures"][name], **head}
    files = sorted(folder.glob("*.onnx"))
    spec["files"] = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
    with atomic(folder / "bundle.json") as partial:
        partial.write_text(json.dumps(spec, indent=1) + "\n")


def _parts(name: str, branch: Branch, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a bundle's `StreamSpec` and `BranchSpec` of a branch say."""
    settings = dict(branch.settings)
    if branch.extractor == "log_mel":
        return {"extractor": "log_mel", "encoder": f"{name}.onnx"}, {}
    if branch.extractor != "face_embedding":
        return {"extractor": branch.extractor, "settings": settings}, {"head": f"{name}.onnx"}
    _, own = face_stream(str(settings.pop("model", "default")))
    encoder = load().spec.streams["face"].encoder
    assert encoder is not None
    shutil.copyfile(default_path() / encoder, folder / "face_encoder.onnx")
    stream = {"extractor": "faces", "settings": {**own, **settings}, "encoder": "face_encoder.onnx"}
    return stream, {"head": f"{name}.onnx"}


def _write_card(
    plan: Plan, record: Mapping[str, Any], folder: Path, made: Exported, precision: Precision
) -> None:
    """The scores of the run, how they were got, and the licences of the clips."""
    report = plan.task.run / "report" / "report.json"
    licences = sorted({c.licence for c in plan.manifest.clips if c.licence}) or ["not stated"]
    card = {
        "name": f"{record['recipe']['name']}-{record['date']}",
        "recipe": record["recipe"],
        "data": record["manifest"],
        "protocol": {"folds": record["folds"], "seeds": record["seeds"], "stamp": record["stamp"]},
        "report": json.loads(report.read_text()) if report.is_file() else None,
        "licence": "trained on clips under: " + ", ".join(licences),
        "export": {"precision": precision, **asdict(made)},
        "versions": record["versions"],
    }
    with atomic(folder / "card.json") as partial:
        partial.write_text(json.dumps(card, indent=1) + "\n")
    text = f"The weights in this folder were trained on clips under: {', '.join(licences)}.\n"
    (folder / "LICENSE").write_text(text)


def _whole_path(plan: Plan, bundle: Path, most: int = 5) -> tuple[int, float]:
    """Clips compared, and the largest difference of a branch's calibrated probability.

    The lab scores stored features, `analyze` decodes the file anew: this is the check that both
    see the same. Clips that are a stretch of a longer file are left out.
    """
    loaded, gaps = load(bundle), [0.0]
    places = [i for i, c in enumerate(plan.manifest.clips) if c.start is None and c.end is None]
    chosen = [*np.unique(np.linspace(0, len(places) - 1, most, dtype=int))] if places else []
    models = {b: trained(plan.task, final_unit(plan, b)) for b in plan.task.recipe.branches}
    for place in [places[i] for i in chosen]:
        answer = analyze(plan.manifest.path(plan.manifest.clips[place]), model=loaded)
        for branch, model in models.items():
            features = data_of(plan.task, branch).features[place]
            rows = model.log_probs(features)
            said = answer.branches[branch].probabilities
            if rows is None or said is None:
                gaps.append(0.0 if (rows is None) == (said is None) else 1.0)
                continue
            wanted = loaded.alone(branch, Said(rows, 1))
            gaps.append(float(np.abs(wanted - loaded.labels.vector(said)).max()))
    return len(chosen), max(gaps)
