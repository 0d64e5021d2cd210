from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mien.training.models.inception_v2 import InceptionV2
from tests.training.models.checks import every_parameter_learns, exports_alike


def test_maps_are_those_of_table_1() -> None:
    with torch.device("meta"):
        net, x = InceptionV2(1000), torch.zeros(1, 3, 299, 299)
        shapes = []
        for layer in net.stem:
            x = layer(x)
            shapes.append(tuple(x.shape[1:]))
        assert shapes == [
            (32, 149, 149),
            (32, 147, 147),
            (64, 147, 147),
            (64, 73, 73),
            (80, 71, 71),
            (192, 35, 35),
            (288, 35, 35),
        ]
        assert all(part(x).shape == (1, 288, 35, 35) for part in list(net.figure5)[:3])
        x = net.figure5(x)
        assert x.shape == (1, 768, 17, 17)
        assert all(part(x).shape == (1, 768, 17, 17) for part in list(net.figure6)[:5])
        x = net.figure6(x)
        assert x.shape == (1, 1280, 8, 8)
        assert net.figure7(x).shape == (1, 2048, 8, 8)
        assert (len(net.figure5), len(net.figure6), len(net.figure7)) == (3 + 1, 5 + 1, 2)


def test_the_pool_has_2048_numbers() -> None:
    with torch.device("meta"):
        net, pictures = InceptionV2(), torch.zeros(2, 3, 224, 224)
        assert net.pool(pictures).shape == (2, 2048)
        assert net(pictures).shape == (2, 7)


@pytest.mark.parametrize("size", [34, 75])
def test_narrow_ones_learn_on_small_pictures(size: int) -> None:
    torch.manual_seed(0)
    net = InceptionV2(width=0.125, size=size, channels=1)
    every_parameter_learns(net, torch.randn(6, 1, size, size))


def test_the_export_gives_the_same(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = InceptionV2(width=0.125, size=48)
    exports_alike(net, torch.randn(2, 3, 48, 48), tmp_path / "inception.onnx")
