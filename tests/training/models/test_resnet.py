from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mien.training.models.resnet import ResNet50, _Bottleneck
from tests.training.models.checks import every_parameter_learns, exports_alike, parameters


def test_parameters_are_as_many_as_published() -> None:
    with torch.device("meta"):
        assert parameters(ResNet50(1000)) == 25_557_032


def test_names_are_those_of_torchvision() -> None:
    with torch.device("meta"):
        names = list(ResNet50().state_dict())
    assert len(names) == 320
    assert names[0] == "conv1.weight"
    assert names[-2:] == ["fc.weight", "fc.bias"]
    for name in ("bn1.running_var", "layer1.0.downsample.1.bias", "layer4.2.conv3.weight"):
        assert name in names
    counts = [
        len({n.split(".")[1] for n in names if n.startswith(f"layer{i}")}) for i in (1, 2, 3, 4)
    ]
    assert counts == [3, 4, 6, 3]
    assert {n.split(".")[0] for n in names if ".1.downsample" in n} == set()


def test_the_pool_has_2048_numbers() -> None:
    with torch.device("meta"):
        net, pictures = ResNet50(), torch.zeros(2, 3, 224, 224)
        assert net.pool(pictures).shape == (2, 2048)
        assert net(pictures).shape == (2, 7)


def test_a_hidden_layer_gives_the_4096_numbers_that_paper_004_names() -> None:
    with torch.device("meta"):
        net = ResNet50(hidden=4096)
        assert net.hidden is not None
        assert net.hidden(net.pool(torch.zeros(2, 3, 64, 64))).shape == (2, 4096)
        assert net(torch.zeros(2, 3, 64, 64)).shape == (2, 7)


@pytest.mark.parametrize(("size", "channels", "hidden"), [(48, 1, 0), (65, 3, 16)])
def test_narrow_ones_of_any_size_learn(size: int, channels: int, hidden: int) -> None:
    torch.manual_seed(0)
    net = ResNet50(width=0.125, channels=channels, hidden=hidden)
    for module in net.modules():
        if isinstance(module, _Bottleneck):
            torch.nn.init.ones_(module.bn3.weight)  # starts at 0, which lets nothing through
    every_parameter_learns(net, torch.randn(3, channels, size, size))


def test_the_export_gives_the_same(tmp_path: Path) -> None:
    torch.manual_seed(0)
    exports_alike(ResNet50(width=0.125), torch.randn(2, 3, 48, 48), tmp_path / "resnet.onnx")
