"""Declared networks -> torch, with the preparation of their pictures inside."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mien.features.augment_faces import CROPPED
from mien.training.backbones.backbone import Backbone
from mien.training.models.preparation import Preparation
from mien.training.models.sources import SOURCES

__all__ = ["PREPARATION", "RowEncoder"]

PREPARATION = ("mean", "spread", "bgr")
"""What a `RowEncoder` keeps with its weights besides those of its network."""

_MIDDLE, _SPREAD = 127.5, 64.0  # of grey levels, where no public weights say otherwise


class RowEncoder(nn.Module):
    """Rows as the store has them -> embedding (N,D) and logits (N,C).

    Rows are uint8 pictures (N,S,S) or (N,S,S,3), windows of them (N,L,...), or float maps
    (N,S,S), which are standardised with the mean and deviation of the training clips. Bringing
    them to the network's size and range is part of this module, so that use cannot differ from
    training: `mean`, `spread` and `bgr` (whether blue comes first) are kept with the weights.

    Args:
        net: as declared.
        classes: C.
        shape: of one row of the extractor, without windows.
        crop: look at the middle of the rows only, as training with corner crops wants it.
        start: name of the public weights whose preparation is taken; "" for none.
    """

    mean: Tensor
    spread: Tensor
    bgr: Tensor

    def __init__(
        self,
        net: Backbone[Any],
        classes: int,
        shape: tuple[int, ...],
        crop: bool = False,
        start: str = "",
    ) -> None:
        super().__init__()
        self.declared, self.side, self.crop = net, shape[0], crop
        self.colour = len(shape) == 3
        self.net: nn.Module = net.build(classes)
        self.swap = False  # `bgr` as a plain value, which an exported graph can go by
        for name in PREPARATION:
            self.register_buffer(name, torch.zeros(()))
        self.prepare(SOURCES[start].preparation if start else None)

    def prepare(self, preparation: Preparation | None) -> None:
        """Take the preparation of public weights; None brings grey levels to about -2..2."""
        self.mean, self.spread = _range(preparation)
        self.swap = preparation is not None and preparation.order == "BGR"
        self.bgr = torch.tensor(self.swap)

    def standardise(self, mean: Tensor, spread: Tensor) -> None:
        """Take the mean and deviation (S,1) of each line of float maps."""
        self.mean, self.spread = mean, spread

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *more: Any) -> None:
        """Take the preparation that these weights were trained with, of whatever form it is."""
        if f"{prefix}mean" in state_dict:
            mean, spread = (state_dict[f"{prefix}{name}"] for name in ("mean", "spread"))
            if mean.shape != self.mean.shape:
                self.mean, self.spread = torch.empty_like(mean), torch.empty_like(spread)
            # Weights of before the order was kept: the mean tells whose pictures they were.
            state_dict.setdefault(f"{prefix}bgr", torch.tensor(_is_bgr(mean)))
            self.swap = bool(state_dict[f"{prefix}bgr"])
        super()._load_from_state_dict(state_dict, prefix, *more)

    def forward(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Embedding and logits."""
        x = self.prepared(rows)
        embedding = self.declared.embed(self.net, x)
        return embedding, self.declared.classify(self.net, embedding)

    def embed(self, rows: Tensor) -> Tensor:
        """(N,D) the embedding alone."""
        return self.declared.embed(self.net, self.prepared(rows))

    def prepared(self, rows: Tensor) -> Tensor:
        """(N,3,size,size), or (N,3,L,size,size) for windows."""
        windows = self.declared.windows
        length = rows.shape[1] if windows else 1
        x = rows.flatten(0, 1) if windows else rows
        x = x.permute(0, 3, 1, 2) if self.colour else x.unsqueeze(1)
        x = x.float()
        if not self.colour:
            x = (x - self.mean) / self.spread if self.mean.ndim == 2 else x
            x = x.expand(-1, 3, -1, -1)
        elif self.swap:
            x = x.flip(1)
        if self.mean.ndim != 2:
            x = (x - self.mean) / self.spread
        if self.crop and rows.shape[-2 if self.colour else -1] == self.side:
            out = round(self.side * CROPPED)
            low = (self.side - out) // 2
            x = x[:, :, low : low + out, low : low + out]
        size = self.declared.size
        if x.shape[-1] != size:
            x = functional.interpolate(x, (size, size), mode="bilinear", align_corners=False)
        if not windows:
            return x
        return x.reshape(rows.shape[0], length, *x.shape[1:]).transpose(1, 2)


def _is_bgr(mean: Tensor) -> bool:
    """Whether a mean is that of public weights whose pictures have blue first."""
    of_bgr = [s.preparation.mean for s in SOURCES.values() if s.preparation.order == "BGR"]
    flat = mean.flatten().tolist()
    return len(flat) == 3 and any(np.allclose(flat, known, atol=1e-3) for known in of_bgr)


def _range(preparation: Preparation | None) -> tuple[Tensor, Tensor]:
    """Mean and deviation (3,1,1) in grey levels."""
    mean = torch.full((3, 1, 1), _MIDDLE) if preparation is None else torch.tensor(preparation.mean)
    spread = (
        torch.full((3, 1, 1), _SPREAD) if preparation is None else torch.tensor(preparation.std)
    )
    return mean.reshape(3, 1, 1), spread.reshape(3, 1, 1)
