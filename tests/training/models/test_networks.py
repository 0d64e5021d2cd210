from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from mien.training.models.small_resnet import SmallResNet
from mien.training.models.voice_net import VoiceNet
from mien.training.models.whisper_front import WhisperFront
from mien.training.onnx_export import FaceNet, VoiceFront, answer_by, export_face, export_voice

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


def test_the_exported_face_network_tells_faces_apart_as_torch_does(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = SmallResNet(width=16).eval()
    noise = np.random.default_rng(0).integers(0, 255, (64, 48, 48), np.uint8)
    faces = np.stack([np.asarray(cv2.GaussianBlur(n, (0, 0), 3), np.uint8) for n in noise])
    export_face(net, tmp_path / "face.onnx", faces, np.full(7, 1 / 7))
    session = onnxruntime.InferenceSession(str(tmp_path / "face.onnx"))
    got = session.run(["fer2013", "ferplus", "embedding"], {"crops": faces})
    with torch.no_grad():
        wanted = FaceNet(net)(torch.from_numpy(faces))
    for a, b in zip(got, wanted, strict=True):
        apart = b.numpy() - b.numpy().mean(0)
        np.testing.assert_allclose(a, b.numpy(), atol=0.02)
        assert np.corrcoef((a - a.mean(0)).ravel(), apart.ravel())[0, 1] > 0.99


def test_every_convolution_of_the_face_network_computes_in_int8(tmp_path: Path) -> None:
    net = SmallResNet(width=8).eval()
    seen, even = np.zeros((2, 48, 48), np.uint8), np.full(7, 1 / 7)
    export_face(net, tmp_path / "face.onnx", seen, even)
    graph = onnx.load(str(tmp_path / "face.onnx")).graph
    made_by = {name: node.op_type for node in graph.node for name in node.output}
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    assert len(convolutions) == sum(isinstance(m, nn.Conv2d) for m in net.modules())
    for node in convolutions:
        assert {made_by[name] for name in node.input} == {"DequantizeLinear"}


@pytest.fixture(scope="module")
def voice(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[VoiceFront, onnxruntime.InferenceSession]:
    """Two blocks that learned nothing, and a head."""
    torch.manual_seed(0)
    head = 0.05 * torch.randn(1024, 7), torch.randn(7)
    net = VoiceFront(WhisperFront(2, 60).eval(), 2, head)
    path = tmp_path_factory.mktemp("voice") / "voice.onnx"
    export_voice(net, path)
    return net, onnxruntime.InferenceSession(str(path))


@pytest.mark.parametrize("frames", [100, 41, 2])
def test_the_exported_voice_says_what_torch_says(
    voice: tuple[VoiceFront, onnxruntime.InferenceSession], frames: int
) -> None:
    net, session = voice
    mel = np.random.default_rng(0).normal(size=(1, 80, frames)).astype(np.float32)
    said, states = session.run(["log_probs", "embedding"], {"mel": mel})
    with torch.no_grad():
        wanted, embedding = (x.numpy() for x in net(torch.from_numpy(mel)))
    assert states.shape == embedding.shape == ((frames + 1) // 2, 1024)
    assert said.shape == (len(states), 7)
    assert np.corrcoef(states.ravel(), embedding.ravel())[0, 1] > 0.999
    assert np.abs(states - embedding).max() < 0.06 * np.abs(embedding).max()  # int8
    assert np.abs(said - wanted).max() < 0.06 * np.ptp(wanted)


def test_what_is_read_are_the_last_blocks_side_by_side() -> None:
    front, mel = WhisperFront(3, 60).eval(), torch.randn(1, 80, 30)
    net = VoiceFront(front, 2, (torch.zeros(1024, 7), torch.arange(7.0)))
    with torch.no_grad():
        said, states = net(mel)
        _, second, third = front.every(mel)
    torch.testing.assert_close(states, torch.cat([second, third], 2)[0])
    torch.testing.assert_close(said, torch.arange(7.0).expand(15, 7))


def test_a_stretch_is_heard_alike_whatever_was_heard_before(
    voice: tuple[VoiceFront, onnxruntime.InferenceSession],
) -> None:
    """Activations take their scale from the stretch, and from nothing else."""
    _, session = voice
    draw = np.random.default_rng(1)
    quiet, loud = (draw.normal(0, s, (1, 80, 60)).astype(np.float32) for s in (0.1, 10))
    (first,) = session.run(["embedding"], {"mel": quiet})
    session.run(["embedding"], {"mel": loud})
    (again,) = session.run(["embedding"], {"mel": quiet})
    np.testing.assert_array_equal(first, again)


def test_products_of_the_blocks_compute_in_int8_and_the_head_does_not(
    voice: tuple[VoiceFront, onnxruntime.InferenceSession], tmp_path: Path
) -> None:
    net, _ = voice
    export_voice(net, tmp_path / "voice.onnx")
    graph = onnx.load(str(tmp_path / "voice.onnx")).graph
    made_by = {name: node for node in graph.node for name in node.output}
    kinds = [node.op_type for node in graph.node]
    assert kinds.count("MatMulInteger") == 2 * 4  # linear layers of a block
    last = made_by["log_probs"]
    while last.op_type in ("Add", "Mul"):
        last = made_by[last.input[0]]
    assert last.op_type in ("MatMul", "Gemm")


FACES = np.random.default_rng(2).integers(0, 255, (9, 48, 48), np.uint8)
PRIOR = np.array([14, 2, 14, 25, 17, 17, 11]) / 100


@pytest.fixture
def face(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    export_face(SmallResNet(width=8).eval(), tmp_path / "face.onnx", FACES, PRIOR)
    return tmp_path / "face.onnx"


def answered(path: Path, faces: np.ndarray = FACES) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(str(path))
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"crops": faces}), strict=True))


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_network_answers_by_a_head_less_a_share_of_its_prior(face: Path, share: float) -> None:
    before = answered(face)
    answer_by(face, "fer2013", PRIOR, share)
    after = answered(face)
    assert list(after) == ["log_probs", "fer2013", "ferplus", "embedding"]
    shifted = before["fer2013"] - share * np.log(PRIOR)
    wanted = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    np.testing.assert_allclose(after["log_probs"], wanted, atol=1e-5)
    np.testing.assert_allclose(np.exp(after["log_probs"]).sum(1), 1, rtol=1e-5)
    for name in ("fer2013", "ferplus", "embedding"):
        np.testing.assert_array_equal(after[name], before[name])


def test_half_of_the_prior_is_taken_out_of_the_face(face: Path) -> None:
    found = answered(face)
    shifted = torch.from_numpy(found["fer2013"] - 0.5 * np.log(PRIOR).astype(np.float32))
    wanted = torch.log_softmax(shifted, 1).numpy()
    np.testing.assert_allclose(found["log_probs"], wanted, atol=1e-5)


def test_a_face_is_answered_alike_in_any_batch(face: Path) -> None:
    whole = answered(face)
    for k in (0, 4):
        for name, rows in answered(face, FACES[k : k + 1]).items():
            np.testing.assert_allclose(rows[0], whole[name][k], atol=1e-5)


def test_answering_anew_leaves_nothing_of_the_old_answer(face: Path) -> None:
    size, nodes = face.stat().st_size, len(onnx.load(str(face)).graph.node)
    answer_by(face, "fer2013", PRIOR)
    answer_by(face, "fer2013", PRIOR)
    assert len(onnx.load(str(face)).graph.node) == nodes
    assert face.stat().st_size == pytest.approx(size, abs=256)
