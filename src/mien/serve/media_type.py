"""What kind of file this is, by its first bytes. Nothing is decoded here.

A list of what is let in: names and types that a client gives say nothing. A file that passes may
still be damaged; the worker that decodes it finds that out.
"""

from __future__ import annotations

import re

from mien.errors import MediaError
from mien.media.guard import open_bytes

__all__ = ["HEAD", "media_type"]

HEAD = 4096
"""Bytes that are looked at."""

_ATOMS = b"ftyp|moov|mdat|wide|free|skip|pnot"
_KINDS = (
    (rb"....ftyp(?:M4A |M4B )", "audio/mp4"),
    (rb"....ftyp(?:avif|avis)", "image/avif"),
    (rb"....ftyp(?:heic|heix|mif1|msf1)", "image/heic"),
    (rb"....ftypqt  ", "video/quicktime"),
    (rb"....(?:" + _ATOMS + rb")", "video/mp4"),
    (rb"\x1a\x45\xdf\xa3.{0,64}webm", "video/webm"),
    (rb"\x1a\x45\xdf\xa3", "video/x-matroska"),
    (rb"RIFF....AVI ", "video/x-msvideo"),
    (rb"(?:RIFF|RF64|RIFX)....WAVE", "audio/wav"),
    (rb"RIFF....WEBP", "image/webp"),
    (rb"riff\x2e\x91\xcf\x11", "audio/x-w64"),
    (rb"OggS", "video/ogg"),
    (rb"fLaC", "audio/flac"),
    (rb"ID3", "audio/mpeg"),
    (rb"\xff[\xf0\xf1\xf8\xf9]", "audio/aac"),
    (rb"\xff[\xe2-\xe7\xea-\xef\xf2-\xf7\xfa-\xff]", "audio/mpeg"),
    (rb"FLV\x01", "video/x-flv"),
    (rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    (rb"\.RMF", "application/vnd.rn-realmedia"),
    (rb"\x47.{187}\x47", "video/mp2t"),
    (rb".{4}\x47.{191}\x47", "video/mp2t"),
    (rb"\x00\x00\x01[\xb3\xba]", "video/mpeg"),
    (rb"\x00\x00(?:\x00)?\x01[\x09\x0c\x0e\x25\x26\x27\x40\x42\x46\x67]", "video/h264"),
    (rb"FORM....AIF[FC]", "audio/aiff"),
    (rb"\.snd", "audio/basic"),
    (rb"caff", "audio/x-caf"),
    (rb"#!AMR", "audio/amr"),
    (rb"\x0b\x77", "audio/ac3"),
    (rb"DKIF", "video/x-ivf"),
    (rb"YUV4MPEG2 ", "video/x-yuv4mpeg"),
    (rb"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02", "application/mxf"),
    (rb"\x1f\x07\x00", "video/dv"),
    (rb"nut/multimedia container\x00", "video/x-nut"),
    (rb"\xff\xd8\xff", "image/jpeg"),
    (rb"\x89PNG\r\n\x1a\n", "image/png"),
    (rb"GIF8[79]a", "image/gif"),
    (rb"BM.{4}\x00{4}", "image/bmp"),
    (rb"II\x2a\x00|MM\x00\x2a", "image/tiff"),
)
_PATTERNS = tuple((re.compile(pattern, re.DOTALL), kind) for pattern, kind in _KINDS)


def media_type(head: bytes) -> str:
    """The type of a file from its first bytes (`HEAD` of them, or all).

    Raises:
        MediaError: it is empty, a list that refers to other files, or none of the known types.
    """
    try:
        open_bytes(head)[0].close()
    except MediaError as error:
        raise MediaError(str(error).partition(": ")[2]) from None
    for pattern, kind in _PATTERNS:
        if pattern.match(head):
            return kind
    raise MediaError("is not a video, sound or picture file of a known type")
