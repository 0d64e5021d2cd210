"""Finding recipes: those that ship with mien, and files of your own."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

import mien.training.recipes
from mien.errors import UsageError
from mien.training.recipes.declaration import Recipe

__all__ = ["recipe", "recipes", "source"]

_PARTS = ("catalog", "declaration", "networks", "size", "together")
FIXED = "_fixed"
"""What the name of a paper's recipe ends with, where values that cannot work are mended."""


def recipes() -> dict[str, Recipe]:
    """The recipes that ship with mien, by name."""
    names = {m.name for m in pkgutil.iter_modules(mien.training.recipes.__path__)} - {*_PARTS}
    result: dict[str, Recipe] = {}
    for name in sorted(names, key=lambda name: (name != "mien", name)):
        module = importlib.import_module(f"mien.training.recipes.{name}")
        declared, fixed = (getattr(module, attribute, None) for attribute in ("RECIPE", "FIXED"))
        if isinstance(declared, Recipe):
            result[declared.name] = declared
            if isinstance(fixed, Recipe) and fixed != declared:
                result[declared.name + FIXED] = replace(fixed, name=declared.name + FIXED)
    return result


def source(name: str) -> Path:
    """The file that declares a recipe of mien's own; raises `UsageError` for an unknown one."""
    recipe(name)
    spec = importlib.util.find_spec(f"mien.training.recipes.{name.removesuffix(FIXED)}")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin)


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
    declared = getattr(module, "RECIPE", None)
    if not isinstance(declared, Recipe):
        raise UsageError(f"{path}: declares no RECIPE of mien.training.recipes.declaration.Recipe")
    return declared
