"""The files of a bundle from fitted branches and their fusion."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from mien.core.atomic import atomic
from mien.core.hashes import file_sha256
from mien.errors import UsageError
from mien.features.extractors.faces import face_stream
from mien.features.extractors.voice_embedding import voice_stream
from mien.inference.bundle import load
from mien.inference.bundle_spec import FORMAT
from mien.training.experiment.joint import Joint, alone, main_system
from mien.training.experiment.plan import FitJob
from mien.training.experiment.run import Experiment
from mien.training.experiment.work import trained
from mien.training.learners.exported import Exported
from mien.training.recipes.declaration import Branch

__all__ = ["Precision", "assemble", "branches_of", "is_encoded"]

Precision = Literal["fp32", "fp16", "int8"]

_OF_BUNDLES = ("face_embedding", "voice_embedding")  # extractors that run a bundle's encoder


def branches_of(plan: Experiment) -> tuple[str, ...]:
    """The branches of the system that is shipped."""
    joins, main = plan.task.recipe.joins, main_system(plan.task.recipe)
    return joins[main][1] if main in joins else (main,)


def assemble(
    plan: Experiment,
    units: Mapping[str, FitJob],
    joint: Joint,
    about: Mapping[str, Any],
    folder: Path,
    precision: Precision = "fp32",
) -> None:
    """Write the ONNX files and `bundle.json`.

    Args:
        plan: of the run.
        units: {branch: the fit to take}.
        joint: how they are joined.
        about: name, prior and reliable_from.
        folder: an empty one.
        precision: "fp16" stores large weights in half, "int8" quantises matrices dynamically.
            Trees and support vectors are kept as they are: ONNX holds their numbers in single
            precision only.
    """
    recipe, labels = plan.task.recipe, plan.manifest.labels.names
    streams: dict[str, dict[str, Any]] = {}
    branches: dict[str, dict[str, Any]] = {}
    for name, unit in units.items():
        model = trained(plan.task, unit)
        parts = model.export(folder, name)
        if hasattr(model, "net"):
            for file in {parts.stream.get("encoder"), parts.branch.get("head")} - {None}:
                _reduce(folder / str(file), precision)
        stream = _stream(recipe.branches[name], parts, folder)
        known = _same(stream, streams, folder)
        streams.setdefault(known or name, stream)
        temperature = joint.temperatures[name]
        branches[name] = {"stream": known or name, "temperature": temperature, **parts.branch}
    main = main_system(recipe)
    if main in joint.fused:
        fusion = joint.fused[main].save(folder)
    else:
        fusion = alone(main, joint.temperatures[main], len(labels)).save(folder)
    files = sorted(folder.glob("*.onnx"))
    spec = {
        "format": FORMAT,
        "labels": labels,
        **about,
        "streams": streams,
        "branches": branches,
        "fusion": fusion,
        "files": {p.name: file_sha256(p) for p in files},
    }
    with atomic(folder / "bundle.json") as partial:
        partial.write_text(json.dumps(spec, indent=1) + "\n")


def _stream(branch: Branch, parts: Exported, folder: Path) -> dict[str, Any]:
    """What a bundle's `StreamSpec` of a branch says."""
    settings = dict(branch.settings)
    if branch.extractor in ("lbp_top", "frame_statistics"):
        raise UsageError(
            f"{branch.extractor} is made of all faces of a clip at once, as no bundle does it"
        )
    if branch.extractor.startswith("onnx:"):
        raise UsageError(f"{branch.extractor}: a network of yours is in no bundle")
    if branch.extractor == "given_faces":  # nobody gives faces along with a clip in use
        settings.pop("rate", None)
        return {"extractor": "faces", "settings": settings, **parts.stream}
    if not is_encoded(branch.extractor):
        return {"extractor": branch.extractor, "settings": settings, **parts.stream}
    bundle = load(str(settings.pop("model", "default")))
    is_face = branch.extractor == "face_embedding"
    name = face_stream(bundle.path)[0] if is_face else voice_stream(bundle.path)
    stream = bundle.spec.streams[name]
    assert stream.encoder is not None
    encoder = f"{branch.modality}_encoder.onnx"
    shutil.copyfile(bundle.path / stream.encoder, folder / encoder)
    settings = {**stream.settings, **settings}
    return {"extractor": stream.extractor, "settings": settings, "encoder": encoder}


def is_encoded(extractor: str) -> bool:
    """Whether features are what the encoder of a bundle gives, and not what goes into one."""
    return extractor in _OF_BUNDLES


def _same(
    stream: Mapping[str, Any], streams: Mapping[str, Mapping[str, Any]], folder: Path
) -> str | None:
    """A stream that is the same but for the name of its file, which is then removed."""
    file = stream.get("encoder")
    for name, other in streams.items():
        theirs = other.get("encoder")
        if {**stream, "encoder": theirs} != dict(other) or (file is None) != (theirs is None):
            continue
        if file is None or file == theirs:
            return name
        if (folder / file).read_bytes() == (folder / str(theirs)).read_bytes():
            (folder / file).unlink()
            return name
    return None


def _reduce(path: Path, precision: Precision) -> None:
    if precision == "fp32":
        return
    if precision == "fp16":
        from mien.training.onnx_export import halve

        halve(path)
        return
    from onnxruntime.quantization import QuantType, quantize_dynamic

    from mien.training.onnx_export import quiet_quantiser

    whole = path.with_suffix(".fp32")
    path.rename(whole)
    try:
        with quiet_quantiser():
            quantize_dynamic(whole, path, weight_type=QuantType.QUInt8)
    finally:
        whole.unlink()
