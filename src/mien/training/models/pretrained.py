"""Public pre-trained weights that a user has, put into the networks: `--init NAME=FILE`.

Nothing is downloaded. A file has to hold exactly the tensors of its network, by the names of the
known releases; only the last layer may be of another size, or missing, and is then left fresh.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from mien.errors import UsageError
from mien.training.models.sources import Names, Source, find
from mien.training.models.weight_files import read_weights

__all__ = ["Loaded", "fitting", "load"]


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
        path: of any kind that `mien.training.models.weight_files` reads.

    Raises:
        UsageError: an unknown name, or a file that does not hold this network's weights.
    """
    fits, fresh = fitting(net, name, path)
    net.load_state_dict(fits, strict=False)
    kept = f"; fresh: {', '.join(fresh)}" if fresh else ""
    return Loaded(f"{path}: {len(fits)} tensors of {find(name).title}{kept}", fresh)


def fitting(net: nn.Module, name: str, path: Path) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """What `load` would put into a network, by its names, and the modules that stay fresh.

    Args:
        net: on any device, "meta" too: only names and shapes are looked at.
        name, path: as in `load`, which also says what is raised.
    """
    source = find(name)
    wanted = net.state_dict()
    tensors = _shaped(_renamed(_read(path, source), wanted, source), wanted)
    free = {source.last, *source.fresh}
    fits = {k: v for k, v in tensors.items() if k in wanted and v.shape == wanted[k].shape}
    faults = _faults(tensors, wanted, free) + _other_classes(tensors, wanted, source)
    if getattr(net, "caffe", source.caffe) != source.caffe:
        word = "yes" if source.caffe else "no"
        faults = [f"it is of another form of {source.network}; set net.caffe={word}"]
    if faults:
        raise UsageError(
            f"{path}: not the weights of {source.title} for this {source.network}: "
            f"{'; '.join(faults)}; expected is {source.file}, usually from {source.origin}"
        )
    # A class layer is taken whole or not at all.
    fresh = sorted({_module(key) for key in wanted.keys() - fits.keys() if _is_free(key, free)})
    return {key: v for key, v in fits.items() if _module(key) not in fresh}, tuple(fresh)


def _read(path: Path, source: Source) -> dict[str, Tensor]:
    """The tensors of a file by name, without the "state_dict" and "module." around them."""
    problem = f"expected is {source.file}, usually from {source.origin}"
    try:
        content = read_weights(path)
    except UsageError:
        raise
    except (ValueError, OSError):
        raise UsageError(f"{path}: damaged, or holds more than plain tensors; {problem}") from None
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping) or not content:
        raise UsageError(f"{path}: holds no named tensors; {problem}")
    named = {str(key).removeprefix("module."): value for key, value in content.items()}
    if not all(isinstance(value, Tensor) for value in named.values()):
        raise UsageError(f"{path}: not all that it holds are tensors; {problem}")
    return named


def _renamed(
    tensors: dict[str, Tensor], wanted: Mapping[str, Tensor], source: Source
) -> dict[str, Tensor]:
    """The tensors under this network's names: by whichever layout matches most of them."""

    def by(layout: Names) -> dict[str, Tensor]:
        return {_translate(key, layout): value for key, value in tensors.items()}

    return max(
        (by(layout) for layout in ({}, *source.layouts)),
        key=lambda d: len(d.keys() & wanted.keys()),
    )


def _shaped(tensors: dict[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors that differ in sides of one alone, 1 x 64 for 64, or that are flat, in their shape.

    So are the batch norms of one release of BN-Inception, and the fully connected layers of Caffe
    and MatConvNet, which there are convolutions.
    """
    return {k: _in_shape(v, wanted[k].shape) if k in wanted else v for k, v in tensors.items()}


def _in_shape(value: Tensor, shape: torch.Size) -> Tensor:
    """A tensor as (n, *shape[1:]), where it holds the same in the same order."""

    def tail(sides: Sequence[int]) -> list[int]:
        return [side for side in sides if side != 1][1:]

    each = shape[1:].numel()
    if not shape or value.numel() % each:
        return value.reshape(()) if not shape and value.numel() == 1 else value
    matrix = value.ndim == 4 and len(shape) == 2 and value.shape[1:].numel() == each
    if value.ndim == 1 or matrix or tail(value.shape) == tail(shape):
        return value.reshape(-1, *shape[1:])
    return value


def _translate(key: str, layout: Names) -> str:
    module, _, kind = key.rpartition(".")
    return f"{layout[module]}.{kind}" if module in layout else key


def _faults(
    tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor], free: set[str]
) -> list[str]:
    """What does not fit, in words; nothing where all does."""
    counters = ".num_batches_tracked"  # older files have none
    missing = [
        k for k in wanted if k not in tensors and not _is_free(k, free) and not k.endswith(counters)
    ]
    unexpected = [k for k in tensors if k not in wanted and not _is_free(k, free)]
    shapes = [
        f"{k} is {_size(tensors[k])} in the file and {_size(wanted[k])} here"
        for k in wanted
        if k in tensors and tensors[k].shape != wanted[k].shape and not _is_free(k, free)
    ]
    counted = (("missing", missing), ("unknown", unexpected), ("of another shape", shapes))
    return [f"{len(keys)} {fault} ({_some(keys)})" for fault, keys in counted if keys]


def _other_classes(
    tensors: Mapping[str, Tensor], wanted: Mapping[str, Tensor], source: Source
) -> list[str]:
    """Nets of one shape are told apart by their classes: VGG-Face from VGG-16 on ImageNet."""
    key = f"{source.last}.weight"
    if key not in tensors or key not in wanted:
        return []
    outputs = tensors[key].shape[0]
    if outputs in (*source.classes, wanted[key].shape[0]):
        return []
    return [f"{source.last} has {outputs} outputs where the release has {source.classes[0]}"]


def _is_free(key: str, free: set[str]) -> bool:
    return any(key.startswith(f"{name}.") for name in free)


def _module(key: str) -> str:
    return key.rpartition(".")[0]


def _size(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "one number"


def _some(keys: list[str]) -> str:
    return ", ".join(keys[:3]) + (", ..." if len(keys) > 3 else "")
