from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mien.errors import UsageError
from mien.training.models.cifar_resnet import CifarResNet, _Block
from tests.training.models.checks import every_parameter_learns, exports_alike, parameters


def test_parameters_are_as_many_as_published() -> None:
    millions = {20: 0.27, 32: 0.46, 44: 0.66, 56: 0.85, 110: 1.7}  # He et al. 2016, table 6
    for depth, count in millions.items():
        with torch.device("meta"):
            assert parameters(CifarResNet(depth=depth)) == pytest.approx(count * 1e6, rel=0.02)
    assert parameters(CifarResNet()) == 269_722


def test_names_are_those_of_the_public_weights() -> None:
    names = list(CifarResNet().state_dict())
    assert len(names) == 19 * 6 + 2  # 19 convolutions, each with a batch norm of five; one layer
    assert names[0] == "conv1.weight"
    assert "layer2.0.bn2.running_mean" in names
    assert names[-2:] == ["linear.weight", "linear.bias"]
    assert not any("shortcut" in name or "downsample" in name for name in names)


def test_the_shortcut_skips_pixels_and_fills_up_with_zero_channels() -> None:
    block = _Block(2, 4, 2).eval()
    torch.nn.init.zeros_(block.conv2.weight)  # leaves the shortcut alone
    x = torch.arange(32.0).reshape(1, 2, 4, 4)
    wanted = torch.zeros(1, 4, 2, 2)
    wanted[0, 1] = torch.tensor([[0.0, 2.0], [8.0, 10.0]])
    wanted[0, 2] = torch.tensor([[16.0, 18.0], [24.0, 26.0]])
    assert torch.equal(block(x), wanted)


def test_without_pooling_a_frame_of_paper_003_has_262144_numbers() -> None:
    with torch.device("meta"):
        frame = torch.zeros(1, 3, 256, 256)
        assert CifarResNet().map(frame).shape == (1, 64, 64, 64)
        assert CifarResNet().map(frame).numel() == 262_144
        assert CifarResNet().pooled(frame, 4).shape == (1, 1024)
        assert CifarResNet().pooled(frame).shape == (1, 64)


def test_the_grid_averages_its_parts() -> None:
    torch.manual_seed(0)
    net, pictures = CifarResNet().eval(), torch.randn(2, 3, 32, 32)
    parts = net.map(pictures).reshape(2, 64, 4, 2, 4, 2).mean((3, 5))
    torch.testing.assert_close(net.pooled(pictures, 4), parts.flatten(1))
    torch.testing.assert_close(net.pooled(pictures), net.map(pictures).mean((2, 3)))


@pytest.mark.parametrize("size", [32, 45])
def test_every_parameter_learns(size: int) -> None:
    torch.manual_seed(0)
    every_parameter_learns(CifarResNet(7, width=0.5, channels=1), torch.randn(3, 1, size, size))


def test_the_export_gives_the_same(tmp_path: Path) -> None:
    torch.manual_seed(0)
    exports_alike(CifarResNet(), torch.randn(2, 3, 32, 32), tmp_path / "resnet.onnx")


def test_an_impossible_depth_is_said() -> None:
    with pytest.raises(UsageError, match="6n"):
        CifarResNet(depth=18)


def test_a_map_without_equal_parts_is_said() -> None:
    with pytest.raises(UsageError, match="9 x 9 has no 4 x 4"):
        CifarResNet().pooled(torch.zeros(1, 3, 36, 36), 4)
