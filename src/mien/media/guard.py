"""What may be opened: local files and bytes that hold media, not lists of other files."""

from __future__ import annotations

import errno
import io
from typing import BinaryIO

from mien.core.sources import Source, opened
from mien.errors import MediaError

__all__ = ["ALLOWED", "REFERRING", "AnonymousStream", "is_short", "open_bytes"]

REFERRING = frozenset(
    {
        *("applehttp", "concat", "concatf", "dash", "ffmetadata", "hls", "imf"),
        *("rtp", "rtsp", "sap", "sdp", "tee", "webm_dash_manifest"),
    }
)
"""FFmpeg's readers for files that only name other files or addresses."""

ALLOWED = {"protocol_whitelist": "none", "enable_drefs": "0"}
"""Options that keep FFmpeg from opening anything but the stream it is given, files included."""

_MARKS = {
    b"#EXTM3U": "an M3U playlist",
    b"ffconcat": "an ffconcat list",
    b"[playlist]": "a PLS playlist",
    b"[Reference]": "a reference list",
    b"<MPD": "a DASH manifest",
    b"<ASX": "an ASX playlist",
    b"<asx": "an ASX playlist",
    b"<smil": "a SMIL list",
    b"<AssetMap": "an IMF package",
    b"v=0": "an SDP description",
}


class AnonymousStream:
    """A stream without its name, so that FFmpeg can go by the content only.

    A name such as `http:x.mp4`, `concat:a` or `100%d.jpg` means something to FFmpeg.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.read, self.tell, self._seek = stream.read, stream.tell, stream.seek

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As of a file; an impossible position gives an error code: PyAV would print a trace."""
        try:
            return self._seek(offset, whence)
        except (OSError, ValueError):
            return -errno.EINVAL


def open_bytes(source: Source) -> tuple[BinaryIO, str]:
    """Open a regular local file, bytes or a file object, and refuse what refers to other files.

    Returns:
        the stream, at its start, and a name for messages.

    Raises:
        MediaError: not there, not a file, not readable, empty, or a list of other files.
        UsageError: see `mien.core.sources.lent`.
    """
    stream, name = opened(source)
    try:
        head = stream.read(4096)
        stream.seek(0)
        _refuse(head, name)
    except OSError as error:
        stream.close()
        raise MediaError(f"{name}: cannot be read ({error.strerror})") from None
    except MediaError:
        stream.close()
        raise
    return stream, name


def is_short(stream: BinaryIO) -> bool:
    """Whether a RIFF file (wav, avi) is smaller than its header says; keeps the position.

    FFmpeg trusts the size of the file. Sizes near 2 GB and above are written by programs that
    do not know the size beforehand.
    """
    position = stream.tell()
    stream.seek(0)
    head = stream.read(12)
    size = stream.seek(0, io.SEEK_END)
    stream.seek(position)
    promised = int.from_bytes(head[4:8], "little") + 8
    return head[:4] == b"RIFF" and size + 1 < promised < 2**31 - 2**20


def _refuse(head: bytes, name: str) -> None:
    if not head:
        raise MediaError(f"{name}: the file is empty")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for mark, kind in _MARKS.items():
        if text.startswith(mark) or (mark.startswith(b"<") and text[:1] == b"<" and mark in text):
            raise MediaError(f"{name}: is {kind}, which refers to other files; give those instead")
