from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch.nn import functional

from mien.errors import UsageError
from mien.faces.people.identity import Identity
from mien.training.learners.clip_set import ClipSet
from mien.training.learners.encoder import EncoderLearner
from mien.training.models.mobile_face import (
    EMBEDDING,
    MEAN,
    SPREAD,
    MobileFace,
    _Convolution,
    load_face,
)
from mien.training.onnx_export import to_onnx
from mien.training.recipes import networks as declared
from mien.training.recipes.declaration import Encoder, TrainingConfig
from mien.training.schedules import OptimConfig
from mien.types import Features
from tests.training.models.checks import every_parameter_learns, parameters

OUTPUTS = ["fer2013", "ferplus", "embedding"]


def faces(count: int, side: int) -> torch.Tensor:
    return torch.randn(count, 1, side, side, generator=torch.Generator().manual_seed(0))


def test_parameters_are_those_of_mobilenet() -> None:
    """3,206,976 without the classes; a bias for scale and shift of a norm; one colour of three."""
    channels = 10_944  # behind the 27 convolutions
    with torch.device("meta"):
        net = MobileFace()
        embedding = parameters(net) - parameters(net.heads)
    assert embedding == 3_206_976 - channels - 2 * 9 * 32


@pytest.mark.parametrize("side", [96, 113])
def test_shapes_are_as_documented_for_any_size(side: int) -> None:
    with torch.no_grad():
        outputs = MobileFace().eval()(faces(2, side))
    assert [tuple(x.shape) for x in outputs] == [(2, 7), (2, 8), (2, EMBEDDING)]


def test_every_parameter_learns() -> None:
    every_parameter_learns(MobileFace(), faces(4, 64))


@pytest.mark.parametrize(
    ("side", "stride", "wanted"),
    [
        (4, 2, [[9, 6], [6, 4]]),  # one line of zeros, behind
        (5, 2, [[4, 6, 4], [6, 9, 6], [4, 6, 4]]),  # one on each side
        (3, 1, [[4, 6, 4], [6, 9, 6], [4, 6, 4]]),
    ],
)
def test_zeros_stand_where_tensorflow_has_them(
    side: int, stride: int, wanted: list[list[int]]
) -> None:
    layer = _Convolution(1, 1, 3, stride)
    torch.nn.init.constant_(layer.conv.weight, 1 / 9)
    torch.nn.init.zeros_(layer.conv.bias)  # type: ignore[arg-type]
    got = 9 * layer(torch.ones(1, 1, side, side))[0, 0]
    torch.testing.assert_close(got, torch.tensor(wanted, dtype=torch.float32))


def test_the_exported_network_gives_what_torch_gives(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net, given = MobileFace().eval(), faces(3, 64)
    to_onnx(net, faces(2, 64), tmp_path / "face.onnx", "faces", OUTPUTS, {0: "n"}, half=False)
    session = onnxruntime.InferenceSession(str(tmp_path / "face.onnx"))
    with torch.no_grad():
        for got, wanted in zip(
            session.run(OUTPUTS, {"faces": given.numpy()}), net(given), strict=True
        ):
            scale = wanted.abs().max().item()
            np.testing.assert_allclose(got, wanted.numpy(), atol=1e-4 * max(1, scale))


def saved(net: MobileFace, colours: torch.Tensor, path: Path) -> Path:
    """As the conversion writes it: half precision, three colours, no heads."""
    state = {k: v for k, v in net.state_dict().items() if not k.startswith("heads.")}
    state |= {"conv1.conv.weight": colours}
    arrays = {name: value.numpy().astype(np.float16) for name, value in state.items()}
    np.savez(path, allow_pickle=False, **arrays)
    return path


def test_grey_is_read_as_the_three_colours_were(tmp_path: Path) -> None:
    original, colours = MobileFace().half().float(), (torch.randn(32, 3, 3, 3) / 200).half().float()
    net = load_face(saved(original, colours, tmp_path / "face.npz"))
    grey = torch.randint(0, 256, (1, 1, 31, 31)).float()
    means = torch.tensor([103.939, 116.779, 123.68]).reshape(1, 3, 1, 1)
    wanted = functional.conv2d(
        grey.expand(-1, 3, -1, -1) - means, colours, original.conv1.conv.bias, 2
    )
    got = functional.conv2d((grey - MEAN) / SPREAD, net.conv1.conv.weight, net.conv1.conv.bias, 2)
    torch.testing.assert_close(got, wanted, atol=1e-4, rtol=1e-4)
    for (name, ours), theirs in zip(
        net.blocks.state_dict().items(), original.blocks.state_dict().values(), strict=True
    ):
        assert torch.equal(ours, theirs), name


def test_the_weights_in_the_package_give_what_its_own_network_gives() -> None:
    """Colour, blue first, less its means: the encoder of `--size small` before any training."""
    how = Encoder(declared.MobileFace(128), TrainingConfig(OptimConfig(1, 1)), start="mobile_face")
    learner = EncoderLearner(how, 7, (128, 128, 3))
    portraits = np.random.default_rng(0).integers(0, 256, (2, 128, 128, 3)).astype(np.uint8)
    rows = Features(portraits, np.arange(2.0), np.ones(2, bool))
    net = learner.fresh(ClipSet(("a",), (rows,), np.zeros(1, np.int64), 7)).eval()
    with torch.no_grad():
        found = net.embed(torch.from_numpy(portraits)).numpy()
    wanted = Identity()(portraits)
    np.testing.assert_allclose(found, wanted, atol=1e-3 * np.abs(wanted).max())


def test_a_file_of_another_network_is_refused_in_one_line(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", weight=np.zeros(3, np.float16))
    with pytest.raises(UsageError, match="not the face network") as error:
        load_face(tmp_path / "other.npz")
    assert "\n" not in str(error.value)
