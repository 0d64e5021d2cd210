"""Layers that work on the whole batch though each process holds every n-th row of it.

Batch norms take mean and variance over the rows of all processes, and dropout draws for all rows
and takes those of its own, so that several processes train with the numbers of one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.nn.modules.batchnorm import _BatchNorm

from mien.training.distributed import rank, size

__all__ = ["see_whole_batches", "share_of"]


def share_of(rows: int) -> slice:
    """The rows of a batch that are this process's."""
    return slice(rank(), rows, size())


def see_whole_batches(model: nn.Module, rows: Callable[[], int]) -> None:
    """Change batch norms and dropouts of a model in place; weights and their names stay.

    What has another number of rows than the process's share of the batch (an encoder below
    sequences of different lengths sees single pictures) is dropped out by itself. So it is between
    the layers of an LSTM. There, several processes are as good as one and not the same.

    Args:
        model: of this process.
        rows: of the whole batch that is in work.
    """
    for module in list(model.modules()):
        for name, part in list(module.named_children()):
            if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d):
                setattr(module, name, _norm(part))
            elif type(part) is nn.Dropout:
                setattr(module, name, _Dropout(part.p, rows))


class _Dropout(nn.Dropout):
    """Draws as `nn.Dropout` does on a CPU for the whole batch."""

    def __init__(self, p: float, rows: Callable[[], int]) -> None:
        super().__init__(p)
        self._rows = rows

    def forward(self, x: Tensor) -> Tensor:
        """(B,...) -> the same with values dropped."""
        share, rows = share_of(self._rows()), self._rows()
        if not self.training or not 0 < self.p < 1 or len(range(rows)[share]) != len(x):
            return super().forward(x)
        kept = x.new_empty(rows, *x.shape[1:]).bernoulli_(1 - self.p).div_(1 - self.p)
        return x * kept[share]


class _Norm(_BatchNorm):
    """What the batch norms below have in common."""

    def forward(self, x: Tensor) -> Tensor:
        """(B,C,...) -> the same, each channel with mean 0 and deviation 1 over all processes."""
        if not self.training:
            return super().forward(x)
        over, shape = [0, *range(2, x.ndim)], (1, -1, *[1] * (x.ndim - 2))
        wide = x.float()
        count = _total(torch.tensor(float(x.numel() // x.shape[1]), device=x.device))
        mean = _total(wide.sum(over)) / count
        centred = wide - mean.view(shape)
        variance = _total(centred.square().sum(over)) / count
        self._remember(mean.detach(), variance.detach() * count / (count - 1))
        result = centred * (variance + self.eps).rsqrt().view(shape)
        if self.affine:
            result = result * self.weight.view(shape) + self.bias.view(shape)
        return result.to(x.dtype)

    def _remember(self, mean: Tensor, variance: Tensor) -> None:
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)
        self.num_batches_tracked.add_(1)


class _Norm1d(_Norm, nn.BatchNorm1d):
    pass


class _Norm2d(_Norm, nn.BatchNorm2d):
    pass


class _Norm3d(_Norm, nn.BatchNorm3d):
    pass


def _norm(part: nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d) -> nn.Module:
    kinds = {nn.BatchNorm1d: _Norm1d, nn.BatchNorm2d: _Norm2d, nn.BatchNorm3d: _Norm3d}
    if type(part) not in kinds:
        return part  # is one already
    norm = kinds[type(part)](part.num_features, part.eps, part.momentum, part.affine)
    norm.weight, norm.bias = part.weight, part.bias
    norm.running_mean, norm.running_var = part.running_mean, part.running_var
    norm.num_batches_tracked = part.num_batches_tracked
    return norm.train(part.training)


class _Total(torch.autograd.Function):
    """Sum over all processes; so is its gradient."""

    @staticmethod
    def forward(_: Any, x: Tensor) -> Tensor:
        total = x.contiguous().clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(_: Any, gradient: Tensor) -> Tensor:
        return _Total.forward(_, gradient)


def _total(x: Tensor) -> Tensor:
    result: Tensor = _Total.apply(x)  # type: ignore[no-untyped-call]
    return result
