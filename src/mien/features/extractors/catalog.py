"""Which extractors there are, by name: one a file, found by it."""

from __future__ import annotations

from dataclasses import fields
from difflib import get_close_matches
from functools import partial
from importlib import import_module
from pkgutil import iter_modules, resolve_name
from typing import Any, get_type_hints

from mien.core.checked import MisfitError, checked, spelt
from mien.core.found import module_of
from mien.errors import UsageError
from mien.features.extractors.extractor import Extractor

__all__ = ["extractor", "extractors"]

_PACKAGE = "mien.features.extractors"
_NETWORK = "onnx:"


def extractors() -> list[str]:
    """The names of all extractors: of those in this folder, and of openSMILE's sets."""
    modules = (module.name for module in iter_modules(import_module(_PACKAGE).__path__))
    return [*(name for name in modules if _own(name) is not None), *_sets()]


def _sets() -> list[str]:
    from mien.features.extractors.opensmile import SETS

    return list(SETS)


def extractor(name: str, **settings: Any) -> Extractor:
    """Make an extractor, with settings other than its defaults where given.

    Args:
        name: one of `extractors()`, which is also that of its file, or "onnx:FILE" for a network of
            your own (`mien.features.extractors.onnx_network`).
        settings: of the extractor.

    Raises:
        UsageError: unknown name or setting (with the nearest), or a value that cannot be.
        MissingExtraError: it needs openSMILE, which is not installed.
    """
    if name.startswith(_NETWORK):
        return extractor("onnx", file=name.removeprefix(_NETWORK), **settings)
    made = _class(name)
    known = [] if isinstance(made, partial) else [f.name for f in fields(made) if f.init]
    for key in settings:
        if key not in known:
            raise UsageError(f"{name}: unknown setting '{key}'; {_hint(key, known)}")
    if not settings:
        plain: Extractor = made()
        return plain
    try:
        hints = get_type_hints(made)
        given = {key: spelt(value, hints[key]) for key, value in settings.items()}
        result: Extractor = checked(given, made, strict=False)
    except MisfitError as error:
        if isinstance(problem := error.__cause__, UsageError):
            raise problem from None
        raise UsageError(f"{name}: {error.where} {settings[error.where]!r}: {error.what}") from None
    return result


def _class(name: str) -> Any:
    if name == "onnx":
        return resolve_name("mien.features.extractors.onnx_network:OnnxNetwork")
    own = _own(name)
    if own is not None:
        return own
    if name not in _sets():
        raise UsageError(f"unknown features '{name}'; {_hint(name, extractors())}")
    from mien.features.extractors.opensmile import Functionals

    return partial(Functionals, name)


def _own(name: str) -> Any:
    """The class of this name in the file of this name; None where there is none."""
    module = module_of(_PACKAGE, name)
    kinds = () if module is None else vars(module).values()
    return next((k for k in kinds if isinstance(k, type) and getattr(k, "name", "") == name), None)


def _hint(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, 1, 0.5)
    hint = f"did you mean '{near[0]}'? " if near else ""
    return f"{hint}there are {', '.join(known) or 'none'}"
