"""How pictures were prepared for the networks whose public weights are used. No torch here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "BN_INCEPTION",
    "HSE_FACE",
    "IMAGENET",
    "SPORTS_1M",
    "VGGFACE2",
    "VGG_FACE",
    "Preparation",
]

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Preparation:
    """What a network expects of its pictures, besides their size.

    Args:
        mean, std: of each channel on the scale 0..255, in the network's channel order.
        order: of the channels.
    """

    mean: Triple
    std: Triple = (1.0, 1.0, 1.0)
    order: Literal["RGB", "BGR"] = "RGB"


# Parkhi et al. 2015; the mean is stored with the weights (`vgg_face_dag`, "meta").
VGG_FACE = Preparation((129.186279, 104.762382, 93.593964))

# torchvision's mean 0.485, 0.456, 0.406 and deviation 0.229, 0.224, 0.225, times 255.
IMAGENET = Preparation((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))

# Caffe reads with OpenCV, so blue comes first. The original subtracts a mean for each pixel of
# the 16 x 128 x 171 window; here it is the average of these, as worked out in
# github.com/DavideA/c3d-pytorch/issues/1.
SPORTS_1M = Preparation((90.25, 97.66, 101.41), order="BGR")

# As published with the port from Caffe (Cadene, pretrained-models.pytorch).
BN_INCEPTION = Preparation((104.0, 117.0, 128.0), order="BGR")

# Cao et al. 2018, as published with the ports from Caffe (cydonia999/VGGFace2-pytorch).
VGGFACE2 = Preparation((91.4953, 103.8827, 131.0912), order="BGR")

# What HSE's MobileNet had subtracted of blue, green and red (Savchenko 2019).
HSE_FACE = Preparation((103.939, 116.779, 123.68), order="BGR")
