"""Finding recipes: those that ship with mien, and files of your own."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

import mien.recipes
from mien.errors import UsageError
from mien.recipes.declaration import Recipe

__all__ = ["recipe", "recipes", "source"]

_OWN = "mien.recipes.mien.clips"


_PARTS = ("catalog", "declaration", "networks", "size")
FIXED = "_fixed"
"""What the name of a paper's recipe ends with, where values that cannot work are mended."""


def recipes() -> dict[str, Recipe]:
    """The recipes that ship with mien, by name."""
    modules = [importlib.import_module(_OWN)]
    for found in pkgutil.iter_modules(mien.recipes.__path__):
        if not found.ispkg and found.name not in _PARTS:
            modules.append(importlib.import_module(f"mien.recipes.{found.name}"))
    result: dict[str, Recipe] = {}
    for module in modules:
        one, fixed = (getattr(module, name, None) for name in ("RECIPE", "FIXED"))
        if isinstance(one, Recipe):
            result[one.name] = one
            if isinstance(fixed, Recipe) and fixed != one:
                result[one.name + FIXED] = replace(fixed, name=one.name + FIXED)
    return result


def source(name: str) -> Path:
    """The file that declares a recipe of mien's own; raises `UsageError` for an unknown one."""
    recipe(name)
    module = _OWN if name == "mien" else f"mien.recipes.{name.removesuffix(FIXED)}"
    found = importlib.util.find_spec(module)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin)


def recipe(name: str) -> Recipe:
    """A recipe by name, or from a Python file that declares `RECIPE` (the file is run).

    Raises:
        UsageError: no such recipe or file, or a file without a `RECIPE`.
    """
    if name.endswith(".py"):
        return _from_file(Path(name))
    known = recipes()
    if name not in known:
        near = get_close_matches(name, known, 1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise UsageError(f"no recipe '{name}'; {hint}there are {', '.join(known)}, or give a file")
    return known[name]


def _from_file(path: Path) -> Recipe:
    if not path.is_file():
        raise UsageError(f"{path}: no such recipe file")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise UsageError(f"{path}: cannot be run ({type(error).__name__}: {error})") from None
    found = getattr(module, "RECIPE", None)
    if not isinstance(found, Recipe):
        raise UsageError(f"{path}: declares no RECIPE of mien.recipes.declaration.Recipe")
    return found
