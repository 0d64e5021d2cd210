"""Damage that knows nothing of the format: cut, flipped, moved, doubled, overwritten."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

__all__ = ["BYTES"]

Damage = Callable[[bytes, Random], bytes]


def _cut_end(data: bytes, draw: Random) -> bytes:
    return data[: max(1, int(len(data) * draw.uniform(0.02, 0.98)))]


def _cut_start(data: bytes, draw: Random) -> bytes:
    return data[int(len(data) * draw.uniform(0.01, 0.9)) :]


def _cut_middle(data: bytes, draw: Random) -> bytes:
    start, size = _stretch(data, draw)
    return data[:start] + data[start + size :]


def _flip_few(data: bytes, draw: Random) -> bytes:
    return _flipped(data, draw, draw.randint(1, 8), len(data))


def _flip_many(data: bytes, draw: Random) -> bytes:
    return _flipped(data, draw, max(10, int(len(data) * draw.uniform(0.001, 0.02))), len(data))


def _flip_head(data: bytes, draw: Random) -> bytes:
    return _flipped(data, draw, draw.randint(1, 16), 600)


def _zeros(data: bytes, draw: Random) -> bytes:
    start, size = _stretch(data, draw)
    return data[:start] + bytes(size) + data[start + size :]


def _noise(data: bytes, draw: Random) -> bytes:
    start, size = _stretch(data, draw)
    return data[:start] + draw.randbytes(size) + data[start + size :]


def _doubled(data: bytes, draw: Random) -> bytes:
    start, size = _stretch(data, draw)
    return data[: start + size] + data[start:]


def _swapped(data: bytes, draw: Random) -> bytes:
    a, b, c, d = sorted(draw.randrange(len(data) + 1) for _ in range(4))
    return data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


def _twice(data: bytes, draw: Random) -> bytes:
    return data + data[draw.randrange(16) :]


def _junk_before(data: bytes, draw: Random) -> bytes:
    return draw.randbytes(draw.randint(1, 2000)) + data


def _shifted(data: bytes, draw: Random) -> bytes:
    at = draw.randrange(len(data))
    return data[:at] + draw.randbytes(draw.randint(1, 3)) + data[at:]


def _as_text(data: bytes, draw: Random) -> bytes:
    """What a transfer as text does to a file."""
    del draw
    return data.replace(b"\n", b"\r\n")


def _flipped(data: bytes, draw: Random, count: int, within: int) -> bytes:
    changed = bytearray(data)
    for _ in range(count):
        changed[draw.randrange(min(within, len(data)))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def _stretch(data: bytes, draw: Random) -> tuple[int, int]:
    start = draw.randrange(len(data))
    return start, max(1, int((len(data) - start) * draw.uniform(0.01, 0.5)))


BYTES: Mapping[str, Damage] = {
    "cut end": _cut_end,
    "cut start": _cut_start,
    "cut middle": _cut_middle,
    "bit flips, few": _flip_few,
    "bit flips, many": _flip_many,
    "bit flips, head": _flip_head,
    "zeroed stretch": _zeros,
    "noise stretch": _noise,
    "stretch doubled": _doubled,
    "stretches swapped": _swapped,
    "file twice": _twice,
    "junk before": _junk_before,
    "bytes put in": _shifted,
    "sent as text": _as_text,
}
"""Kind: (content, source of chance) -> damaged content."""
