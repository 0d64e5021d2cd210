"""Lists and films that refer to another file or address, which must not be opened."""

from __future__ import annotations

import io
import os
import struct
import wave
from collections.abc import Iterator

import numpy as np

__all__ = ["CANARY", "PORT", "canary", "references"]

CANARY, PORT = "canary.wav", int(os.environ.get("MIEN_ABUSE_PORT", "48571"))
"""What crafted references name: a sound beside them, and a port of this machine. Neither may be
opened: `project/abuse/abuse.py` watches both."""

Files = Iterator[tuple[str, bytes]]


def canary() -> bytes:
    """A second of a tone: where it is read through a reference, there is an answer."""
    made = io.BytesIO()
    with wave.open(made, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16_000)
        tone = 9000 * np.sin(np.arange(16_000) * 0.2)
        out.writeframes(tone.astype("<i2").tobytes())
    return made.getvalue()


def references(folder: str) -> Files:
    """(name, content) of lists and films that name the canary or the port.

    Args:
        folder: where the canary lies.
    """
    for place in (CANARY, f"{folder}/{CANARY}", f"file://{folder}/{CANARY}", _address("x.wav")):
        for name, text in _lists(place):
            yield name, text.encode()
    yield "url.mov", _mov_elsewhere(b"url ", _address("x.mov").encode() + b"\0")
    yield "file.mov", _mov_elsewhere(b"url ", f"file://{folder}/{CANARY}".encode() + b"\0")
    yield "alias.mov", _mov_elsewhere(b"alis", _alias(folder))
    yield "reference.mov", _box(b"moov", _box(b"rmra", _box(b"rmda", _rdrf(folder))))
    yield "rtsp.mov", b"RTSPtextRTSP://127.0.0.1:%d/a\r\n" % PORT
    yield "links.wmv", b"[Reference]\r\nRef1=%s\r\n" % _address("x").encode()
    yield "links.asf", b"ASF 127.0.0.1:%d\r\n" % PORT


def _address(name: str) -> str:
    return f"http://127.0.0.1:{PORT}/{name}"


def _lists(place: str) -> Iterator[tuple[str, str]]:
    hls = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{place}\n#EXT-X-ENDLIST\n"
    key = f'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{place}"\n#EXTINF:2,\n{place}\n'
    yield "list.m3u8", hls
    yield "list.mp4", hls
    yield "list.ts", "\ufeff" + hls
    yield "list.aac", "\n\n  " + hls
    yield "key.mkv", key
    yield "master.avi", f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{place}\n"
    yield "concat.mp4", f"ffconcat version 1.0\nfile '{place}'\nduration 2\n"
    yield "concat.txt", f"file '{place}'\n"
    yield "protocol.mkv", f"concat:{place}|{place}\n"
    yield "subfile.mkv", f"subfile,,start,0,end,0,,:{place}\n"
    yield (
        "session.sdp",
        f"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio {PORT} RTP/AVP 0\n",
    )
    yield "list.pls", f"[playlist]\nFile1={place}\nNumberOfEntries=1\n"
    yield "list.asx", f'<ASX version="3"><Entry><Ref href="{place}"/></Entry></ASX>'
    yield "list.smil", f'<smil><body><video src="{place}"/></body></smil>'
    yield (
        "list.xspf",
        (
            '<?xml version="1.0"?><playlist xmlns="http://xspf.org/ns/0/"><trackList><track>'
            f"<location>{place}</location></track></trackList></playlist>"
        ),
    )
    yield (
        "manifest.mpd",
        (
            '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period>'
            f"<AdaptationSet><Representation><BaseURL>{place}</BaseURL></Representation>"
            "</AdaptationSet></Period></MPD>"
        ),
    )
    yield (
        "entity.mp4",
        (f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "{place}">]><MPD>&b;</MPD>'),
    )
    yield (
        "picture.svg",
        (
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink" '
            f'width="9" height="9"><image x:href="{place}" width="9" height="9"/></svg>'
        ),
    )
    yield "assets.mxf", f"<AssetMap><AssetList><Path>{place}</Path></AssetList></AssetMap>"
    yield "tags.mp4", f";FFMETADATA1\ntitle={place}\n"
    yield "index.vob", f"# VobSub index file, v7\nid: en, index: 0\n# {place}\n"


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def _mov_elsewhere(kind: bytes, place: bytes) -> bytes:
    """A QuickTime sound track whose samples lie in another file."""
    reference = _box(b"dref", bytes(7) + b"\1", _box(kind, bytes(4), place))
    entry = _box(
        b"sowt", bytes(7) + b"\1", bytes(8), struct.pack(">HHHHI", 1, 16, 0, 0, 16000 << 16)
    )
    table = _box(
        b"stbl",
        _box(b"stsd", bytes(7) + b"\1", entry),
        _box(b"stts", struct.pack(">IIII", 0, 1, 16000, 1)),
        _box(b"stsc", struct.pack(">IIIII", 0, 1, 1, 16000, 1)),
        _box(b"stsz", struct.pack(">III", 0, 2, 16000)),
        _box(b"stco", struct.pack(">III", 0, 1, 44)),
    )
    times = struct.pack(">IIIIII", 0, 0, 0, 16000, 16000, 0)
    handler = _box(b"hdlr", bytes(4), b"mhlrsoun", bytes(13))
    media = _box(b"minf", _box(b"smhd", bytes(8)), _box(b"dinf", reference), table)
    track = _box(b"trak", _box(b"mdia", _box(b"mdhd", times), handler, media))
    head = _box(b"mvhd", times[:20], bytes(80))
    return _box(b"ftyp", b"qt  ", bytes(4), b"qt  ") + _box(b"moov", head, track)


def _alias(folder: str) -> bytes:
    """An alias record, version 2, with the path of the canary (tags 2 and 18)."""
    path = f"{folder}/{CANARY}".encode()
    body = bytearray(150)
    body[4:8] = struct.pack(">HH", 150, 2)
    body[50:114] = bytes([len(CANARY)]) + CANARY.encode().ljust(63, b"\0")
    for tag in (2, 18):
        body += struct.pack(">HH", tag, len(path)) + path + bytes(len(path) % 2)
    return bytes(body) + b"\xff\xff\0\0"


def _rdrf(folder: str) -> bytes:
    place = f"file://{folder}/{CANARY}".encode() + b"\0"
    return _box(b"rdrf", bytes(4), b"url ", struct.pack(">I", len(place)), place)
