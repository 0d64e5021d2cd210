"""A finished run -> a bundle that the one inference path runs without torch."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mien.analysis import analyze
from mien.bundle import default_path, load
from mien.errors import TrainingError, UsageError
from mien.evidence import pieces
from mien.lab.plan import FINAL, OUTER, Unit
from mien.lab.work import Task, data_of, trained
from mien.learners.clip_set import valid_rows
from mien.manifest import read_manifest
from mien.recipes.declaration import Recipe, from_plain
from mien.report.atomic import atomic
from mien.runtime import session
from mien.types import Features

__all__ = ["PARITY", "Check", "export", "open_run"]

PARITY = 1e-4
"""Largest difference of a log-probability between the trained model and its ONNX form."""

Precision = Literal["fp32", "fp16", "int8"]


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


def open_run(run: Path) -> tuple[Task, dict[str, Any]]:
    """The task and the record of a run folder.

    Raises:
        UsageError: not a run folder, not finished, or of another version.
    """
    try:
        record = json.loads((run / "run.json").read_text())
    except FileNotFoundError:
        raise UsageError(f"{run}: not a run folder (no run.json); 'mien train' makes one") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{run}/run.json: cannot be read ({error})") from None
    if record.get("format") != 1:
        raise UsageError(f"{run}: of another version of mien; train again with this one")
    if not (run / "pool.json").is_file():
        raise UsageError(
            f"{run}: the run is not finished; 'mien train' with the same --out goes on"
        )
    recipe = from_plain(record["recipe"])
    task = Task(recipe, Path(record["manifest"]["path"]), Path(record["store"]), run)
    return task, record


def final_unit(record: Mapping[str, Any], branch: str) -> Unit:
    """The unit of the final system; its clips do not matter for loading it."""
    return Unit(branch, int(record["seeds"][0]), FINAL, OUTER, (), ())


def export(run: Path, out: Path, precision: Precision = "fp32", clips: int = 20) -> list[Check]:
    """Write a bundle folder and check it against the trained networks on real clips.

    Args:
        run: a finished run folder.
        out: the new bundle folder; must not exist, or be empty.
        precision: "fp32"; "fp16" stores large weights in half; "int8" quantises them dynamically.
        clips: how many clips of the run's manifest to check with.

    Raises:
        UsageError: the folder is taken, or the recipe is not one that bundles can hold.
        TrainingError: at fp32, a log-probability differs by more than `PARITY`.
    """
    task, record = open_run(run)
    _check_recipe(task.recipe)
    if out.exists() and any(out.iterdir()):
        raise UsageError(f"{out}: is not empty; choose another folder")
    partial = out.with_name(out.name + ".part")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        checks = [
            _network(task, record, b, partial, precision, clips) for b in task.recipe.branches
        ]
        _write_spec(task, record, partial)
        _write_card(run, record, partial, checks, precision)
        load(partial)
        if out.exists():
            out.rmdir()
        partial.rename(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return checks


def _check_recipe(recipe: Recipe) -> None:
    for name, branch in recipe.branches.items():
        if name != branch.modality:
            raise UsageError(f"branch '{name}': a bundle has one branch 'face' and one 'voice'")
        known = {"face": {"face_embedding"}, "voice": {"log_mel", "is09", "is10", "egemaps"}}
        if branch.extractor not in known[branch.modality]:
            raise UsageError(
                f"branch '{name}': bundles cannot hold the features {branch.extractor}"
            )


def _network(
    task: Task,
    record: dict[str, Any],
    branch: str,
    folder: Path,
    precision: Precision,
    clips: int,
) -> Check:
    model = trained(task, final_unit(record, branch))
    path = folder / ("face_head.onnx" if branch == "face" else "voice.onnx")
    model.export(path)
    _reduce(path, precision)
    data = data_of(task, branch)
    places = [i for i, f in enumerate(data.features) if f.valid.any()]
    chosen = [
        places[i] for i in np.linspace(0, len(places) - 1, min(clips, len(places)), dtype=int)
    ]
    run, gaps, changed = session(path), [], 0
    for place in chosen:
        wanted = model.log_probs(data.features[place])
        assert wanted is not None
        said = _run_onnx(run, data.features[place], model.pooling)
        gaps.append(float(np.abs(said - wanted).max()))
        changed += int(said.argmax() != wanted.argmax())
    check = Check(branch, len(chosen), max(gaps), changed, path.stat().st_size)
    if precision == "fp32" and check.gap > PARITY:
        raise TrainingError(
            f"branch '{branch}': the ONNX form differs from the trained one by {check.gap:.1e} "
            f"(allowed {PARITY:.0e}); nothing was exported"
        )
    return check


def _run_onnx(run: Any, features: Features, pooling: str) -> NDArray[np.float64]:
    rows, times = valid_rows(features), features.times[features.valid]
    if pooling == "rows":
        each = np.asarray(run.run(["log_probs"], {"rows": rows})[0], np.float64)
        return np.asarray(each.mean(0))
    parts = list(pieces(times))
    said = [run.run(["log_probs"], {"rows": rows[None, part]})[0][0] for part in parts]
    return np.asarray(np.average(said, axis=0, weights=[p.stop - p.start for p in parts]))


def _reduce(path: Path, precision: Precision) -> None:
    from mien.export import halve

    if precision == "fp16":
        halve(path)
    elif precision == "int8":
        from onnxruntime.quantization import QuantType, quantize_dynamic

        whole = path.with_suffix(".fp32")
        path.rename(whole)
        quantize_dynamic(whole, path, weight_type=QuantType.QInt8)
        whole.unlink()


def _write_spec(task: Task, record: dict[str, Any], folder: Path) -> None:
    pool = json.loads((task.run / "pool.json").read_text())
    branches = task.recipe.branches
    spec: dict[str, Any] = {
        "format": 1,
        "name": f"{task.recipe.name}-{record['date']}",
        "labels": record["labels"],
        "prior": pool["prior"],
        "reliable_from": pool["reliable_from"],
        "fusion": {
            "kind": "log_pool",
            "weights": pool["weights"],
            "temperatures": pool["temperatures"],
        },
    }
    if "face" in branches:
        shutil.copyfile(default_path() / "face.onnx", folder / "face.onnx")
        own = load().spec.face
        assert own is not None
        spec["face"] = {**own.model_dump(), "model": "face.onnx", "head": "face_head.onnx"}
        spec["face"] |= {k: v for k, v in branches["face"].settings.items() if k == "fps"}
    if "voice" in branches:
        extractor = branches["voice"].extractor
        front_end = "log_mel/1" if extractor == "log_mel" else extractor
        spec["voice"] = {"model": "voice.onnx", "front_end": front_end}
    files = sorted(folder.glob("*.onnx"))
    spec["files"] = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
    with atomic(folder / "bundle.json") as partial:
        partial.write_text(json.dumps(spec, indent=1) + "\n")


def _write_card(
    run: Path, record: dict[str, Any], folder: Path, checks: Sequence[Check], precision: Precision
) -> None:
    """The scores of the run, how they were got, and the licences of the clips."""
    report = run / "report" / "report.json"
    manifest = read_manifest(Path(record["manifest"]["path"]))
    licences = sorted({c.licence for c in manifest.clips if c.licence}) or ["not stated"]
    card = {
        "name": f"{record['recipe']['name']}-{record['date']}",
        "recipe": record["recipe"],
        "data": {"manifest": record["manifest"]["name"], "clips": len(manifest)},
        "protocol": {"folds": record["folds"], "seeds": record["seeds"], "stamp": record["stamp"]},
        "report": json.loads(report.read_text()) if report.is_file() else None,
        "licence": "trained on clips under: " + ", ".join(licences),
        "export": {"precision": precision, "checks": [vars(c) for c in checks]},
        "versions": record["versions"],
    }
    with atomic(folder / "card.json") as partial:
        partial.write_text(json.dumps(card, indent=1) + "\n")
    text = f"The weights in this folder were trained on clips under: {', '.join(licences)}.\n"
    (folder / "LICENSE").write_text(text)


def whole_path_gap(run: Path, bundle: Path, clips: int = 5) -> float:
    """Largest difference of a branch's calibrated probability between lab and `mien.analyze`.

    The lab scores stored features, `analyze` decodes the file anew: this is the check that both
    see the same.
    """
    task, record = open_run(run)
    loaded, manifest = load(bundle), read_manifest(task.manifest)
    gaps = [0.0]
    for branch in task.recipe.branches:
        model, data = trained(task, final_unit(record, branch)), data_of(task, branch)
        places = [i for i, c in enumerate(manifest.clips) if c.start is None and c.end is None]
        for place in places[:: max(1, len(places) // clips)][:clips]:
            wanted = loaded.pool({branch: model.log_probs(data.features[place])})
            answer = analyze(manifest.path(manifest.clips[place]), model=loaded)
            said = answer.branches[branch].probabilities
            if wanted is None or said is None:
                gaps.append(0.0 if (wanted is None) == (said is None) else 1.0)
                continue
            gaps.append(float(np.abs(wanted - loaded.labels.vector(said)).max()))
    return max(gaps)
