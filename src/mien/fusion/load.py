"""Reading a fitted fusion back: numpy and onnxruntime only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from pkgutil import resolve_name

from mien.core.checked import MisfitError, checked_fields
from mien.errors import BundleError
from mien.fusion.fuser import Fused

__all__ = ["KINDS", "load_fusion"]

KINDS: Mapping[str, str] = {
    "mean": "mien.fusion.mean:FusedMean",
    "maximum": "mien.fusion.maximum:FusedMaximum",
    "majority_vote": "mien.fusion.majority:FusedVote",
    "weighted_mean": "mien.fusion.weighted_mean:FusedWeightedMean",
    "log_pool": "mien.fusion.log_opinion:FusedLogPool",
    "stacked": "mien.fusion.stacked:FusedStacked",
    "network": "mien.fusion.fused_network:FusedNetwork",
}
"""Kind: its class, imported when it is needed."""


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
        fused: Fused = checked_fields(plain, resolve_name(KINDS[kind]))
    except MisfitError as error:
        raise BundleError(f"{folder}: fusion '{kind}': {error}") from None
    return fused
