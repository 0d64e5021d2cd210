from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch.nn import functional

from mien.training.models.inception import ROWS, BNInception, _halved
from tests.training.models.checks import every_parameter_learns, exports_alike, parameters


def test_parameters_are_as_many_as_published() -> None:
    with torch.device("meta"):
        assert parameters(BNInception(1000)) == 11_295_240


def test_channels_are_those_of_the_published_table() -> None:
    outputs, inputs = [], 192
    for row in ROWS:
        inputs = row.outputs(inputs)
        outputs.append(inputs)
    # Figure 5 prints 576 for 4c and 4d and 1024 for 4e, against the sums of its branches.
    assert outputs == [256, 320, 576, 576, 576, 608, 608, 1056, 1024, 1024]


def test_names_are_those_of_the_public_weights() -> None:
    with torch.device("meta"):
        names = list(BNInception().state_dict())
    assert len(names) == 69 * 7 + 2  # 69 convolutions with a bias, each with a batch norm
    for name in (
        "conv1_7x7_s2.weight",
        "conv2_3x3_reduce_bn.running_var",
        "inception_3a_pool_proj.bias",
        "inception_4e_double_3x3_2_bn.weight",
        "inception_5b_1x1.weight",
        "last_linear.weight",
    ):
        assert name in names
    assert "inception_3c_1x1.weight" not in names
    assert "inception_4e_pool_proj.weight" not in names


@pytest.mark.parametrize("size", [224, 34])
def test_the_global_pool_has_1024_numbers(size: int) -> None:
    with torch.device("meta"):
        net, pictures = BNInception(), torch.zeros(2, 3, size, size)
        assert net.pool(pictures).shape == (2, 1024)
        assert net(pictures).shape == (2, 7)


def test_pools_round_up_as_caffe_does() -> None:
    even, odd = torch.rand(1, 2, 8, 8), torch.rand(1, 2, 7, 7)
    assert torch.equal(_halved(even), functional.max_pool2d(even, 3, 2, ceil_mode=True))
    assert _halved(odd).shape == (1, 2, 4, 4)
    assert torch.equal(_halved(odd)[..., :3, :3], functional.max_pool2d(odd, 3, 2))
    assert torch.equal(_halved(odd)[..., 3, 3], odd[..., 6, 6])


def test_narrow_ones_learn_on_audio_maps() -> None:
    torch.manual_seed(0)
    net = BNInception(width=0.125, channels=1)
    for name, module in net.named_modules():
        if isinstance(module, torch.nn.Conv2d):
            assert module.bias is not None, name
            module.bias = None  # a bias before a batch norm cancels out; all else learns
    every_parameter_learns(net, torch.randn(4, 1, 34, 34))


def test_the_export_gives_the_same(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = BNInception(width=0.125, channels=1, dropout=0.5)
    exports_alike(net, torch.randn(2, 1, 34, 34), tmp_path / "inception.onnx")
