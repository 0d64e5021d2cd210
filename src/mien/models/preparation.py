"""How pictures were prepared for the networks whose public weights are used. No torch here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["BN_INCEPTION", "CIFAR", "IMAGENET", "SPORTS_1M", "VGG_FACE", "Preparation"]

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Preparation:
    """What a network expects of its pictures.

    Args:
        size: height and width in pixels.
        mean, std: of each channel on the scale 0..255, in the network's channel order.
        order: of the channels.
    """

    size: int
    mean: Triple
    std: Triple = (1.0, 1.0, 1.0)
    order: Literal["RGB", "BGR"] = "RGB"

    def apply(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """RGB pictures (...,H,W,3), 0..255, of any size -> normalised (...,3,H,W).

        For C3D, which takes (B,3,T,H,W), exchange the first two axes of a window afterwards.
        """
        ordered = pictures if self.order == "RGB" else pictures[..., ::-1]
        mean, std = np.asarray(self.mean, np.float32), np.asarray(self.std, np.float32)
        return np.ascontiguousarray(np.moveaxis((ordered - mean) / std, -1, -3))


# Parkhi et al. 2015; the mean is stored with the weights (`vgg_face_dag`, "meta").
VGG_FACE = Preparation(224, (129.186279, 104.762382, 93.593964))

# torchvision's mean 0.485, 0.456, 0.406 and deviation 0.229, 0.224, 0.225, times 255.
IMAGENET = Preparation(224, (123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
CIFAR = Preparation(32, IMAGENET.mean, IMAGENET.std)

# Caffe reads with OpenCV, so blue comes first. The original subtracts a mean for each pixel of
# the 16 x 128 x 171 window; here it is the average of these, as worked out in
# github.com/DavideA/c3d-pytorch/issues/1.
SPORTS_1M = Preparation(112, (90.25, 97.66, 101.41), order="BGR")

# As published with the port from Caffe (Cadene, pretrained-models.pytorch).
BN_INCEPTION = Preparation(224, (104.0, 117.0, 128.0), order="BGR")
