"""One live session in a process of its own: messages in on stdin, an answer a line on stdout.

What a stranger sends is decoded here and nowhere else. The process may not write a single byte to
a file, and may not grow beyond its memory. It ends when its input ends, so it never outlives the
server. `live_process` is the other end.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from dataclasses import replace
from typing import BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.errors import MediaError, MienError, UsageError
from mien.inference.bundle import load
from mien.inference.live import Live
from mien.serve.confine import confine
from mien.serve.live_messages import LENGTH, PICTURE, PIXELS, unpack

__all__ = ["decode_picture", "main"]

_FPS = 30.0  # more pictures in a second are passed over
_SIDE = 1280  # px; faces are looked for in no larger a picture
_JPEG = b"\xff\xd8\xff"
_LATEST = 7 * 24 * 3600.0  # s


def main() -> None:
    """Serve one session; the first argument is a JSON object with the options.

    model, device, threads: as for `load`; window, people, fps: as for `mien.Live`;
    memory: bytes the process may grow by.
    """
    answers = _only_for_answers()
    options = json.loads(sys.argv[1])
    try:
        bundle = load(options["model"], options["threads"], options["device"])
        fps = options["fps"] or _FPS
        session = _Session(
            Live(bundle, window=options["window"], people=options["people"], fps=fps)
        )
        confine(options["memory"], file_bytes=0)
        _write_line(answers, {"ready": True})
        _serve(session, sys.stdin.buffer, answers)
    except MienError as error:
        _write_line(answers, {"problem": str(error)})
    except MemoryError:
        _write_line(answers, {"problem": "not enough memory; send smaller pictures"})
    except Exception:
        _write_line(answers, {"failed": traceback.format_exc()})


def decode_picture(message: bytes) -> tuple[NDArray[np.uint8], float]:
    """Decode a JPEG picture.

    Returns:
        (H,W,3) uint8 RGB, at most 1280 px on its long side; the pixels of the picture that was
        sent for one of its pixels.

    Raises:
        MediaError: not a JPEG picture, damaged, or larger than `PIXELS`.
    """
    if not message.startswith(_JPEG):
        raise MediaError("picture: is not a JPEG picture")
    try:
        bgr = cv2.imdecode(np.frombuffer(message, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:  # of OPENCV_IO_MAX_IMAGE_PIXELS, before it makes room, for one
        if error.code == cv2.Error.StsNoMem:
            raise MemoryError from None
        bgr = None
    if bgr is None:
        raise MediaError(f"picture: is damaged, or has more than {PIXELS:,} pixels")
    scale = max(1.0, max(bgr.shape[:2]) / _SIDE)
    if scale > 1:
        size = (max(1, round(bgr.shape[1] / scale)), max(1, round(bgr.shape[0] / scale)))
        bgr = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8), scale


class _Session:
    """`mien.Live`, fed with messages."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._scale = 1.0
        self._picture: float | None = None
        self._sound = 0.0

    def take(self, message: bytes) -> None:
        """Pass on a picture or a piece of sound."""
        kind, time, payload = unpack(message)
        if not 0 <= time <= _LATEST:
            raise UsageError(f"time {time:g} s: must be seconds since the start, up to a week")
        if kind == PICTURE:
            rgb, self._scale = decode_picture(payload)
            self._live.push_frame(rgb, time)
            self._picture = time
            return
        samples = np.frombuffer(payload, "<f4").astype(np.float32)
        if not np.isfinite(samples).all():
            raise MediaError("sound: holds values that are not finite")
        self._live.push_sound(np.clip(samples, -1, 1), time)
        self._sound = time

    def answer(self) -> dict[str, object]:
        """The current answer."""
        span = self._live.latest()
        return {
            "t": self._sound if self._picture is None else self._picture,
            "span": None if span is None else span.to_dict(),
            "people": [
                replace(person, box=person.box * np.float32(self._scale)).to_dict()
                for person in self._live.people().values()
            ],
        }


def _serve(session: _Session, messages: BinaryIO, answers: BinaryIO) -> None:
    while head := messages.read(LENGTH.size):
        (length,) = LENGTH.unpack(head)
        if length:
            session.take(messages.read(length))
        else:
            _write_line(answers, session.answer())


def _write_line(answers: BinaryIO, message: dict[str, object]) -> None:
    answers.write(json.dumps(message, allow_nan=False).encode() + b"\n")
    answers.flush()


def _only_for_answers() -> BinaryIO:
    """Standard output for our messages only: libraries now write to stderr instead."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


if __name__ == "__main__":
    main()
