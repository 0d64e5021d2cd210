"""Checkpoint -> ONNX file (torch, extra `train`).

Large weights are stored as float16; the face network computes in int8.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.training.models.small_resnet import SmallResNet, centre, normalise
from mien.training.models.whisper_front import WhisperFront

__all__ = [
    "PRIOR",
    "FaceNet",
    "VoiceFront",
    "answer_by",
    "export_face",
    "export_voice",
    "halve",
    "quantise",
    "quiet_quantiser",
]

PRIOR = 0.5
"""Share of the log prior of FER2013 that the face's answers are relieved of."""
_RAREST = 1e-3  # share of a class that no picture showed
_BATCH = 64  # inputs at a time while the ranges of activations are found


class FaceNet(nn.Module):
    """The face network as it is used: uint8 crops in, the logits of both heads out.

    The centre crop and the normalisation are part of the network, so that use cannot differ from
    training.
    """

    def __init__(self, net: SmallResNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, crops: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.net(normalise(centre(crops.unsqueeze(1)).float())))


def export_face(
    net: SmallResNet, path: Path, seen: NDArray[np.uint8], prior: NDArray[np.float64]
) -> None:
    """Write the face network: `crops` (N,48,48) uint8 -> log_probs, fer2013, ferplus, embedding.

    Args:
        net: trained.
        path: of the ONNX file.
        seen: (N,48,48) training pictures, whose activations set the ranges of the int8 steps.
        prior: see `answer_by`.
    """
    names = ["fer2013", "ferplus", "embedding"]
    example = torch.zeros(2, 48, 48, dtype=torch.uint8)
    to_onnx(FaceNet(net).eval(), example, path, "crops", names, {0: "faces"}, half=False)
    quantise(path, "crops", seen)
    answer_by(path, "fer2013", prior)


def answer_by(path: Path, head: str, prior: NDArray[np.float64], share: float = PRIOR) -> None:
    """Let a network answer by one of its heads, a share of the prior of its training taken out.

    `log_probs` becomes the log-softmax of the head's logits less share x log prior (Saerens et al.
    2002, with the share of the correction as a number). What only an older `log_probs` needed goes.

    Args:
        path: of the ONNX file, replaced.
        head: name of an output with logits (N,C).
        prior: (C,) shares of the classes among the training pictures.
        share: 0 leaves the prior in, 1 takes it all out.
    """
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(str(path))
    graph = model.graph
    outputs = [output for output in graph.output if output.name != "log_probs"]
    shift = (share * np.log(np.maximum(prior, _RAREST))).astype(np.float32)
    wanted = {output.name for output in outputs}
    kept = []
    for node in reversed(graph.node):  # in topological order, as ONNX asks for
        if wanted & set(node.output):
            kept.append(node)
            wanted |= set(node.input)
    del graph.node[:], graph.output[:]
    graph.node.extend(reversed(kept))
    weights = [weight for weight in graph.initializer if weight.name in wanted]
    del graph.initializer[:]
    graph.initializer.extend([*weights, numpy_helper.from_array(shift, "prior_shift")])
    graph.node.extend(
        [
            helper.make_node("Sub", [head, "prior_shift"], ["shifted"]),
            helper.make_node("LogSoftmax", ["shifted"], ["log_probs"], axis=1),
        ]
    )
    kind = onnx.TensorProto.FLOAT
    first = helper.make_tensor_value_info("log_probs", kind, ["faces", len(prior)])
    graph.output.extend([first, *outputs])
    onnx.checker.check_model(model)
    partial = path.with_suffix(".part")
    onnx.save(model, str(partial))
    partial.replace(path)


class VoiceFront(nn.Module):
    """Whisper's front as it is used: a log-mel in, what it says in each 20 ms out.

    Args:
        front: the blocks.
        read: so many of the last blocks are read, side by side.
        head: (E,C) weights and (C,) bias on them.
    """

    def __init__(self, front: WhisperFront, read: int, head: tuple[Tensor, Tensor]) -> None:
        super().__init__()
        self.front, self.read = front, read
        self.head = nn.Linear(*head[0].shape)
        self.head.weight.data, self.head.bias.data = head[0].T.contiguous(), head[1]

    def forward(self, mel: Tensor) -> tuple[Tensor, Tensor]:
        embedding = torch.cat(self.front.every(mel)[-self.read :], 2)[0]
        return self.head(embedding), embedding


def export_voice(net: VoiceFront, path: Path) -> None:
    """Write the voice network: `mel` (1,80,T) -> `log_probs` (T/2,C), `embedding` (T/2,E).

    Weights of the blocks' products are int8 with a scale per column, the activations take their
    scale from each stretch (onnxruntime's dynamic quantisation); convolutions and head compute in
    float32.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    example = torch.zeros(1, 80, 100)
    with TemporaryDirectory() as scratch:
        plain = Path(scratch) / "plain.onnx"
        names = ["log_probs", "embedding"]
        to_onnx(net.eval(), example, plain, "mel", names, {2: "frames"}, half=False)
        partial = path.with_suffix(".part")
        with quiet_quantiser():
            quantize_dynamic(
                plain,
                partial,
                op_types_to_quantize=["MatMul"],
                weight_type=QuantType.QInt8,
                per_channel=True,
                reduce_range=True,
                nodes_to_exclude=_nodes_of(plain, "head"),
            )
    halve(partial)
    partial.replace(path)


def _nodes_of(path: Path, part: str) -> list[str]:
    """The nodes with weights of a part of a network, also as the quantiser renames them."""
    import onnx

    nodes = [
        node.name
        for node in onnx.load(str(path)).graph.node
        if any(name.startswith(f"{part}.") for name in node.input)
    ]
    return [*nodes, *(f"{name}_MatMul" for name in nodes)]


@contextmanager
def quiet_quantiser() -> Iterator[None]:
    """Without the advice that onnxruntime's quantiser logs, which is for convolutions on GPUs."""
    logger = logging.getLogger()
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def to_onnx(
    model: nn.Module,
    example: Tensor,
    path: Path,
    name: str,
    outputs: list[str],
    free: dict[int, str],
    half: bool = True,
) -> None:
    """Export one network with one input whose dimensions `free` are dynamic.

    Args:
        model, example: the network and an input of its shape.
        path: of the ONNX file.
        name, outputs: of input and outputs.
        free: {dimension: name} of the input; its first one is also free in the outputs.
        half: store large weights as float16.
    """
    axes = {name: free}
    if 0 in free:
        axes |= {output: {0: free[0]} for output in outputs}
    partial = path.with_suffix(".part")
    with warnings.catch_warnings():
        # The older exporter, announced as such; it writes the plain opset 17 graph wanted here.
        warnings.simplefilter("ignore", DeprecationWarning)
        # Shape checks of torch's own layers, a hint about batches, of which there is one in
        # recurrent networks, and paddings that stay sums; tests compare every export with its
        # network.
        warnings.filterwarnings("ignore", category=torch.jit.TracerWarning)  # type: ignore[attr-defined]
        warnings.filterwarnings("ignore", "Exporting a model to ONNX with a batch_size")
        warnings.filterwarnings("ignore", "Constant folding")
        torch.onnx.export(
            model,
            (example,),
            str(partial),
            input_names=[name],
            output_names=outputs,
            dynamic_axes=axes,
            opset_version=17,
            dynamo=False,
        )
    if half:
        halve(partial)
    partial.replace(path)


def halve(path: Path) -> None:
    """Store large float32 weights as float16, each with a cast back; arithmetic stays float32."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(str(path))
    kept, casts = [], []
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        if weight.data_type != TensorProto.FLOAT or values.size < 256:
            kept.append(weight)
            continue
        stored = numpy_helper.from_array(values.astype("float16"), weight.name + "_half")
        kept.append(stored)
        casts.append(helper.make_node("Cast", [stored.name], [weight.name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def quantise(path: Path, name: str, seen: NDArray[Any]) -> None:
    """Let convolutions and what lies between them compute in int8; the rest stays float32.

    Weights get a scale per output channel and seven of the eight bits: with all eight, sums
    saturate on processors without VNNI, which would answer differently from the others.

    Args:
        path: a float32 network, replaced by the smaller and quicker one.
        name: of its input.
        seen: (N,...) inputs, whose smallest and largest activations become the ranges.
    """
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class Batches(quantization.CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.batches = (seen[k : k + _BATCH] for k in range(0, len(seen), _BATCH))

        def get_next(self) -> dict[str, NDArray[Any]] | None:
            batch = next(self.batches, None)
            return None if batch is None else {name: batch}

    partial = path.with_suffix(".part")
    with TemporaryDirectory() as scratch:
        ready = Path(scratch) / "ready.onnx"
        quant_pre_process(path, ready, skip_symbolic_shape=True)
        quantization.quantize_static(
            ready,
            partial,
            Batches(),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
            reduce_range=True,
            weight_type=quantization.QuantType.QInt8,
            activation_type=quantization.QuantType.QUInt8,
            op_types_to_quantize=["Conv", "Add", "Relu"],
        )
    partial.replace(path)
