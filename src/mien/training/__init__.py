"""From labelled clips to a bundle: recipes, networks, the loop, experiments (extra `train`).

`train`, `evaluate` and `export` are what the commands of these names call; see
`mien.training.api`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mien.training.api import Hooks, evaluate, export, train

__all__ = ["Hooks", "evaluate", "export", "train"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'mien.training' has no attribute '{name}'")
    return getattr(import_module("mien.training.api"), name)
