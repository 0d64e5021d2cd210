"""Headers that lie: absurd sizes, rates, durations, channel counts and lengths."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

__all__ = ["HEADERS", "lie"]


@dataclass(frozen=True)
class Field:
    """A number in a header.

    Args:
        about: a name in `HEADERS`.
        mark: bytes before it.
        at: bytes from the start of the mark to the number.
        kind: how it is stored, as for `struct`.
    """

    about: str
    mark: bytes
    at: int
    kind: str


HEADERS = ("picture size", "rate", "duration", "channels", "lengths")
"""What headers lie about."""

_EBML = (
    ("picture size", b"\xb0\x81", "B"),
    ("picture size", b"\xba\x81", "B"),
    ("rate", b"\x2a\xd7\xb1\x83", "BBB"),
    ("rate", b"\x23\xe3\x83\x84", ">I"),
    ("rate", b"\xb5\x88", ">d"),
    ("rate", b"\xb5\x84", ">f"),
    ("duration", b"\x44\x89\x88", ">d"),
    ("duration", b"\xe7\x81", "B"),
    ("duration", b"\xe7\x82", ">H"),
    ("channels", b"\x9f\x81", "B"),
    ("lengths", b"\x1f\x43\xb6\x75", ">Q"),
    ("lengths", b"\x16\x54\xae\x6b", ">I"),
    ("lengths", b"\x18\x53\x80\x67", ">Q"),
)
FIELDS = (
    *(Field("picture size", b"tkhd", at, ">I") for at in (80, 84)),
    *(Field("picture size", mark, 28, ">I") for mark in (b"avc1", b"hvc1", b"av01", b"mp4v")),
    *(Field("picture size", mark, 28, ">I") for mark in (b"jpeg", b"rle ", b"s263", b"apcn")),
    *(Field("picture size", b"strf", at, "<I") for at in (12, 16, 20)),
    *(Field("picture size", b"avih", at, "<I") for at in (40, 44)),
    *(Field("picture size", b"IHDR", at, ">I") for at in (4, 8)),
    *(Field("picture size", b"\xff\xc0", at, ">H") for at in (5, 7)),
    *(Field("picture size", b"GIF89a", at, "<H") for at in (6, 8)),
    *(Field("picture size", b"BM", at, "<i") for at in (18, 22)),
    *(Field("picture size", b"\x9d\x01\x2a", at, "<H") for at in (3, 5)),
    *(Field("picture size", b"DKIF", at, "<H") for at in (12, 14)),
    Field("picture size", b"\x00\x00\x01\xb3", 4, ">I"),
    Field("picture size", b"YUV4MPEG2 W", 11, "3s"),
    Field("picture size", b"width\0", 6, ">d"),
    Field("picture size", b"height\0", 7, ">d"),
    *(Field("rate", b"mvhd", at, ">I") for at in (16, 24)),
    Field("rate", b"mdhd", 16, ">I"),
    Field("rate", b"stts", 16, ">I"),
    Field("rate", b"mp4a", 28, ">I"),
    *(Field("rate", b"fmt ", at, "<I") for at in (12, 16)),
    *(Field("rate", b"strh", at, "<I") for at in (24, 28)),
    Field("rate", b"avih", 8, "<I"),
    Field("rate", b"DKIF", 16, "<I"),
    Field("rate", b"COMM", 16, ">Q"),
    Field("rate", b"desc", 12, ">d"),
    Field("rate", b".snd", 16, ">I"),
    Field("rate", b"OpusHead", 12, "<I"),
    Field("rate", b"\x01vorbis", 12, "<I"),
    Field("rate", b"fLaC", 18, ">I"),
    Field("rate", b"framerate\0", 10, ">d"),
    Field("rate", b"audiosamplerate\0", 16, ">d"),
    *(Field("duration", b"mvhd", at, ">I") for at in (20, 28)),
    Field("duration", b"mdhd", 20, ">I"),
    Field("duration", b"tkhd", 24, ">I"),
    *(Field("duration", b"elst", at, ">I") for at in (12, 16)),
    Field("duration", b"stts", 12, ">I"),
    Field("duration", b"strh", 36, "<I"),
    Field("duration", b"avih", 24, "<I"),
    Field("duration", b"COMM", 10, ">I"),
    Field("duration", b"fLaC", 22, ">I"),
    Field("duration", b"OggS", 6, "<q"),
    Field("duration", b"duration\0", 9, ">d"),
    Field("duration", b"DKIF", 24, "<I"),
    Field("channels", b"mp4a", 20, ">H"),
    Field("channels", b"fmt ", 10, "<H"),
    Field("channels", b"fmt ", 20, "<H"),
    Field("channels", b"COMM", 8, ">H"),
    Field("channels", b"desc", 36, ">I"),
    Field("channels", b".snd", 20, ">I"),
    Field("channels", b"OpusHead", 9, "B"),
    Field("channels", b"\x01vorbis", 11, "B"),
    *(Field("lengths", mark, -4, ">I") for mark in (b"moov", b"trak", b"stbl", b"mdat", b"stsd")),
    *(Field("lengths", mark, 8, ">I") for mark in (b"stsz", b"stco", b"stsc", b"stss", b"stts")),
    Field("lengths", b"stsz", 12, ">I"),
    Field("lengths", b"stco", 12, ">I"),
    Field("lengths", b"RIFF", 4, "<I"),
    *(Field("lengths", mark, 4, "<I") for mark in (b"data", b"fmt ", b"strh", b"strf", b"LIST")),
    *(Field("lengths", mark, 4, ">I") for mark in (b"COMM", b"SSND", b"FORM", b"desc", b"pakt")),
    Field("lengths", b"\xff\xda", 2, ">H"),
    Field("lengths", b"OggS", 26, "B"),
    Field("lengths", b"\x30\x26\xb2\x75", 16, "<Q"),
    Field("lengths", b"\x91\x07\xdc\xb7", 16, "<Q"),
    *(Field(about, mark, len(mark), kind) for about, mark, kind in _EBML),
)
_ODD = (0, 1, 2, 7, 255, 32767, 65535, 65536, 2**24, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1)
_ODD_FLOATS = (0.0, -1.0, 1e-300, 1e300, float("nan"), float("inf"), 1.0, 1e7)


def lie(data: bytes, about: str, draw: Random) -> bytes | None:
    """One or two numbers of a kind made absurd; None where the file has no such."""
    places = list(_places(data, about))
    if not places:
        return None
    changed = bytearray(data)
    for at, kind in draw.sample(places, min(len(places), draw.randint(1, 2))):
        number = _absurd(kind, draw)
        changed[at : at + len(number)] = number
    return _checked(bytes(changed))


def _places(data: bytes, about: str) -> Iterator[tuple[int, str]]:
    for field in FIELDS:
        if field.about != about:
            continue
        found = data.find(field.mark)
        place, size = found + field.at, struct.calcsize(field.kind)
        if found >= 0 and 0 <= place <= len(data) - size:
            yield place, field.kind


def _absurd(kind: str, draw: Random) -> bytes:
    if kind[-1] in "fd":
        value = draw.choice(_ODD_FLOATS)
        return struct.pack(kind, value if kind[-1] == "d" or abs(value) < 1e38 else 0.0)
    if kind == "3s":
        return draw.choice([b"000", b"-10", b"999"])
    size = struct.calcsize(kind)
    value = draw.choice(_ODD) % 2 ** (8 * size)
    return value.to_bytes(size, "little" if kind[0] == "<" else "big")


def _checked(data: bytes) -> bytes:
    """A PNG with the checksum of its header made right, so that the lie is read."""
    at = data.find(b"IHDR")
    if at < 0 or len(data) < at + 21:
        return data
    crc = zlib.crc32(data[at : at + 17]).to_bytes(4, "big")
    return data[: at + 17] + crc + data[at + 21 :]
