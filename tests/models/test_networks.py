from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from mien.export import FaceNet, export_face, export_voice
from mien.models.committee_net import CommitteeNet
from mien.models.small_resnet import SmallResNet
from mien.models.voice_net import VoiceNet

CASES = [
    (SmallResNet(width=8), torch.randn(4, 1, 44, 44), [(4, 7), (4, 8), (4, 64)]),
    (
        SmallResNet(width=8, blocks=(1, 2, 2, 1)),
        torch.randn(4, 1, 48, 48),
        [(4, 7), (4, 8), (4, 64)],
    ),
    (VoiceNet(width=8), torch.randn(4, 198, 64), [(4, 7), (4, 128)]),
    (CommitteeNet(30, members=3, hidden=8), torch.randn(4, 30), [(4, 7), (4, 24)]),
]


@pytest.mark.parametrize(("net", "given", "shapes"), CASES)
def test_shapes_are_as_documented_and_every_parameter_learns(
    net: nn.Module, given: torch.Tensor, shapes: list[tuple[int, ...]]
) -> None:
    before = given.clone()
    outputs = net.train()(given)
    assert [tuple(o.shape) for o in outputs] == shapes
    assert all(torch.isfinite(o).all() for o in outputs)
    sum((o**2).mean() for o in outputs).backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.abs().sum() > 0, name
    assert torch.equal(given, before)


def test_the_exported_face_network_tells_faces_apart_as_torch_does(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = SmallResNet(width=16).eval()
    noise = np.random.default_rng(0).integers(0, 255, (64, 48, 48), np.uint8)
    faces = np.stack([np.asarray(cv2.GaussianBlur(n, (0, 0), 3), np.uint8) for n in noise])
    export_face(net, tmp_path / "face.onnx", faces)
    session = onnxruntime.InferenceSession(str(tmp_path / "face.onnx"))
    got = session.run(["fer2013", "ferplus", "embedding"], {"crops": faces})
    with torch.no_grad():
        wanted = FaceNet(net)(torch.from_numpy(faces))[1:]
    for a, b in zip(got, wanted, strict=True):
        apart = b.numpy() - b.numpy().mean(0)
        np.testing.assert_allclose(a, b.numpy(), atol=0.02)
        assert np.corrcoef((a - a.mean(0)).ravel(), apart.ravel())[0, 1] > 0.99


def test_every_convolution_of_the_face_network_computes_in_int8(tmp_path: Path) -> None:
    net = SmallResNet(width=8).eval()
    export_face(net, tmp_path / "face.onnx", np.zeros((2, 48, 48), np.uint8))
    graph = onnx.load(str(tmp_path / "face.onnx")).graph
    made_by = {name: node.op_type for node in graph.node for name in node.output}
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    assert len(convolutions) == sum(isinstance(m, nn.Conv2d) for m in net.modules())
    for node in convolutions:
        assert {made_by[name] for name in node.input} == {"DequantizeLinear"}


def test_the_exported_committee_gives_what_torch_gives(tmp_path: Path) -> None:
    net = CommitteeNet(300, members=3, hidden=16).eval()
    net.standardise(torch.full((300,), 2.0), torch.full((300,), 0.5))
    export_voice(net, tmp_path / "voice.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "voice.onnx"))
    for rows in (3, 1):
        given = np.random.default_rng(0).normal(2, 1, (rows, 300)).astype(np.float32)
        log_probs, embedding = session.run(None, {"functionals": given})
        with torch.no_grad():
            wanted = net(torch.from_numpy(given))
        np.testing.assert_allclose(log_probs, wanted[0].numpy(), atol=5e-3)
        np.testing.assert_allclose(embedding, wanted[1].numpy(), atol=5e-3)


def test_a_committee_says_the_mean_of_its_members() -> None:
    net = CommitteeNet(4, classes=2, members=2, hidden=3).eval()
    x = torch.randn(5, 4)
    said = [
        torch.log_softmax(last(first(x)), 1)
        for first, last in zip(net.first, net.last, strict=True)
    ]
    mean = (said[0] + said[1]) / 2
    torch.testing.assert_close(net(x)[0], mean - mean.logsumexp(1, keepdim=True))


def test_a_committee_is_not_moved_by_what_is_far_outside() -> None:
    net = CommitteeNet(4, members=2, hidden=3).eval()
    net.standardise(torch.ones(4), torch.full((4,), 2.0))
    torch.testing.assert_close(
        net.standardised(torch.tensor([1.0, 3.0, 100.0, -100.0])),
        torch.tensor([0.0, 1.0, 5.0, -5.0]),
    )
