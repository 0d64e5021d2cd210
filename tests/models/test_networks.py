from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from mien.export import FaceNet, SpeechNet, export_face, export_voice
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


def test_the_exported_face_network_gives_what_torch_gives(tmp_path: Path) -> None:
    net = SmallResNet(width=16).eval()
    export_face(net, tmp_path / "face.onnx")
    crops = np.random.default_rng(0).integers(0, 255, (5, 48, 48), np.uint8)
    got = onnxruntime.InferenceSession(str(tmp_path / "face.onnx")).run(None, {"crops": crops})
    with torch.no_grad():
        wanted = FaceNet(net)(torch.from_numpy(crops))
    for a, b in zip(got, wanted, strict=True):
        np.testing.assert_allclose(a, b.numpy(), atol=5e-3)  # weights are stored as float16


def test_the_exported_voice_network_takes_any_length(tmp_path: Path) -> None:
    net = VoiceNet(width=8).eval()
    export_voice(net, tmp_path / "voice.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "voice.onnx"))
    for frames, rows in ((198, 3), (60, 1)):
        mel = np.random.default_rng(0).normal(size=(rows, frames, 64)).astype(np.float32)
        got = session.run(["log_probs"], {"log_mel": mel})[0]
        with torch.no_grad():
            wanted = SpeechNet(net)(torch.from_numpy(mel))[0].numpy()
        np.testing.assert_allclose(got, wanted, atol=5e-3)
