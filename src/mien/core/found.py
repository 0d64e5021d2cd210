"""Parts that are found by the names of their files."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

__all__ = ["file_name", "module_of"]


def file_name(kind: str) -> str:
    """The name of the file that a class is looked for in: "tiny_net" of "TinyNet"."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind).lower()


def module_of(package: str, name: str) -> ModuleType | None:
    """The module of this name in a package; None where there is none.

    Args:
        package: its full name.
        name: of a file in it, without its ending; whatever else is none.
    """
    if not name.isidentifier() or find_spec(f"{package}.{name}") is None:
        return None
    return import_module(f"{package}.{name}")
