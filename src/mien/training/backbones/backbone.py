"""The one interface of networks that see rows one by one, or windows of them.

A `Backbone` is what a recipe declares: a frozen dataclass of plain numbers, whose file needs no
torch before the network is built. Every subclass is known by its name once its module is imported,
and those in this folder are found.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from mien.core.found import file_name, module_of

if TYPE_CHECKING:
    from typing import Self

    from torch import Tensor, nn

__all__ = ["Backbone", "backbone", "backbones"]

Module = TypeVar("Module", bound="nn.Module")

_PACKAGE = "mien.training.backbones"
_KNOWN: dict[str, type[Backbone[Any]]] = {}


class Backbone(ABC, Generic[Module]):
    """A declared network; its numbers are the fields of the subclass.

    The network's logits are `classify` of `embed`.

    Attributes:
        size: side of the square pictures that it sees, in pixels.
        windows: whether an input is a window of several rows (N,3,L,size,size), not one
            (N,3,size,size).
    """

    size: int
    windows: ClassVar[bool] = False

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        _KNOWN[cls.__name__] = cls

    @abstractmethod
    def build(self, classes: int) -> Module:
        """The network, freshly initialised: inputs -> logits (N,classes)."""

    @abstractmethod
    def embed(self, net: Module, x: Tensor) -> Tensor:
        """(N,D) what a branch built on the network reads, of prepared inputs."""

    @abstractmethod
    def classify(self, net: Module, embedding: Tensor) -> Tensor:
        """(N,classes) logits of what `embed` gave."""

    def small(self, width: float, side: int) -> Self:
        """The same in small, for any CPU; by default it is small as it is.

        Args:
            width: of the layers, in parts of the usual one.
            side: pixels to see.
        """
        del width, side
        return self


def backbones() -> dict[str, type[Backbone[Any]]]:
    """{name of the class: class} of all in this folder, and of all that were imported."""
    for module in iter_modules(import_module(_PACKAGE).__path__):
        import_module(f"{_PACKAGE}.{module.name}")
    return dict(_KNOWN)


def backbone(name: str) -> type[Backbone[Any]] | None:
    """The network of this name, of those that were imported or that have a file here.

    Args:
        name: of the class; its file is called as it is, in lower case: `TinyNet` is looked for in
            `tiny_net.py`.
    """
    if name not in _KNOWN:
        module_of(_PACKAGE, file_name(name))
    return _KNOWN.get(name)
