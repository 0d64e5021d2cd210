"""`run.json`: what a run was asked for and made with, so that it can be repeated."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from mien.core.atomic import atomic
from mien.core.hashes import file_sha256
from mien.errors import UsageError
from mien.training.experiment.run import Experiment, forget
from mien.training.experiment.work import ExperimentPaths
from mien.training.recipes.declaration import from_plain, to_plain

__all__ = ["begin", "hardware", "open_run", "read_record"]

FORMAT = 1
_PACKAGES = ("mien", "numpy", "torch", "lightning-fabric", "scikit-learn", "onnxruntime", "av")


def begin(run: Experiment, force: bool = False) -> None:
    """Write `run.json` before anything is fitted.

    Raises:
        UsageError: the folder holds a run of something else, or of another version.
    """
    path = run.task.run / "run.json"
    record = _record(run)
    if path.exists() and not force:
        old = read_record(path.parent)
        differs = _difference(old, json.loads(json.dumps(record)))
        if differs:
            raise UsageError(
                f"{path.parent}: holds another run ({differs}); "
                "use another --out, or --force to take its place"
            )
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    for name in ("scores.csv", "final.json"):  # of the run whose place this one takes
        (path.parent / name).unlink(missing_ok=True)
    forget(path.parent)
    with atomic(path) as partial:
        partial.write_text(json.dumps(record, indent=1) + "\n")


def read_record(run: Path) -> dict[str, Any]:
    """The content of `run.json`.

    Raises:
        UsageError: not a run folder, or of another version.
    """
    path = run / "run.json"
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version = record.get("format")
    except FileNotFoundError:
        raise UsageError(f"{run}: not a run folder (no run.json); 'mien train' makes one") from None
    except (OSError, ValueError, AttributeError) as error:
        raise UsageError(f"{path}: damaged ({error}); train again in another folder") from None
    if version != FORMAT:
        raise UsageError(
            f"{path}: a run folder of another version of mien (format {version}, this one has "
            f"{FORMAT}); train again in another folder"
        )
    return record


def open_run(run: Path) -> tuple[ExperimentPaths, dict[str, Any]]:
    """The task and the record of a finished run.

    Raises:
        UsageError: not a run folder, not finished, or of another version.
    """
    record = read_record(run)
    if not (run / "final.json").is_file():
        raise UsageError(
            f"{run}: the run is not finished; 'mien train' with the same --out goes on"
        )
    recipe = from_plain(record["recipe"])
    task = ExperimentPaths(recipe, Path(record["manifest"]["path"]), Path(record["store"]), run)
    return task, record


def _difference(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """The first thing in which two runs differ, in words; "" if they are the same."""
    for key in ("recipe", "manifest", "folds", "seeds", "stamp"):
        before, now = _flat(old.get(key), key), _flat(new[key], key)
        for name in {**before, **now}:
            if before.get(name) != now.get(name):
                stored, here = before.get(name, "nothing"), now.get(name, "nothing")
                short = f"{name.removeprefix('recipe.')} is {stored} there and {here} here"
                return "of another manifest, or it was changed" if key == "manifest" else short
    return ""


def _flat(value: Any, name: str) -> dict[str, Any]:
    """{"a.b.c": value} of nested dictionaries."""
    if not isinstance(value, dict):
        return {name: value}
    return {k: v for key, part in value.items() for k, v in _flat(part, f"{name}.{key}").items()}


def _record(run: Experiment) -> dict[str, object]:
    clips = run.manifest.clips
    return {
        "format": FORMAT,
        "recipe": to_plain(run.task.recipe),
        "manifest": {
            "name": run.manifest.name,
            "path": str(run.task.manifest),
            "sha256": file_sha256(run.task.manifest),
            "clips": len(clips),
            "speakers": sorted({c.speaker for c in clips}),
        },
        "folds": run.how,
        "seeds": list(run.seeds),
        "labels": list(run.manifest.labels.names),
        "store": str(run.task.store),
        "versions": {"python": platform.python_version(), **_versions()},
        "commit": _commit(),
        "date": datetime.now(UTC).date().isoformat(),
        "hardware": hardware() + _gpu(),
        "stamp": _stamp(run),
    }


def hardware() -> str:
    """The processor's name, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()}, {platform.system()}, CPU"


def _gpu() -> str:
    import torch

    return f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""


def _stamp(run: Experiment) -> str:
    """What makes the scores too good, on purpose; stands beside every number."""
    known = {"tuned on report": run.tune_on_report, "random folds": run.how.startswith("random")}
    return ", ".join(name for name, true in known.items() if true)


def _versions() -> dict[str, str]:
    result = {}
    for name in _PACKAGES:
        try:
            result[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            result[name] = "not installed"
    return result


def _commit() -> str:
    """The git commit of the code, where it runs from a checkout."""
    done = subprocess.run(
        ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() if done.returncode == 0 else ""
