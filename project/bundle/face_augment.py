"""What the face encoder's training does to its pictures: what a detector's crops are like.

FER2013 shows faces in the middle, sharp and lit. A detector's crop of a film is shifted, turned,
small, compressed, dark, or partly covered.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["FaceAugment", "augment"]


@dataclass(frozen=True)
class FaceAugment:
    """How much of what; probabilities are of a picture.

    Args:
        rotation: at most so many degrees either way.
        scale: least and greatest zoom out.
        shift: at most such a part of half the side, each way.
        erase: probability of a covered rectangle of 6 to 19 px.
        blur: probability of a picture of 18 to 43 px, brought up again.
        jpeg: probability of JPEG at a quality of 10 to 60.
        dark: probability of a tenth to half of the light, with a camera's noise.
        cover: probability that a third or so of the face is hidden from one side.
        aspect: a face gets at most such a part wider than high, or higher than wide.
    """

    rotation: float = 12.0
    scale: tuple[float, float] = (0.8, 1.2)
    shift: float = 0.15
    erase: float = 0.3
    blur: float = 0.25
    jpeg: float = 0.0
    dark: float = 0.0
    cover: float = 0.0
    aspect: float = 0.0


def augment(pictures: Tensor, size: int, amounts: FaceAugment) -> Tensor:
    """Random flip, rotation, scale, shift, low resolution, light, JPEG and covers.

    Args:
        pictures: (B,1,H,W) float, 0..255.
        size: side of what comes out.

    Returns:
        (B,1,size,size) float, about 0..255.
    """
    result = _cut(pictures, size, amounts)
    blurred = torch.rand(len(result)) < amounts.blur
    if blurred.any():
        small = int(torch.randint(18, size, (1,)))
        low_resolution = functional.interpolate(
            result[blurred], size=(small, small), mode="bilinear", antialias=True
        )
        result[blurred] = functional.interpolate(low_resolution, size=(size, size), mode="bilinear")
    count = len(result)
    gamma = torch.exp((torch.rand(count, 1, 1, 1) * 2 - 1) * 0.4)
    result = 255 * (result.clamp(0, 255) / 255) ** gamma
    result = _darken(result, amounts.dark)
    result = result + torch.randn(count, 1, 1, 1) * 8 + torch.randn_like(result) * 4
    _compress(result, amounts.jpeg)
    _erase(result, amounts.erase)
    _cover(result, amounts.cover)
    return result


def _cut(pictures: Tensor, size: int, amounts: FaceAugment) -> Tensor:
    """Turned, zoomed, shifted and mirrored by chance; black where the picture ends."""
    count = len(pictures)
    angle = torch.deg2rad((torch.rand(count) * 2 - 1) * amounts.rotation)
    low, high = amounts.scale
    zoom = (low + (high - low) * torch.rand(count)) * 44 / 48  # see `face.centre`
    flip = torch.where(torch.rand(count) < 0.5, -1.0, 1.0)
    shift = (torch.rand(count, 2) * 2 - 1) * amounts.shift
    cos, sin = torch.cos(angle) * zoom, torch.sin(angle) * zoom
    rows = torch.stack(
        [
            torch.stack([cos * flip, -sin, shift[:, 0]], 1),
            torch.stack([sin * flip, cos, shift[:, 1]], 1),
        ],
        1,
    )
    if amounts.aspect:
        wider = torch.exp((torch.rand(count) - 0.5) * amounts.aspect)
        rows[:, :, :2] *= torch.stack([1 / wider, wider], 1)[:, :, None]
    grid = functional.affine_grid(rows, [count, 1, size, size], align_corners=False)
    return functional.grid_sample(
        pictures, grid, mode="bilinear", padding_mode="zeros", align_corners=False
    )


def _darken(pictures: Tensor, share: float) -> Tensor:
    """Little light: a tenth to a half of the values, shot noise, and whole numbers only."""
    chosen = torch.rand(len(pictures), 1, 1, 1) < share
    if not chosen.any():
        return pictures
    light = torch.exp(torch.empty(len(pictures), 1, 1, 1).uniform_(-2.3, -0.7))
    dark = pictures * light
    dark = (dark + torch.randn_like(dark) * (0.2 * dark.clamp(min=0)).sqrt()).round()
    return torch.where(chosen, dark, pictures)


def _compress(pictures: Tensor, share: float) -> None:
    """JPEG of low quality, in place."""
    for i in torch.nonzero(torch.rand(len(pictures)) < share)[:, 0].tolist():
        plain = pictures[i, 0].clamp(0, 255).byte().numpy()
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(torch.randint(10, 61, (1,)))]
        decoded = cv2.imdecode(cv2.imencode(".jpg", plain, quality)[1], cv2.IMREAD_GRAYSCALE)
        pictures[i, 0] = torch.from_numpy(np.asarray(decoded, np.float32))


def _erase(pictures: Tensor, share: float) -> None:
    """A rectangle of one grey, in place (Zhong et al. 2020, random erasing)."""
    size = pictures.shape[-1]
    for i in torch.nonzero(torch.rand(len(pictures)) < share)[:, 0].tolist():
        high, wide = (int(v) for v in torch.randint(6, 20, (2,)))
        top, left = (int(v) for v in torch.randint(0, size - 6, (2,)))
        pictures[i, 0, top : top + high, left : left + wide] = float(torch.rand(1) * 255)


def _cover(pictures: Tensor, share: float) -> None:
    """A hand, a scarf, the edge of the frame: one side hidden up to four tenths, in place."""
    size = pictures.shape[-1]
    for i in torch.nonzero(torch.rand(len(pictures)) < share)[:, 0].tolist():
        turns = int(torch.randint(0, 4, (1,)))
        turned = torch.rot90(pictures[i, 0], turns)
        deep = int(torch.randint(size // 6, int(size * 0.4) + 1, (1,)))
        turned[:deep] = float(torch.rand(1) * 255) + torch.randn(deep, size) * 6
        pictures[i, 0] = torch.rot90(turned, -turns)
