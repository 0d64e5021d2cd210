"""What an encoder's training starts from: public weights, or those of an earlier training."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from mien.errors import UsageError
from mien.training.models.build import PREPARATION, RowEncoder
from mien.training.models.mobile_face import shipped_weights
from mien.training.models.preparation import Preparation
from mien.training.models.pretrained import fitting
from mien.training.models.sources import find
from mien.training.recipes.declaration import Encoder, Recipe

__all__ = ["check_starts", "initialise", "initialise_shipped", "ships"]

Weights = Mapping[str, Tensor]


def initialise(net: RowEncoder, start: str, path: Path) -> None:
    """Give an encoder the weights of a public file or a run, and the preparation that they need.

    Args:
        net: freshly made; its last layer stays as it is where the classes are other ones.
        start: name of the public weights that a file has to hold (`mien.training.models.sources`).
        path: a file, or the folder of a run of `mien train`.

    Raises:
        UsageError: no such weights, or of another form.
    """
    weights, preparation = _weights(net, start, path)
    net.load_state_dict(dict(weights), strict=False)
    if preparation is not None:
        net.prepare(preparation)


def ships(start: str) -> bool:
    """Whether public weights of this name are in the package."""
    return bool(start) and find(start).ships


def initialise_shipped(net: RowEncoder, start: str) -> None:
    """The same with weights that are in the package."""
    net.net.load_state_dict(shipped_weights(), strict=False)
    net.prepare(find(start).preparation)


def check_starts(recipe: Recipe, classes: int) -> None:
    """Open all files and runs that the encoders of a recipe start from; nothing is trained.

    Raises:
        UsageError: one of them does not fit; says which branch.
    """
    for name, branch in recipe.branches.items():
        model = branch.model
        if not isinstance(model, Encoder) or not model.init:
            continue
        with torch.device("meta"):  # names and shapes alone
            net = RowEncoder(model.net, classes, (model.net.size, model.net.size, 3))
        try:
            _weights(net, model.start, Path(model.init))
        except UsageError as error:
            raise UsageError(f"branch '{name}': {error}") from None


def _weights(net: RowEncoder, start: str, path: Path) -> tuple[Weights, Preparation | None]:
    """The tensors to take; with a run its preparation is among them."""
    if path.is_dir():
        return _of_run(net, path), None
    if not start:
        raise UsageError(f"init {path}: this branch starts from no public weights; give a run")
    tensors, _ = fitting(net.net, start, path)
    return {f"net.{key}": value for key, value in tensors.items()}, find(start).preparation


def _of_run(net: RowEncoder, path: Path) -> Weights:
    """The weights of the first encoder of the same form in a run."""
    files = sorted(path.glob("fits/*-final/weights.pt"))
    if not files:
        raise UsageError(f"init {path}: not a finished run of 'mien train'")
    wanted = {k: v for k, v in net.state_dict().items() if k not in PREPARATION}
    faults = []
    for file in files:
        stored = torch.load(file, map_location="cpu", weights_only=True)
        same = {k: v for k, v in stored.items() if k in wanted and v.shape == wanted[k].shape}
        fresh = {key.rpartition(".")[0] for key in wanted.keys() - same.keys()}
        if len(fresh) <= 1:  # the last layer, where the classes differ
            kept = {k: v for k, v in same.items() if k.rpartition(".")[0] not in fresh}
            return kept | {k: v for k, v in stored.items() if k in PREPARATION}
        faults.append(f"{file.parent.name} lacks {len(fresh)} layers")
    raise UsageError(f"init {path}: holds no encoder of this form ({'; '.join(faults)})")
