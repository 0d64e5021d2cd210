"""MobileNet v1 for grey face pictures, with two label heads on one embedding.

Howard et al. 2017 (arXiv:1704.04861, table 1), without batch norms: they are folded into the
convolutions. The start is HSE's network for age, sex and identity, trained on VGGFace2 (Savchenko
2019, arXiv:1807.07718), which `project/weights/convert_pretrained.py` fetches.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import UsageError
from mien.training.models.tensor_file import read_tensors

__all__ = ["EMBEDDING", "MEAN", "SPREAD", "MobileFace", "load_face"]

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


class MobileFace(nn.Module):
    """Grey pictures (B,1,S,S), scaled -> FER2013 logits (B,7), FER+ logits (B,8), embedding.

    The embedding is the mean over the last map, (B,1024). S is free, at least 32: 96 to 128 in
    training, 224 where the network comes from.

    Args:
        classes: outputs of the two heads.
        dropout: on the embedding, before the heads.
    """

    def __init__(self, classes: tuple[int, int] = (7, 8), dropout: float = 0.2) -> None:
        super().__init__()
        self.conv1 = _Convolution(1, _CHANNELS[0], 3, 2)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                _Convolution(inputs, inputs, 3, stride, groups=inputs),
                _Convolution(inputs, outputs, 1, 1),
            )
            for inputs, outputs, stride in zip(_CHANNELS[:-1], _CHANNELS[1:], _STRIDES, strict=True)
        )
        self.dropout = nn.Dropout(dropout)
        self.heads = nn.ModuleList(nn.Linear(EMBEDDING, count) for count in classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        embedding = self.embed(x)
        hidden = self.dropout(embedding)
        return self.heads[0](hidden), self.heads[1](hidden), embedding

    def embed(self, x: Tensor) -> Tensor:
        """(B,1024) the embedding alone."""
        x = self.conv1(x)
        for block in self.blocks:
            x = block(x)
        return x.mean((2, 3))


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
