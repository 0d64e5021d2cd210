"""Checkpoint -> ONNX file (torch, extra `train`).

Large weights are stored as float16; the face network computes in int8.
"""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from mien.labels import EMOTIONS, FERPLUS
from mien.models.committee_net import CommitteeNet
from mien.models.small_resnet import SmallResNet

__all__ = ["FaceNet", "export_face", "export_voice", "halve", "quantise", "sha256"]

_AT_ONCE = 16  # float32 in the widest register (AVX-512)
_BATCH = 64  # inputs at a time while the ranges of activations are found


class FaceNet(nn.Module):
    """The face network as it is used: uint8 crops in, log-probabilities of both heads out.

    The centre crop and the normalisation are part of the network, so that use cannot differ from
    training. `log_probs` is the log of the mean of the two heads' probabilities, FER+'s contempt
    left out and the others scaled to sum to one.
    """

    def __init__(self, net: SmallResNet) -> None:
        super().__init__()
        self.net = net
        self.columns = FERPLUS.columns(EMOTIONS)

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        from mien.recipes.mien.face import centre, normalise

        first, second, embedding = self.net(normalise(centre(crops.unsqueeze(1)).float()))
        own = functional.softmax(first, 1)
        votes = functional.softmax(second[:, self.columns], 1)
        both = torch.stack([own, votes]).mean(0)  # no sum, which `quantise` would make coarse
        # onnxruntime takes up to 16 logarithms at once, and what is left one by one, which may
        # differ in the last bit: with 16 columns, what a face gets does not hang on the others.
        wide = torch.cat([both, both, both], 1)[:, :_AT_ONCE]
        return wide.clamp(min=1e-6).log()[:, : own.shape[1]], first, second, embedding


def export_face(net: SmallResNet, path: Path, seen: NDArray[np.uint8]) -> None:
    """Write the face network: `crops` (N,48,48) uint8 -> log_probs, fer2013, ferplus, embedding.

    Args:
        net: trained.
        path: of the ONNX file.
        seen: (N,48,48) training pictures, whose activations set the ranges of the int8 steps.
    """
    names = ["log_probs", "fer2013", "ferplus", "embedding"]
    example = torch.zeros(2, 48, 48, dtype=torch.uint8)
    to_onnx(FaceNet(net).eval(), example, path, "crops", names, {0: "faces"}, half=False)
    quantise(path, "crops", seen)


def export_voice(net: CommitteeNet, path: Path) -> None:
    """Write the voice network: `functionals` (B,D) float32 -> log_probs (B,7), embedding."""
    example = torch.zeros(2, len(net.mean))
    names = ["log_probs", "embedding"]
    to_onnx(net.eval(), example, path, "functionals", names, {0: "windows"})


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


def sha256(path: Path) -> str:
    """SHA-256 of a file as hexadecimal text."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
