"""Training samples a second of each network, against the rate of matrix products here."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

__all__ = ["Rate", "product_rate", "rates"]

SECONDS = 3.0
SIDE = 2048


@dataclass(frozen=True)
class Rate:
    """Of one network, forward, backward and step in float32.

    Args:
        samples: a second.
        share: its floating-point operations a second, over those of a matrix product.
    """

    samples: float
    share: float


def product_rate() -> float:
    """Floating-point operations a second of a product of two matrices of 2048 x 2048."""
    a, b = torch.rand(SIDE, SIDE), torch.rand(SIDE, SIDE)
    return 2 * SIDE**3 / _seconds(lambda: a @ b)


def rates(threads: int) -> tuple[dict[str, Rate], float]:
    """The rate of each network, and of the product."""
    torch.set_num_threads(threads)
    product = product_rate()
    return {
        name: _rate(make(), given, product) for name, (make, given) in _networks().items()
    }, product


def _networks() -> dict[str, tuple[Callable[[], nn.Module], Tensor]]:
    from mien.training.models.c3d import C3D
    from mien.training.models.resnet import ResNet50
    from mien.training.models.small_resnet import SmallResNet
    from mien.training.models.vgg import VGG
    from mien.training.models.voice_net import VoiceNet

    return {
        "VGG-16": (VGG, torch.rand(4, 3, 224, 224)),
        "C3D": (C3D, torch.rand(2, 3, 16, 112, 112)),
        "ResNet-50": (ResNet50, torch.rand(4, 3, 224, 224)),
        "face encoder of the default": (SmallResNet, torch.rand(64, 1, 44, 44)),
        "voice network of mien-small-1": (VoiceNet, torch.rand(32, 198, 64)),
    }


def _rate(net: nn.Module, given: Tensor, product: float) -> Rate:
    net.train()
    optimiser = torch.optim.SGD(net.parameters(), 1e-4)

    def step() -> None:
        optimiser.zero_grad()
        found = net(given)
        parts = found.values() if isinstance(found, dict) else found
        whole = (
            [found] if isinstance(found, Tensor) else [p for p in parts if isinstance(p, Tensor)]
        )
        sum((part.square().mean() for part in whole), torch.zeros(())).backward()
        optimiser.step()

    with FlopCounterMode(display=False) as counter:
        step()
    seconds = _seconds(step)
    return Rate(len(given) / seconds, counter.get_total_flops() / seconds / product)


def _seconds(work: Callable[[], object]) -> float:
    """Mean seconds of one call, over `SECONDS` of calls."""
    work()
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < SECONDS:
        work()
        count += 1
    return (time.perf_counter() - began) / count
