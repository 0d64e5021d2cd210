"""Perceptual hashes of pictures and sound, so that copies can be found.

Copies that were encoded again, made smaller or louder differ in few bits; other takes in many.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.core.hashes import file_sha256
from mien.errors import MienError
from mien.media import RATE, Media, open_media
from mien.types import MediaChunk

__all__ = [
    "Bits",
    "MediaFingerprint",
    "media_fingerprint",
    "near_pairs",
    "picture_bits",
    "sound_bits",
]

Bits = NDArray[np.bool_]

_LONGEST = 60.0  # s of a file that are looked at; films are told apart by less
_PICTURES, _SIDE = 4, 16
_FRAME, _HOP = 2048, 256  # samples
_BANDS = np.geomspace(200, 4000, 17)  # Hz
_TIMES = 64
_ENDS = 0.005  # share of the energy that lies before the first stretch, and after the last


@dataclass(frozen=True)
class MediaFingerprint:
    """The hashes and the properties of one file.

    Args:
        sha256: of the file; "" where it cannot be opened.
        problem: why nothing of it can be read, or "".
        damage: what of it cannot be read, or "".
        kind: "video", "sound" or "picture"; "" where nothing can be read.
        picture: (256,) bits of a picture, (1024,) of a video; None without.
        sound: (1024,) bits of its sound; None without, or where it is silent.
        silent: no sound at all, or nothing but zeros.
    """

    sha256: str
    problem: str = ""
    damage: str = ""
    kind: str = ""
    picture: Bits | None = None
    sound: Bits | None = None
    silent: bool = True


def media_fingerprint(path: Path) -> MediaFingerprint:
    """Hash a file, and the pictures and the sound of its first minute."""
    try:
        digest = file_sha256(path)
    except FileNotFoundError:
        return MediaFingerprint("", "is not there")
    except OSError as error:
        return MediaFingerprint("", f"cannot be read ({error.strerror})")
    try:
        with open_media(path, fps=2.0, max_side=320) as media:
            parts, whole = _first_minute(media)
            damage = "; ".join(p.message for p in media.problems) if whole else ""
            complete, kind = media.complete, media.info.kind
    except MienError as error:
        return MediaFingerprint(digest, str(error).removeprefix(f"{path}: "))
    frames = [frame for part in parts for frame in part.frames]
    sound = np.concatenate([p.sound for p in parts] or [np.zeros(0, np.float32)])
    if not frames and not len(sound):
        return MediaFingerprint(digest, "nothing in it can be decoded")
    return MediaFingerprint(
        sha256=digest,
        damage="" if complete else damage,
        kind=kind,
        picture=picture_bits(frames[:1] if kind == "picture" else frames) if frames else None,
        sound=sound_bits(sound),
        silent=not bool(np.any(sound)),
    )


def _first_minute(media: Media) -> tuple[list[MediaChunk], bool]:
    """Chunks of the first minute, and whether that was all of the file."""
    parts = []
    for chunk in media.chunks():
        parts.append(chunk)
        if media.seen > _LONGEST:
            return parts, False
    return parts, True


def picture_bits(frames: Sequence[NDArray[np.uint8]]) -> Bits:
    """(256,) difference hash (Krawetz 2013) of one picture (H,W,3), (1024,) of more.

    Of several pictures, four are taken that are spread over the file.
    """
    count = _PICTURES if len(frames) > 1 else 1
    rows = []
    for at in np.linspace(0, len(frames) - 1, count).round().astype(int):
        grey = cv2.cvtColor(frames[at], cv2.COLOR_RGB2GRAY)
        small = cv2.resize(grey, (_SIDE + 1, _SIDE), interpolation=cv2.INTER_AREA).astype(int)
        rows.append((small[:, 1:] > small[:, :-1]).ravel())
    return np.concatenate(rows)


def sound_bits(sound: NDArray[np.float32]) -> Bits | None:
    """(1024,) bits of (N,) float32 at 16 kHz: where each of 16 bands is above its own median.

    The sound from the first to the last half per cent of its energy is cut into 64 stretches, each
    of which reaches half way into its neighbours, so that level, padding and noise change little.
    None for less than 0.3 s of sound.
    """
    count = 1 + (len(sound) - _FRAME) // _HOP
    if count < 1 or not sound.any():
        return None
    rows = np.lib.stride_tricks.sliding_window_view(sound, _FRAME)[::_HOP][:count]
    power = np.abs(np.fft.rfft(rows * np.hanning(_FRAME).astype(np.float32))) ** 2
    edges = (_BANDS * _FRAME / RATE).round().astype(int)
    energy = np.add.reduceat(power, edges, axis=1)[:, :-1].astype(np.float64)
    so_far = np.vstack([np.zeros(energy.shape[1]), energy.cumsum(0)])
    positions, total = np.arange(count + 1), so_far.sum(1)
    first, last = np.interp([_ENDS, 1 - _ENDS], total / max(total[-1], 1e-30), positions)
    if (last - first) * _HOP < 0.3 * RATE:
        return None
    step = (last - first) / _TIMES
    starts = first + step * (np.arange(_TIMES) - 0.5)
    spans = np.clip([starts, starts + 2 * step], 0, count)
    sums = np.stack([np.diff(np.interp(spans, positions, band), axis=0)[0] for band in so_far.T])
    level = sums / np.diff(spans, axis=0)
    return np.asarray(level > np.median(level, axis=1, keepdims=True)).ravel()


def near_pairs(rows: Sequence[Bits], most: int) -> Iterator[tuple[int, int]]:
    """Pairs of indices i < j of rows (K,) that differ in at most `most` bits.

    Rows of nearly one value only (a plain picture) are left out.
    """
    if not rows:
        return
    table = np.asarray(rows, np.float32)
    share, size = table.mean(1), table.shape[1]
    telling = (share > 0.05) & (share < 0.95)
    signs = table * 2 - 1
    for start in range(0, len(table), 1024):
        apart = (size - signs[start : start + 1024] @ signs.T) / 2
        for i, j in zip(*np.nonzero(apart <= most), strict=True):
            first, second = start + int(i), int(j)
            if first < second and telling[first] and telling[second]:
                yield first, second
