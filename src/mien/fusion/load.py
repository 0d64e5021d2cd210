"""Reading a fitted fusion back: numpy and onnxruntime only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

from mien.core.checked import MisfitError, checked_fields
from mien.core.found import module_of
from mien.errors import BundleError
from mien.fusion.fuser import Fused

__all__ = ["load_fusion"]

_PACKAGE = "mien.fusion"
_FILES: Mapping[str, str] = {
    "majority_vote": "majority",
    "log_pool": "log_opinion",
    "network": "fused_network",
}
"""Kind: its file, where that is not called as the kind."""


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
    made = _class(kind) if isinstance(kind, str) else None
    if made is None:
        raise BundleError(f"{folder}: fusion '{kind}' is unknown; known are {', '.join(_kinds())}")
    if "file" in plain:
        name = str(plain["file"])
        if not re.fullmatch(r"[A-Za-z0-9._-]+", name) or not (folder / name).is_file():
            raise BundleError(f"{folder}: fusion file '{name}' is missing; get the bundle again")
        plain["file"] = folder / name
    try:
        fused: Fused = checked_fields(plain, made)
    except MisfitError as error:
        raise BundleError(f"{folder}: fusion '{kind}': {error}") from None
    return fused


def _class(kind: str) -> type[Fused] | None:
    """The fitted form in the file of this kind, imported when it is needed."""
    try:
        module = module_of(_PACKAGE, _FILES.get(kind, kind))
    except ImportError:  # a file that fits, with libraries that are not installed
        return None
    return None if module is None else next(iter(_fitted_forms(module, kind)), None)


def _fitted_forms(module: ModuleType, kind: str) -> list[type[Fused]]:
    classes = (value for value in vars(module).values() if isinstance(value, type))
    return [c for c in classes if issubclass(c, Fused) and getattr(c, "kind", "") == kind]


def _kinds() -> list[str]:
    """All that there are, each in a file of its own."""
    files = (module.name for module in iter_modules(import_module(_PACKAGE).__path__))
    names = {file: kind for kind, file in _FILES.items()}
    kinds = (names.get(file, file) for file in files)
    return sorted(kind for kind in kinds if _class(kind) is not None)
