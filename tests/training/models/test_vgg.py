from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mien.errors import UsageError
from mien.training.models.vgg import VGG
from tests.training.models.checks import every_parameter_learns, exports_alike, parameters

VGG16 = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
VGG19 = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)


def names(convolutions: tuple[int, ...]) -> list[str]:
    modules = [f"features.{i}" for i in convolutions] + [f"classifier.{i}" for i in (0, 3, 6)]
    return [f"{module}.{kind}" for module in modules for kind in ("weight", "bias")]


def test_parameters_are_as_many_as_published() -> None:
    with torch.device("meta"):
        assert parameters(VGG(16, 1000)) == 138_357_544
        assert parameters(VGG(19, 1000)) == 143_667_240
        assert parameters(VGG(16, 2622)) == 145_002_878  # VGG-Face
        assert parameters(VGG(16, 1000, batch_norm=True)) == 138_365_992


def test_names_are_those_of_torchvision() -> None:
    with torch.device("meta"):
        assert list(VGG(16).state_dict()) == names(VGG16)
        assert list(VGG(19).state_dict()) == names(VGG19)
        normed = list(VGG(16, batch_norm=True).state_dict())
    assert normed[:3] == ["features.0.weight", "features.0.bias", "features.1.weight"]
    assert "features.41.running_var" in normed


def test_fc6_and_fc7_have_4096_numbers() -> None:
    with torch.device("meta"):
        net, pictures = VGG(16), torch.zeros(2, 3, 224, 224)
        assert net.fc6(pictures).shape == (2, 4096)
        assert net.fc7(pictures).shape == (2, 4096)
        assert net(pictures).shape == (2, 7)


def test_fc6_and_fc7_lie_on_the_way_to_the_logits() -> None:
    torch.manual_seed(0)
    net, pictures = VGG(16, width=0.05, size=32).eval(), torch.randn(2, 3, 32, 32)
    fc6, fc7 = net.fc6(pictures), net.fc7(pictures)
    assert (fc6 >= 0).all()
    assert (fc6 > 0).any()
    assert torch.equal(net.classifier[2:5](fc6), fc7)
    assert torch.equal(net.classifier[5:](fc7), net(pictures))


@pytest.mark.parametrize(("size", "channels"), [(48, 1), (64, 3)])
def test_narrow_ones_learn_from_scratch(size: int, channels: int) -> None:
    torch.manual_seed(0)
    net = VGG(16, width=0.125, size=size, channels=channels, batch_norm=True)
    assert net.fc6(torch.zeros(2, channels, size, size)).shape == (2, 512)
    # A bias before a batch norm cancels out; all else learns.
    for module in net.features:
        if isinstance(module, torch.nn.Conv2d):
            module.bias = None
    every_parameter_learns(net, torch.randn(3, channels, size, size))


def test_narrow_ones_without_batch_norm_learn() -> None:
    torch.manual_seed(0)
    every_parameter_learns(VGG(19, width=0.125, size=32), torch.randn(2, 3, 32, 32))


def test_dropout_keeps_a_twentieth_of_the_last_layer() -> None:
    net = VGG(16, width=0.05, size=32, dropout=(0.5, 0.95))
    kept = net.classifier[5](torch.ones(10_000))
    assert 0.03 < (kept > 0).float().mean() < 0.07


def test_the_export_gives_the_same(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = VGG(16, width=0.1, size=48, channels=1, batch_norm=True)
    exports_alike(net, torch.randn(2, 1, 48, 48), tmp_path / "vgg.onnx")


def test_what_cannot_be_built_is_said() -> None:
    with pytest.raises(UsageError, match="at least 32"):
        VGG(16, size=20)
    with pytest.raises(UsageError, match="16 or 19"):
        VGG(11)  # type: ignore[arg-type]
