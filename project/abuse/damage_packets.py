"""Damage between the packets: a clip is written anew with them moved, changed or mistimed."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from random import Random

import av
import av.error

__all__ = ["PACKETS", "TAGS", "remuxed", "tagged"]

_ERRORS = (av.error.FFmpegError, OSError, ValueError, OverflowError)
_HOUR = 3600


@dataclass(frozen=True)
class Piece:
    """One packet: its stream, content, and times in units of the stream's time base."""

    stream: int
    data: bytes
    pts: int | None
    dts: int | None
    key: bool
    second: int
    """Units of time in a second."""


Change = Callable[[list[Piece], Random], list[Piece]]


def _swap(pieces: list[Piece], draw: Random) -> list[Piece]:
    """Contents of neighbours change places; their times stay."""
    for _ in range(max(1, len(pieces) // 4)):
        a = draw.randrange(len(pieces))
        b = min(len(pieces) - 1, a + draw.randint(1, 3))
        one, two = pieces[a], pieces[b]
        pieces[a], pieces[b] = replace(one, data=two.data), replace(two, data=one.data)
    return pieces


def _drop(pieces: list[Piece], draw: Random) -> list[Piece]:
    return [piece for piece in pieces if draw.random() < 0.6]


def _drop_key(pieces: list[Piece], draw: Random) -> list[Piece]:
    del draw
    return [piece for piece in pieces if not piece.key] or pieces[1:]


def _double(pieces: list[Piece], draw: Random) -> list[Piece]:
    return [piece for piece in pieces for _ in range(draw.choice((1, 1, 2, 3)))]


def _empty(pieces: list[Piece], draw: Random) -> list[Piece]:
    return [replace(p, data=b"") if draw.random() < 0.4 else p for p in pieces]


def _short(pieces: list[Piece], draw: Random) -> list[Piece]:
    return [replace(p, data=p.data[: draw.randrange(len(p.data) + 1)]) for p in pieces]


def _flip(pieces: list[Piece], draw: Random) -> list[Piece]:
    return [replace(p, data=_flipped(p.data, draw)) for p in pieces]


def _untimed(pieces: list[Piece], draw: Random) -> list[Piece]:
    return [replace(p, pts=None, dts=None) if draw.random() < 0.7 else p for p in pieces]


def _at_once(pieces: list[Piece], draw: Random) -> list[Piece]:
    del draw
    return [replace(p, pts=0, dts=0) for p in pieces]


def _far_apart(pieces: list[Piece], draw: Random) -> list[Piece]:
    """Each packet up to an hour after the one before."""
    step = draw.choice((9, 60, _HOUR - 1, _HOUR + 1, 10 * _HOUR))
    return [_later(p, n * step * p.second) for n, p in enumerate(pieces)]


def _jump(pieces: list[Piece], draw: Random) -> list[Piece]:
    at, far = draw.randrange(len(pieces)), draw.choice((20, 3000, 10**6, 2**40))
    return [_later(p, far * p.second if n >= at else 0) for n, p in enumerate(pieces)]


def _back(pieces: list[Piece], draw: Random) -> list[Piece]:
    del draw
    last = max((p.pts or 0) for p in pieces)
    return [replace(p, pts=last - (p.pts or 0), dts=None) for p in pieces]


def _before_zero(pieces: list[Piece], draw: Random) -> list[Piece]:
    far = draw.choice((1, 100, _HOUR, 2**33))
    return [_later(p, -far * p.second) for p in pieces]


def _later(piece: Piece, by: int) -> Piece:
    move = lambda time: None if time is None else max(-(2**62), min(2**62, time + by))  # noqa: E731
    return replace(piece, pts=move(piece.pts), dts=move(piece.dts))


def _flipped(data: bytes, draw: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(min(len(data), 3)):
        changed[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return bytes(changed)


PACKETS: Mapping[str, Change] = {
    "packets swapped": _swap,
    "packets dropped": _drop,
    "key packets dropped": _drop_key,
    "packets doubled": _double,
    "packets emptied": _empty,
    "packets cut": _short,
    "packets flipped": _flip,
    "times missing": _untimed,
    "times all zero": _at_once,
    "times far apart": _far_apart,
    "times jump": _jump,
    "times backwards": _back,
    "times below zero": _before_zero,
}
"""Kind: (packets, source of chance) -> packets."""

_LONG = "x" * 300_000
TAGS: Mapping[str, Mapping[str, str]] = {
    "huge tags": {"title": _LONG, "comment": _LONG, "a" * 1000: "b"},
    "control characters in tags": {
        "title": "\x1b[2J\x1b]0;owned\x07\x9b31m\r\n\0\x08",
        "artist": "‮txt.4pm",
        "\x1b[31mkey": "%s%n{0}",
    },
    "tags like paths": {
        "title": "../../../../etc/passwd",
        "filename": "/dev/stdin",
        "comment": "file:///etc/passwd http://127.0.0.1:48571/tag concat:/etc/passwd",
        "major_brand": "avif",
        "rotate": "1e99",
    },
    "many tags": {f"key{n}": f"<script>alert({n})</script>" for n in range(3000)},
}
"""Kind: tags."""


def remuxed(data: bytes, kind: str, draw: Random) -> bytes | None:
    """The clip with its packets changed; None where it cannot be written at all."""
    return _written(data, lambda pieces: PACKETS[kind](pieces, draw), {})


def tagged(data: bytes, kind: str) -> bytes | None:
    """The clip with hostile tags; None where it cannot be written at all."""
    return _written(data, lambda pieces: pieces, TAGS[kind])


def _written(
    data: bytes, change: Callable[[list[Piece]], Sequence[Piece]], tags: Mapping[str, str]
) -> bytes | None:
    made = io.BytesIO()
    with suppress(*_ERRORS), av.open(io.BytesIO(data)) as source:
        pieces = [_piece(packet) for packet in source.demux() if packet.size]
        name = _FORMATS.get(source.format.name, source.format.name.split(",")[0])
        if not pieces or name == "nut":  # whose writer ends the process for times out of order
            return None
        with suppress(*_ERRORS), av.open(made, "w", format=name) as out:
            out.metadata.update(tags)
            outs = [out.add_stream_from_template(stream, opaque=True) for stream in source.streams]
            bases = [stream.time_base for stream in source.streams]
            for piece in change(pieces):
                with suppress(*_ERRORS):  # the next one may go in
                    out.mux(_packet(piece, outs[piece.stream], bases[piece.stream]))
    return made.getvalue() or None


_FORMATS = {"mov,mp4,m4a,3gp,3g2,mj2": "mov", "matroska,webm": "matroska", "aac": "adts"}


def _piece(packet: av.Packet) -> Piece:
    second = round(1 / packet.time_base) if packet.time_base else 1000
    number = packet.stream.index
    return Piece(number, bytes(packet), packet.pts, packet.dts, packet.is_keyframe, second)


def _packet(piece: Piece, stream, base) -> av.Packet:  # type: ignore[no-untyped-def]
    packet = av.Packet(piece.data)
    packet.stream, packet.time_base = stream, base
    packet.pts, packet.dts, packet.is_keyframe = piece.pts, piece.dts, piece.key
    return packet
