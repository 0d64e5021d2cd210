from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from mien.errors import UsageError
from mien.training.models.c3d import C3D
from mien.training.models.cifar_resnet import CifarResNet
from mien.training.models.inception import BNInception
from mien.training.models.pretrained import load
from mien.training.models.resnet import ResNet50
from mien.training.models.sources import SOURCES
from mien.training.models.vgg import VGG

# Narrow networks stand for the real ones: names and layers are the same, files are small.
OXFORD = [
    *("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1", "conv3_2", "conv3_3", "conv4_1"),
    *("conv4_2", "conv4_3", "conv5_1", "conv5_2", "conv5_3", "fc6", "fc7", "fc8"),
]
NUMBERED = [
    *("features.0", "features.3", "features.6", "features.8", "features.11", "features.13"),
    *("features.16", "features.18", "classifier.0", "classifier.3"),
]


def vgg(classes: int = 7, depth: int = 16) -> VGG:
    return VGG(depth, classes, width=0.05, size=32)  # type: ignore[arg-type]


def c3d(classes: int = 7) -> C3D:
    return C3D(classes, width=0.05, size=32)


def saved(path: Path, tensors: Mapping[str, Tensor]) -> Path:
    torch.save(dict(tensors), path)
    return path


def renamed(net: nn.Module, modules: list[str]) -> dict[str, Tensor]:
    """The network's tensors, its modules called `modules` in order, the last ones left out."""
    tensors = list(net.state_dict().values())[: 2 * len(modules)]
    keys = [f"{module}.{kind}" for module in modules for kind in ("weight", "bias")]
    return dict(zip(keys, tensors, strict=True))


def same(net: nn.Module, other: nn.Module, but: str = "nothing") -> None:
    theirs = other.state_dict()
    for key, value in net.state_dict().items():
        assert key.startswith(but) or torch.equal(value, theirs[key]), key


def test_vgg_face_by_the_names_of_oxford(tmp_path: Path) -> None:
    original, net = vgg(2622), vgg()
    path = saved(tmp_path / "vgg_face_dag.pth", renamed(original, OXFORD))
    fresh = net.classifier[6].weight.clone()
    loaded = load(net, "vgg_face", path)
    same(net, original, but="classifier.6")
    assert torch.equal(net.classifier[6].weight, fresh)
    assert loaded.fresh == ("classifier.6",)
    assert loaded.message.endswith("30 tensors of VGG-Face (2,622 people); fresh: classifier.6")


def test_vgg_face_with_its_people_is_taken_whole(tmp_path: Path) -> None:
    original, net = vgg(2622), vgg(2622)
    loaded = load(net, "vgg_face", saved(tmp_path / "a.pth", renamed(original, OXFORD)))
    same(net, original)
    assert loaded.fresh == ()
    assert "fresh" not in loaded.message


def test_vgg_face_by_the_names_of_torchvision_in_a_checkpoint(tmp_path: Path) -> None:
    original, net = vgg(2622), vgg()
    inner = {f"module.{key}": value for key, value in original.state_dict().items()}
    torch.save({"epoch": 3, "state_dict": inner}, tmp_path / "a.pth")
    load(net, "vgg_face", tmp_path / "a.pth")
    same(net, original, but="classifier.6")


@pytest.mark.parametrize(
    ("name", "original", "net"),
    [
        ("vgg16", vgg(1000), vgg()),
        ("vgg19", vgg(1000, 19), vgg(7, 19)),
        ("resnet50", ResNet50(1000, 0.05), ResNet50(7, 0.05)),
        ("resnet50", ResNet50(1000, 0.05), ResNet50(7, 0.05, hidden=9)),
        ("c3d", c3d(487), c3d()),
        ("bn_inception", BNInception(1000, 0.1), BNInception(7, 0.1)),
        ("resnet20", CifarResNet(10), CifarResNet(7)),
    ],
)
def test_files_by_the_own_names(
    name: str, original: nn.Module, net: nn.Module, tmp_path: Path
) -> None:
    for tensor in original.state_dict().values():  # running statistics too
        tensor.add_(1) if not tensor.is_floating_point() else tensor.uniform_(0.1, 1)
    new = (SOURCES[name].last, *SOURCES[name].fresh)
    loaded = load(net, name, saved(tmp_path / "a.pth", original.state_dict()))
    theirs = original.state_dict()
    for key, value in net.state_dict().items():
        assert key.startswith(new) or torch.equal(value, theirs[key]), key
    assert SOURCES[name].last in loaded.fresh


def test_c3d_by_numbers_and_without_classes(tmp_path: Path) -> None:
    original, net = c3d(487), c3d()
    loaded = load(net, "c3d", saved(tmp_path / "a.pth", renamed(original, NUMBERED)))
    same(net, original, but="fc8")
    assert loaded.fresh == ("fc8",)


def test_older_files_do_not_count_batches(tmp_path: Path) -> None:
    original, net = ResNet50(1000, 0.05), ResNet50(1000, 0.05)
    tensors = {k: v for k, v in original.state_dict().items() if "num_batches" not in k}
    load(net, "resnet50", saved(tmp_path / "a.pth", tensors))
    same(net, original)


def test_safetensors_files(tmp_path: Path) -> None:
    original, net = vgg(2622), vgg()
    save_file(renamed(original, OXFORD), tmp_path / "a.safetensors")
    load(net, "vgg_face", tmp_path / "a.safetensors")
    same(net, original, but="classifier.6")


def refused(net: nn.Module, name: str, path: Path) -> str:
    """The message; the network is as before."""
    before = {key: value.clone() for key, value in net.state_dict().items()}
    with pytest.raises(UsageError) as error:
        load(net, name, path)
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
    message = str(error.value)
    assert "\n" not in message
    assert SOURCES[name].file in message
    assert "https://" in message
    return message


def test_a_missing_layer_is_named(tmp_path: Path) -> None:
    tensors = renamed(vgg(2622), OXFORD)
    del tensors["conv3_2.bias"], tensors["fc7.weight"]
    said = refused(vgg(), "vgg_face", saved(tmp_path / "a.pth", tensors))
    assert "2 missing (features.12.bias, classifier.3.weight)" in said


def test_an_unknown_layer_is_named(tmp_path: Path) -> None:
    tensors = renamed(vgg(2622), OXFORD) | {"conv6_1.weight": torch.zeros(1)}
    said = refused(vgg(), "vgg_face", saved(tmp_path / "a.pth", tensors))
    assert "1 unknown (conv6_1.weight)" in said


def test_another_network_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.pth", ResNet50(1000, 0.05).state_dict())
    said = refused(vgg(), "vgg_face", path)
    assert "30 missing (features.0.weight, features.0.bias, features.2.weight, ...)" in said


def test_another_width_is_refused_with_both_shapes(tmp_path: Path) -> None:
    wide = VGG(16, 2622, width=0.1, size=32)
    said = refused(vgg(), "vgg_face", saved(tmp_path / "a.pth", wide.state_dict()))
    assert "features.0.weight is 6x3x3x3 in the file and 3x3x3x3 here" in said


def test_objects_are_not_told_from_faces_by_shapes_alone(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.pth", vgg(1000).state_dict())
    said = refused(vgg(), "vgg_face", path)
    assert "classifier.6 has 1000 outputs where the release has 2622" in said


class Trap:
    """Would run code when it is read."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path("trapped"),))  # type: ignore[return-value]


def test_code_in_a_file_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with (tmp_path / "a.pth").open("wb") as stream:
        pickle.dump(Trap(), stream)
    assert "holds more than plain tensors" in refused(vgg(), "vgg_face", tmp_path / "a.pth")
    assert not (tmp_path / "trapped").exists()


@pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", bytes(range(256)) * 9])
def test_damaged_files_are_said(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    assert "damaged" in refused(vgg(), "vgg_face", tmp_path / name)


@pytest.mark.parametrize("content", [{}, [torch.zeros(1)], {"conv1_1.weight": 3}])
def test_files_without_named_tensors_are_said(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "a.pth")
    assert "tensors" in refused(vgg(), "vgg_face", tmp_path / "a.pth")


def test_an_unknown_name_is_said_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean 'resnet50'"):
        load(vgg(), "resnet-50", Path("a.pth"))
