"""A version of the code that makes a feature, which nobody has to remember to change.

It is a hash over the module of the extractor and all modules of mien that it imports, directly or
not, without comments, docstrings and layout. Code that changes no value is left out.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec

__all__ = ["code_modules", "code_version"]

_NO_VALUES = frozenset(
    {
        "mien.inference.bundle",  # weights and numbers are settings; who uses its code names it
        "mien.errors",
        "mien.features.extractors.code",
        "mien.features.extractors.extractor",
        "mien.labels",
        "mien.types",
    }
)


@lru_cache(maxsize=64)
def code_version(module: str, *also: str) -> str:
    """Sixteen hexadecimal digits for the code of a module, and of `also` without their imports."""
    texts = [f"{name}\n{_plain(name)}" for name in [*code_modules(module), *also]]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]


def code_modules(module: str) -> list[str]:
    """The modules that the version of `module` covers, sorted."""
    names: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in names:
            names.add(name)
            waiting += [m for m in _imports(_tree(name)) if m not in _NO_VALUES]
    return sorted(names)


def _imports(tree: ast.Module) -> Iterator[str]:
    """Modules of mien named in import statements, at the top or inside functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.startswith("mien."))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mien."):
            assert node.module is not None
            inside = [f"{node.module}.{a.name}" for a in node.names]
            modules = [name for name in inside if _is_module(name)]
            yield from modules
            if len(modules) < len(inside):
                yield node.module


@lru_cache(maxsize=512)
def _is_module(name: str) -> bool:
    parent = find_spec(name.rpartition(".")[0])
    inside = parent is not None and parent.submodule_search_locations is not None
    return inside and find_spec(name) is not None


@lru_cache(maxsize=256)
def _tree(name: str) -> ast.Module:
    spec = find_spec(name)
    loader = None if spec is None else spec.loader
    source: str | None = getattr(loader, "get_source", lambda _: None)(name)
    if source is None:  # installed without sources: the version of the package has to do
        from mien import __version__

        return ast.parse(repr(__version__))
    return ast.parse(source)


def _plain(name: str) -> str:
    """The code without comments, docstrings and layout."""
    tree = ast.parse(ast.unparse(_tree(name)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body[0] = ast.Pass()
    return ast.unparse(tree)
