"""The orientation that a photograph carries: EXIF 2.3, tag 0x0112."""

from __future__ import annotations

from typing import BinaryIO, Literal

from mien.media.picture import Orientation

__all__ = ["exif_orientation"]

_HEAD = 2**18  # bytes; where the tags of a JPEG, PNG or WebP usually are
_ORIENTATION = 0x0112
_ORIENTATIONS = {
    1: Orientation(0, False),
    2: Orientation(0, True),
    3: Orientation(2, False),
    4: Orientation(2, True),
    5: Orientation(1, True),
    6: Orientation(3, False),
    7: Orientation(3, True),
    8: Orientation(1, False),
}


def exif_orientation(stream: BinaryIO) -> Orientation | None:
    """The orientation in the first EXIF block of a file; None without one. Keeps the position."""
    position = stream.tell()
    stream.seek(0)
    head = stream.read(_HEAD)
    stream.seek(position)
    for mark in (b"Exif\0\0", b"eXIf", b"EXIF"):  # JPEG, PNG, WebP (after which comes a size)
        at = head.find(mark)
        if at >= 0:
            start = at + len(mark) + (4 if mark == b"EXIF" else 0)
            return _ORIENTATIONS.get(_orientation(head[start:]))
    return None


def _orientation(tiff: bytes) -> int:
    """The tag out of the first directory of a TIFF structure; 0 if it is not there."""
    order: Literal["little", "big"] = "little" if tiff[:2] == b"II" else "big"

    def number(at: int, size: int) -> int:
        return int.from_bytes(tiff[at : at + size], order)

    first = number(4, 4)
    for entry in range(min(number(first, 2), 100)):
        at = first + 2 + 12 * entry
        if number(at, 2) == _ORIENTATION:
            return number(at + 8, 2)
    return 0
