from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mien.errors import UsageError
from mien.training.models.c3d import C3D
from tests.training.models.checks import every_parameter_learns, exports_alike, parameters

LAYERS = [
    "conv1",
    "conv2",
    "conv3a",
    "conv3b",
    "conv4a",
    "conv4b",
    "conv5a",
    "conv5b",
    "fc6",
    "fc7",
    "fc8",
]


def test_parameters_are_as_many_as_published() -> None:
    with torch.device("meta"):
        assert parameters(C3D(487)) == 79_991_015  # Sports-1M
        assert parameters(C3D(101)) == 78_409_573  # UCF-101: the 78.41 M that its papers quote


def test_names_are_those_of_the_public_weights() -> None:
    with torch.device("meta"):
        names = list(C3D().state_dict())
    assert names == [f"{layer}.{kind}" for layer in LAYERS for kind in ("weight", "bias")]


def test_fc6_and_fc7_have_4096_numbers() -> None:
    with torch.device("meta"):
        net, windows = C3D(), torch.zeros(2, 3, 16, 112, 112)
        assert net.maps(windows).shape == (2, 512, 1, 4, 4)
        assert net.descriptor(windows, "fc6").shape == (2, 4096)
        assert net.descriptor(windows).shape == (2, 4096)
        assert net(windows).shape == (2, 7)


def test_fc6_and_fc7_lie_on_the_way_to_the_logits() -> None:
    torch.manual_seed(0)
    net, windows = C3D(width=0.1, size=32).eval(), torch.randn(2, 3, 16, 32, 32)
    fc6, fc7 = net.descriptor(windows, "fc6"), net.descriptor(windows, "fc7")
    assert (fc6 > 0).any()
    assert torch.equal(net.fc7(fc6).relu(), fc7)
    assert torch.equal(net.fc8(fc7), net(windows))


@pytest.mark.parametrize(("size", "channels"), [(48, 3), (16, 1)])
def test_narrow_ones_learn(size: int, channels: int) -> None:
    torch.manual_seed(0)
    net = C3D(width=0.125, size=size, channels=channels)
    every_parameter_learns(net, torch.randn(2, channels, 16, size, size))


def test_batch_norms_learn() -> None:
    torch.manual_seed(0)
    net = C3D(width=0.125, size=32, batch_norm=True)
    assert "bn5b.weight" in net.state_dict()
    net(torch.randn(2, 3, 16, 32, 32)).square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())
    assert net.get_parameter("bn1.weight").grad.abs().sum() > 0  # type: ignore[union-attr]


@pytest.mark.parametrize("batch_norm", [False, True])
def test_the_export_gives_the_same(batch_norm: bool, tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = C3D(width=0.1, size=48, batch_norm=batch_norm)
    exports_alike(net, torch.randn(2, 3, 16, 48, 48), tmp_path / "c3d.onnx")


def test_too_small_pictures_are_said() -> None:
    with pytest.raises(UsageError, match="at least 16"):
        C3D(size=12)
