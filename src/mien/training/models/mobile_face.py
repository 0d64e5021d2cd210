"""MobileNet v1 for face pictures: grey with two label heads on one embedding, or in colour.

Howard et al. 2017 (arXiv:1704.04861, table 1), without batch norms: they are folded into the
convolutions. The start is HSE's network for age, sex and identity, trained on VGGFace2 (Savchenko
2019, arXiv:1807.07718). `project/weights/convert_pretrained.py` fetches it; with its weights
rounded to int8 it is in the package, where it tells people apart (`mien.faces.people`).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import UsageError
from mien.faces.people.identity import WEIGHTS as IDENTITY_WEIGHTS
from mien.training.models.tensor_file import read_tensors

__all__ = [
    "EMBEDDING",
    "MEAN",
    "SPREAD",
    "MobileFace",
    "MobileNet",
    "MobileNetClassifier",
    "load_face",
    "shipped_weights",
]

EMBEDDING = 1024
_MEANS = (103.939, 116.779, 123.68)  # of blue, green and red, which the network had subtracted
_GREY = (0.114, 0.587, 0.299)  # shares of blue, green and red in grey
MEAN = sum(share * mean for share, mean in zip(_GREY, _MEANS, strict=True))
SPREAD = 64.0
"""Grey levels g go in as (g - MEAN) / SPREAD."""
_CHANNELS = (32, 64, 128, 128, 256, 256, *(512,) * 6, 1024, 1024)
_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)


class _Convolution(nn.Module):
    """A convolution whose zeros stand where TensorFlow's 'SAME' has them, and ReLU6."""

    def __init__(self, inputs: int, outputs: int, side: int, stride: int, groups: int = 1) -> None:
        super().__init__()
        padding = side // 2 if stride == 1 else 0
        self.conv = nn.Conv2d(inputs, outputs, side, stride, padding, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        if self.conv.stride[0] > 1:
            left, right = self._zeros(int(x.shape[3]))
            x = functional.pad(x, (left, right, *self._zeros(int(x.shape[2]))))
        return functional.relu6(self.conv(x))

    def _zeros(self, length: int) -> tuple[int, int]:
        """Before and behind; where they are odd in number there is one more behind."""
        stride, side = self.conv.stride[0], self.conv.kernel_size[0]
        zeros = max(((length - 1) // stride) * stride + side - length, 0)
        return zeros // 2, zeros - zeros // 2


class MobileNet(nn.Module):
    """Pictures (B,channels,S,S), scaled -> embedding (B,1024), the mean over the last map.

    S is free, at least 32: 64 to 128 in training, 224 where the network comes from.

    Args:
        channels: 1 for grey, or 3: blue, green and red.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = _Convolution(channels, _CHANNELS[0], 3, 2)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                _Convolution(inputs, inputs, 3, stride, groups=inputs),
                _Convolution(inputs, outputs, 1, 1),
            )
            for inputs, outputs, stride in zip(_CHANNELS[:-1], _CHANNELS[1:], _STRIDES, strict=True)
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")

    def embed(self, x: Tensor) -> Tensor:
        """(B,1024) the embedding alone."""
        x = self.conv1(x)
        for block in self.blocks:
            x = block(x)
        return x.mean((2, 3))


class MobileFace(MobileNet):
    """Grey pictures (B,1,S,S), scaled -> FER2013 logits (B,7), FER+ logits (B,8), embedding.

    Args:
        classes: outputs of the two heads.
        dropout: on the embedding, before the heads.
    """

    def __init__(self, classes: tuple[int, int] = (7, 8), dropout: float = 0.2) -> None:
        super().__init__(1)
        self.dropout = nn.Dropout(dropout)
        self.heads = nn.ModuleList(nn.Linear(EMBEDDING, count) for count in classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        embedding = self.embed(x)
        hidden = self.dropout(embedding)
        return self.heads[0](hidden), self.heads[1](hidden), embedding


class MobileNetClassifier(MobileNet):
    """Pictures (B,3,S,S), blue first, less their means -> logits (B,classes).

    Args:
        classes: outputs.
        dropout: on the embedding, before the last layer.
    """

    def __init__(self, classes: int, dropout: float = 0.2) -> None:
        super().__init__(3)
        self.dropout, self.classifier = nn.Dropout(dropout), nn.Linear(EMBEDDING, classes)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.classifier(self.dropout(self.embed(x)))
        return logits


def shipped_weights() -> dict[str, Tensor]:
    """The tensors of a `MobileNet` of three channels as they are in the package.

    They were rounded to int8 with a scale for each output channel, an error of at most half a
    254th of the channel's largest weight, which is nothing beside what a training changes.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(IDENTITY_WEIGHTS)).graph
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    weights = {}
    for name, values in arrays.items():
        if name.endswith("_int8"):
            kernel = name.removesuffix("_int8")
            weights[kernel] = values.astype(np.float32) * arrays[f"{kernel}_scale"]
        elif name.endswith(".bias"):
            weights[name] = np.array(values)
    return {name: torch.from_numpy(values) for name, values in weights.items()}


def load_face(path: Path) -> MobileFace:
    """The network with the weights of a file of `convert_pretrained.py`; the heads are fresh.

    The file's first convolution takes blue, green and red less their means; here it is summed to
    take grey. At the edges, where zeros stood for the mean of each colour, they now stand for grey.

    Raises:
        UsageError: the file is missing, damaged or of another network.
    """
    net = MobileFace()
    tensors = read_tensors(path)
    try:
        colours = tensors["conv1.conv.weight"]
        offsets = torch.tensor([MEAN - mean for mean in _MEANS])
        tensors["conv1.conv.bias"] = tensors["conv1.conv.bias"] + torch.einsum(
            "ocij,c->o", colours, offsets
        )
        tensors["conv1.conv.weight"] = colours.sum(1, keepdim=True) * SPREAD
        net.load_state_dict(tensors | {f"heads.{k}": v for k, v in net.heads.state_dict().items()})
    except (KeyError, RuntimeError):
        raise UsageError(
            f"{path}: not the face network; write it anew with "
            "project/weights/convert_pretrained.py"
        ) from None
    return net
