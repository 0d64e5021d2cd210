"""Public pre-trained weights that a user has, put into the networks: `--init NAME=FILE`.

Nothing is downloaded. A file has to hold exactly the tensors of its network, by the names of the
known releases; only the last layer may be of another size, or missing, and is then left fresh.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from mien.errors import UsageError
from mien.training.models.sources import Names, Source, find

__all__ = ["Loaded", "load"]


@dataclass(frozen=True)
class Loaded:
    """What became of a file.

    Args:
        message: one line for people.
        fresh: modules that keep their random weights.
    """

    message: str
    fresh: tuple[str, ...]


def load(net: nn.Module, name: str, path: Path) -> Loaded:
    """Put the weights of a public file into a network of full width, before it is cut.

    Args:
        net: as in `Source.network`, on any device; changed in place, or not at all on an error.
        name: a key of `mien.training.models.sources.SOURCES`.
        path: a file of torch (read without running code from it) or of safetensors.

    Raises:
        UsageError: an unknown name, or a file that does not hold this network's weights.
    """
    source = find(name)
    wanted = net.state_dict()
    given = _renamed(_read(path, source), wanted, source)
    free = {source.last, *source.fresh}
    fits = {k: v for k, v in given.items() if k in wanted and v.shape == wanted[k].shape}
    faults = _faults(given, wanted, free) + _other_classes(given, wanted, source)
    if faults:
        raise UsageError(
            f"{path}: not the weights of {source.title} for this {source.network}: "
            f"{'; '.join(faults)}; expected is {source.file}, usually from {source.origin}"
        )
    # A class layer is taken whole or not at all.
    fresh = sorted({_module(key) for key in wanted.keys() - fits.keys() if _is_free(key, free)})
    fits = {key: value for key, value in fits.items() if _module(key) not in fresh}
    net.load_state_dict(fits, strict=False)
    kept = f"; fresh: {', '.join(fresh)}" if fresh else ""
    return Loaded(f"{path}: {len(fits)} tensors of {source.title}{kept}", tuple(fresh))


def _read(path: Path, source: Source) -> dict[str, Tensor]:
    """The tensors of a file by name, without the "state_dict" and "module." around them."""
    problem = f"expected is {source.file}, usually from {source.origin}"
    read = _safetensors() if path.suffix == ".safetensors" else _torch
    try:
        content = read(path)
    except Exception:  # a damaged pickle can raise anything
        raise UsageError(f"{path}: damaged, or holds more than plain tensors; {problem}") from None
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping) or not content:
        raise UsageError(f"{path}: holds no named tensors; {problem}")
    named = {str(key).removeprefix("module."): value for key, value in content.items()}
    if not all(isinstance(value, Tensor) for value in named.values()):
        raise UsageError(f"{path}: not all that it holds are tensors; {problem}")
    return named


def _torch(path: Path) -> object:
    return torch.load(path, map_location="cpu", weights_only=True)


def _safetensors() -> Callable[[Path], object]:
    try:
        from safetensors.torch import load_file
    except ImportError:
        raise UsageError("a safetensors file: pip install safetensors to read it") from None
    reader: Callable[[Path], object] = load_file
    return reader


def _renamed(
    given: dict[str, Tensor], wanted: Mapping[str, Tensor], source: Source
) -> dict[str, Tensor]:
    """The tensors under this network's names: by whichever layout matches most of them."""

    def by(layout: Names) -> dict[str, Tensor]:
        return {_translate(key, layout): value for key, value in given.items()}

    return max(
        (by(layout) for layout in ({}, *source.layouts)),
        key=lambda d: len(d.keys() & wanted.keys()),
    )


def _translate(key: str, layout: Names) -> str:
    module, _, kind = key.rpartition(".")
    return f"{layout[module]}.{kind}" if module in layout else key


def _faults(given: Mapping[str, Tensor], wanted: Mapping[str, Tensor], free: set[str]) -> list[str]:
    """What does not fit, in words; nothing where all does."""
    counters = ".num_batches_tracked"  # older files have none
    missing = [
        k for k in wanted if k not in given and not _is_free(k, free) and not k.endswith(counters)
    ]
    unexpected = [k for k in given if k not in wanted and not _is_free(k, free)]
    shapes = [
        f"{k} is {_size(given[k])} in the file and {_size(wanted[k])} here"
        for k in wanted
        if k in given and given[k].shape != wanted[k].shape and not _is_free(k, free)
    ]
    counted = (("missing", missing), ("unknown", unexpected), ("of another shape", shapes))
    return [f"{len(keys)} {what} ({_some(keys)})" for what, keys in counted if keys]


def _other_classes(
    given: Mapping[str, Tensor], wanted: Mapping[str, Tensor], source: Source
) -> list[str]:
    """Nets of one shape are told apart by their classes: VGG-Face from VGG-16 on ImageNet."""
    key = f"{source.last}.weight"
    if key not in given or key not in wanted:
        return []
    found = given[key].shape[0]
    if found in (*source.classes, wanted[key].shape[0]):
        return []
    return [f"{source.last} has {found} outputs where the release has {source.classes[0]}"]


def _is_free(key: str, free: set[str]) -> bool:
    return any(key.startswith(f"{name}.") for name in free)


def _module(key: str) -> str:
    return key.rpartition(".")[0]


def _size(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "one number"


def _some(keys: list[str]) -> str:
    return ", ".join(keys[:3]) + (", ..." if len(keys) > 3 else "")
