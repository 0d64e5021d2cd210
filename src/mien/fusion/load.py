"""Reading a fitted fusion back: numpy and onnxruntime only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from mien.errors import BundleError
from mien.fusion.fused_network import FusedNetwork
from mien.fusion.fuser import Fused
from mien.fusion.log_opinion import FusedLogPool
from mien.fusion.majority import FusedVote
from mien.fusion.maximum import FusedMaximum
from mien.fusion.mean import FusedMean
from mien.fusion.stacked import FusedStacked
from mien.fusion.weighted_mean import FusedWeightedMean

__all__ = ["KINDS", "load_fusion"]

_FORMS: tuple[type[Fused], ...] = (
    FusedMean,
    FusedMaximum,
    FusedVote,
    FusedWeightedMean,
    FusedLogPool,
    FusedStacked,
    FusedNetwork,
)
KINDS: Mapping[str, type[Fused]] = {form.kind: form for form in _FORMS}


def load_fusion(spec: Mapping[str, object], folder: Path) -> Fused:
    """A fitted fusion from what its `save` gave.

    Args:
        spec: plain JSON.
        folder: where its ONNX file is, if it has one.

    Raises:
        BundleError: an unknown kind, numbers that do not fit, or a file outside the folder.
    """
    plain = dict(spec)
    kind = plain.pop("kind", None)
    if not isinstance(kind, str) or kind not in KINDS:
        raise BundleError(f"{folder}: fusion '{kind}' is unknown; known are {', '.join(KINDS)}")
    if "file" in plain:
        name = str(plain["file"])
        if not re.fullmatch(r"[A-Za-z0-9._-]+", name) or not (folder / name).is_file():
            raise BundleError(f"{folder}: fusion file '{name}' is missing; get the bundle again")
        plain["file"] = folder / name
    try:
        fused: Fused = TypeAdapter(KINDS[kind]).validate_python(plain)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BundleError(f"{folder}: fusion '{kind}': {where}: {first['msg']}") from None
    return fused
