"""In one process the layers are torch's own; two processes are compared in `test_train`."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest
import torch
from torch import Tensor, distributed, nn

from mien.training.sync_batch import see_whole_batches

ROWS = 6
NETS: dict[str, tuple[nn.Module, tuple[int, ...]]] = {
    "vectors": (nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(0.3)), (ROWS, 3)),
    "sequences": (nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(0.3)), (ROWS, 3, 5)),
    "pictures": (nn.Sequential(nn.BatchNorm2d(3), nn.Dropout(0.3)), (ROWS, 3, 4, 4)),
    "windows": (nn.Sequential(nn.BatchNorm3d(3), nn.Dropout(0.3)), (ROWS, 3, 2, 4, 4)),
    "without weights": (nn.Sequential(nn.BatchNorm2d(3, affine=False)), (ROWS, 3, 4, 4)),
    "rows of another number": (nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(0.3)), (ROWS + 3, 3)),
    "all or nothing dropped": (nn.Sequential(nn.Dropout(0.0), nn.Dropout(1.0)), (ROWS, 3)),
}


@pytest.fixture(autouse=True)
def group(tmp_path: Path) -> Iterator[None]:
    """This process as a group of one."""
    distributed.init_process_group(
        "gloo", init_method=f"file://{tmp_path}/meet", rank=0, world_size=1
    )
    yield
    distributed.destroy_process_group()


def step(net: nn.Module, x: Tensor) -> list[Tensor]:
    """Output, gradients and statistics of a step, and the output in use."""
    torch.manual_seed(1)
    x = x.clone().requires_grad_()
    y = net.train()(x)
    (y * torch.linspace(0, 1, y.numel()).view_as(y)).sum().backward()
    assert x.grad is not None
    found = [y.detach(), x.grad, *(p.grad for p in net.parameters() if p.grad is not None)]
    return [*found, *net.state_dict().values(), net.eval()(x).detach()]


@pytest.mark.parametrize("name", NETS)
def test_one_process_has_the_numbers_of_torch(name: str) -> None:
    net, shape = NETS[name]
    own = deepcopy(net)
    see_whole_batches(own, lambda: ROWS)
    assert list(own.state_dict()) == list(net.state_dict())
    x = 3 + 2 * torch.randn(shape, generator=torch.Generator().manual_seed(0))
    for found, wanted in zip(step(own, x), step(deepcopy(net), x), strict=True):
        torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)


def test_layers_are_changed_once_and_where_they_are() -> None:
    inner = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    net = nn.Sequential(inner, nn.Dropout(0.5))
    see_whole_batches(net, lambda: ROWS)
    kinds = [type(module) for module in net.modules()]
    see_whole_batches(net, lambda: ROWS)
    assert [type(module) for module in net.modules()] == kinds
    assert not {nn.BatchNorm1d, nn.Dropout} & set(kinds)
    assert inner[1].weight is dict(net.named_parameters())["0.1.weight"]
