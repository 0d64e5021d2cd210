"""Pictures of high dynamic range or wide gamut as an ordinary screen shows them (ITU-R BT.709)."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.types import Gamut, Transfer

__all__ = ["gamut_of", "shown", "transfer_of"]

_TRANSFERS: dict[int, Transfer] = {16: "pq", 18: "hlg"}  # AVColorTransferCharacteristic
_GAMUTS: dict[int, Gamut] = {9: "bt2020", 11: "p3", 12: "p3"}  # AVColorPrimaries
_UNKNOWN = frozenset({0, 2})
_TO_BT709 = {
    "bt2020": [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
    "p3": [[1.2249, -0.2247, 0.0], [-0.0420, 1.0419, 0.0], [-0.0197, -0.0786, 1.0979]],
}
_WHITE = 203.0  # cd/m2 of a white sheet of paper (BT.2408)
_LUMINANCE = {"bt709": (0.2126, 0.7152, 0.0722), "bt2020": (0.2627, 0.6780, 0.0593)}
_KNEE = 0.8  # of that white; what is brighter is brought nearer to it
_GAMMA = 2.4  # BT.1886

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]


def transfer_of(number: int) -> Transfer:
    """FFmpeg's number for how light becomes a signal, as a name."""
    return _TRANSFERS.get(number, "sdr")


def gamut_of(number: int, transfer: Transfer) -> Gamut:
    """FFmpeg's number for the primary colours, as a name; HDR that does not say has BT.2020's."""
    if number in _UNKNOWN and transfer != "sdr":
        return "bt2020"
    return _GAMUTS.get(number, "bt709")


def shown(picture: Picture, transfer: Transfer, gamut: Gamut) -> Picture:
    """An (H,W,3) RGB picture for an ordinary screen.

    What is no brighter than a white sheet stays as bright as it is; lights above that are brought
    together below full white, with their hue.

    Args:
        picture: as decoded.
        transfer: how light became a signal: "pq" (SMPTE ST 2084), "hlg" (BT.2100) or "sdr".
        gamut: the primary colours.
    """
    if transfer == "sdr" and gamut == "bt709":
        return picture
    light = np.asarray(cv2.LUT(picture, _light(transfer)), np.float32)
    if transfer == "hlg":  # the whole system's gamma of a screen of 1000 cd/m2
        weights = np.array([_LUMINANCE["bt709" if gamut == "bt709" else "bt2020"]], np.float32)
        luminance = np.maximum(cv2.transform(light, weights), 1e-6)
        light = light * (np.float32(1000 / _WHITE) * cv2.pow(luminance, 0.2))[..., None]
    if gamut != "bt709":
        light = np.asarray(cv2.transform(light, np.array(_TO_BT709[gamut], np.float32)), np.float32)
    light = np.maximum(light, 0)
    if transfer != "sdr":
        brightest = np.maximum(np.maximum(light[..., 0], light[..., 1]), light[..., 2])
        light = light * _rolled_off(brightest)[..., None]
    return _stored()[(np.minimum(light, 1) * np.float32(65_535)).astype(np.uint16)]


@lru_cache
def _light(transfer: Transfer) -> Floats:
    """(256,) light of each stored value: of the scene for HLG, else of the screen, white is 1."""
    signal = np.arange(256) / 255
    if transfer == "pq":
        m1, m2 = 2610 / 16384, 2523 / 4096 * 128
        c1, c2, c3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
        root = signal ** (1 / m2)
        light = (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1) * 10_000 / _WHITE
    elif transfer == "hlg":
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        light = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    else:
        light = signal**_GAMMA
    return light.astype(np.float32)


@lru_cache
def _stored() -> NDArray[np.uint8]:
    """(65536,) the value that stands for a light of 0..1."""
    return np.rint(np.linspace(0, 1, 65_536) ** (1 / _GAMMA) * 255).astype(np.uint8)


def _rolled_off(peak: Floats) -> Floats:
    """Factors (H,W) that bring the brightest of three channels below 1."""
    room = 1 - _KNEE
    over = np.maximum(peak - _KNEE, 0)
    rolled = np.minimum(peak, _KNEE) + room * (1 - cv2.exp(-over / np.float32(room)))
    return np.asarray(rolled / np.maximum(peak, 1e-6), np.float32)
