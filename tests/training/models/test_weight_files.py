"""Made-up files in the forms that weights are given out in; narrow networks stand for real ones."""

from __future__ import annotations

import os
import pickle
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mien.errors import UsageError
from mien.training.models.build import RowEncoder
from mien.training.models.c3d import C3D
from mien.training.models.caffe_file import net_parameter
from mien.training.models.inception import BNInception
from mien.training.models.pretrained import load
from mien.training.models.resnet import ResNet50
from mien.training.models.vgg import VGG
from mien.training.recipes.networks import Resnet
from tests.training.models.test_pretrained import OXFORD, same

scipy_io = pytest.importorskip("scipy.io")


def vgg(classes: int = 7) -> VGG:
    return VGG(16, classes, width=0.05, size=32)


def by_layer(net: nn.Module) -> dict[str, list[np.ndarray]]:
    """{module: its parameters and statistics in order}."""
    layers: dict[str, list[np.ndarray]] = {}
    for key, value in net.state_dict().items():
        if not key.endswith("num_batches_tracked"):
            layers.setdefault(key.rpartition(".")[0], []).append(value.numpy())
    return layers


def oxford(net: VGG) -> dict[str, list[np.ndarray]]:
    """By Oxford's names, fully connected layers as convolutions over the last map."""
    layers = dict(zip(OXFORD, by_layer(net).values(), strict=True))
    for name in ("fc6", "fc7", "fc8"):
        weight, bias = layers[name]
        layers[name] = [weight.reshape(len(weight), -1, 1, 1), bias]
    return layers


def matlab(filters: np.ndarray) -> np.ndarray:
    return filters.transpose(2, 3, 1, 0)


def cells(items: list[Any]) -> np.ndarray:
    row = np.empty((1, len(items)), object)
    for place, item in enumerate(items):
        row[0, place] = item
    return row


def simple(net: VGG, old: bool = False) -> dict[str, Any]:
    layers = []
    for name, (filters, biases) in oxford(net).items():
        both = [matlab(filters), biases[None]]
        kept = {"filters": both[0], "biases": both[1]} if old else {"weights": cells(both)}
        layers += [{"name": name, "type": "conv", **kept}, {"name": f"r{name}", "type": "relu"}]
    return {"layers": cells(layers)}


def dag(net: VGG) -> dict[str, Any]:
    params = []
    for name, (filters, biases) in oxford(net).items():
        params += [{"name": f"{name}f", "value": matlab(filters)}]
        params += [{"name": f"{name}b", "value": biases[:, None]}]
    kinds = [("name", object), ("value", object)]
    table = np.array([tuple(one.values()) for one in params], kinds)[None]
    return {"params": table}


@pytest.mark.parametrize("form", ["weights", "filters", "dag", "net"])
def test_vgg_face_of_matconvnet(form: str, tmp_path: Path) -> None:
    original, net = vgg(2622), vgg(2622)
    content = dag(original) if form == "dag" else simple(original, form == "filters")
    scipy_io.savemat(tmp_path / "a.mat", {"net": content} if form == "net" else content)
    loaded = load(net, "vgg_face", tmp_path / "a.mat")
    same(net, original)
    assert loaded.fresh == ()


def caffemodel(path: Path, layers: Mapping[str, list[np.ndarray]], old: bool, flat: bool) -> Path:
    net = net_parameter()(name="made up")
    for name, blobs in layers.items():
        layer = (net.layers if old else net.layer).add(name=name)
        for blob in blobs:
            made = layer.blobs.add(data=np.ascontiguousarray(blob, "<f4").tobytes())
            if old and not flat:
                shape = [1] * (4 - blob.ndim) + list(blob.shape)
                made.num, made.channels, made.height, made.width = shape
            elif not old:
                made.shape.dim.extend(blob.shape)
    path.write_bytes(net.SerializeToString())
    return path


@pytest.mark.parametrize("old", [False, True])
def test_vgg_face_of_caffe(old: bool, tmp_path: Path) -> None:
    original, net = vgg(2622), vgg()
    layers = dict(zip(OXFORD, by_layer(original).values(), strict=True))
    loaded = load(net, "vgg_face", caffemodel(tmp_path / "a.caffemodel", layers, old, False))
    same(net, original, but="classifier.6")
    assert loaded.fresh == ("classifier.6",)


def test_c3d_of_its_own_caffe_whose_blobs_have_five_sides(tmp_path: Path) -> None:
    original, net = C3D(487, width=0.05, size=32), C3D(7, width=0.05, size=32)
    given = {"conv1": "conv1a", "conv2": "conv2a", "fc6": "fc6-1", "fc7": "fc7-1", "fc8": "fc8-1"}
    layers = {given.get(name, name): blobs for name, blobs in by_layer(original).items()}
    load(net, "c3d", caffemodel(tmp_path / "a.caffemodel", layers, True, True))
    same(net, original, but="fc8")


def test_bn_inception_of_caffe(tmp_path: Path) -> None:
    original, net = BNInception(1000, width=0.1), BNInception(7, width=0.1)
    layers = {}
    for name, blobs in by_layer(original).items():
        wide = [b.reshape(1, -1, 1, 1) for b in blobs] if len(blobs) == 4 else blobs
        layers["fc" if name == "last_linear" else name.replace("_1x1", "/1x1", 1)] = wide
    load(net, "bn_inception", caffemodel(tmp_path / "a.caffemodel", layers, False, False))
    same(net, original, but="last_linear")


def test_a_batch_norm_of_caffe_itself_is_divided_by_its_factor(tmp_path: Path) -> None:
    from mien.training.models.caffe_file import read_caffe

    blobs = [np.array([2.0, 4.0]), np.array([6.0, 8.0]), np.array([2.0])]
    found = read_caffe(caffemodel(tmp_path / "a.caffemodel", {"bn": blobs}, False, False))
    assert found["bn.running_mean"].tolist() == [1, 2]
    assert found["bn.running_var"].tolist() == [3, 4]


def test_bn_inceptions_release_with_norms_of_one_row(tmp_path: Path) -> None:
    original, net = BNInception(1000, width=0.1), BNInception(7, width=0.1)
    norms = {name for name, values in by_layer(original).items() if len(values) == 4}
    tensors = {
        key: value[None] if key.rpartition(".")[0] in norms and value.ndim == 1 else value
        for key, value in original.state_dict().items()
    }
    torch.save(tensors, tmp_path / "bn_inception-9f5701afb96c8044.pth")
    load(net, "bn_inception", tmp_path / "bn_inception-9f5701afb96c8044.pth")
    same(net, original, but="last_linear")


def faces50(classes: int = 7, caffe: bool = True) -> ResNet50:
    return ResNet50(classes, width=0.1, caffe=caffe)


def pickled(path: Path, tensors: Mapping[str, Tensor], protocol: int = 2) -> Path:
    arrays = OrderedDict((key, value.numpy()) for key, value in tensors.items())
    path.write_bytes(pickle.dumps(arrays, protocol))
    return path


def test_resnet_50_on_vggface2_of_pickled_arrays(tmp_path: Path) -> None:
    original, net = faces50(8631), faces50()
    path = pickled(tmp_path / "resnet50_ft_weight.pkl", original.state_dict())
    load(net, "vggface2_resnet50", path)
    same(net, original, but="fc")
    with pytest.raises(UsageError, match=r"another form of ResNet-50; set net.caffe=yes"):
        load(faces50(caffe=False), "vggface2_resnet50", path)


class _Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("touch /tmp/never",)


def test_a_pickle_that_asks_for_more_than_arrays_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "resnet50_ft_weight.pkl"
    path.write_bytes(pickle.dumps({"conv1.weight": np.zeros(3), "more": _Evil()}))
    with pytest.raises(UsageError, match="damaged, or holds more than plain tensors"):
        load(faces50(), "vggface2_resnet50", path)


def test_caffes_resnet_halves_in_its_first_convolution() -> None:
    """As the paper has it: the picture is halved before the 3x3 convolution, which is quicker."""
    torch.manual_seed(0)
    here, there = faces50().eval(), faces50(caffe=False).eval()
    there.load_state_dict(here.state_dict())
    pictures = torch.randn(2, 3, 64, 64)
    assert here.layer2[0].conv1.stride == (2, 2)  # type: ignore[union-attr,index]
    assert not torch.allclose(here(pictures), there(pictures))
    encoder = RowEncoder(Resnet(0.1, 64, caffe=True), 7, (64, 64, 3), start="vggface2_resnet50")
    assert encoder.swap
    assert isinstance(encoder.net, ResNet50)
    assert encoder.net.caffe


@pytest.mark.parametrize("name", ["a.mat", "a.caffemodel", "a.pkl", "a.pth"])
def test_other_content_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"no weights at all, but some text")
    with pytest.raises(UsageError, match=r"damaged|holds no named tensors") as error:
        load(vgg(), "vgg_face", tmp_path / name)
    assert "\n" not in str(error.value)


@pytest.mark.slow
def test_vgg_face_at_full_size_by_matconvnet(tmp_path: Path) -> None:
    original = VGG(16, 2622)
    layers = dict(zip(OXFORD, by_layer(original).values(), strict=True))
    layers["fc6"][0] = layers["fc6"][0].reshape(4096, 512, 7, 7)
    content = [
        {"name": name, "type": "conv", "weights": cells([np.atleast_2d(matlab4(w)), b[None]])}
        for name, (w, b) in layers.items()
    ]
    scipy_io.savemat(tmp_path / "vgg-face.mat", {"layers": cells(content)})
    net = VGG(16, 7)
    load(net, "vgg_face", tmp_path / "vgg-face.mat")
    same(net, original, but="classifier.6")


def matlab4(weight: np.ndarray) -> np.ndarray:
    return matlab(weight.reshape(*weight.shape, *[1] * (4 - weight.ndim)))
