"""A copy of the video with boxes, labels and bars drawn in; its sound and times are kept."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import av.error
import cv2
import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from mien.errors import MediaError, OutputError
from mien.labels import EMOTIONS
from mien.media import RATE, open_media
from mien.report.atomic import atomic
from mien.report.palette import rgb
from mien.types import MediaChunk, Person, Prediction, Span
from mien.windows import GRID

__all__ = ["annotate", "write_video"]

_CLOCK = 90_000  # ticks a second of the copy's times
_GAP = 0.6  # s without a sight after which a box is not drawn any more
_FONT = cv2.FONT_HERSHEY_SIMPLEX

Picture = NDArray[np.uint8]


def write_video(p: Prediction, source: Path, path: Path) -> None:
    """Write the annotated copy as H.264 (or MPEG-4) with AAC sound in an MP4 file.

    Raises:
        MediaError: the source has no moving picture.
        OutputError: the file cannot be written.
    """
    with open_media(source) as media:
        if media.info.kind != "video":
            raise MediaError(f"{source}: has no moving picture to annotate; leave out --video")
        with atomic(path) as part:
            try:
                with av.open(str(part), "w", format="mp4") as out:
                    _copy(p, media.chunks(), out, media.info.audio_codec is not None)
            except av.error.FFmpegError as error:
                raise OutputError(f"{path}: cannot be written ({error.strerror})") from None


def _copy(p: Prediction, chunks: Iterator[MediaChunk], out: OutputContainer, sound: bool) -> None:
    name = "libx264" if "libx264" in av.codec.codecs_available else "mpeg4"
    options = {"crf": "21", "preset": "veryfast"} if name == "libx264" else {"qscale": "4"}
    video = cast(VideoStream, out.add_stream(name, rate=30, options=options))
    audio = None
    if sound:
        audio = out.add_stream("aac", rate=RATE, layout="mono")
    for number, chunk in enumerate(chunks):
        if number == 0:
            frame = chunk.frames[0] if chunk.frames else np.zeros((2, 2, 3), np.uint8)
            video.height, video.width = (max(2, side // 2 * 2) for side in frame.shape[:2])
            video.pix_fmt = "yuv420p"
            video.codec_context.time_base = Fraction(1, _CLOCK)
        for picture, time in zip(chunk.frames, chunk.times, strict=True):
            drawn = annotate(picture, p, float(time))
            fitted: NDArray[np.generic] = drawn[: int(video.height), : int(video.width)]
            if fitted.shape[:2] != (video.height, video.width):
                fitted = cv2.resize(drawn, (video.width, video.height))
            image = av.VideoFrame.from_ndarray(np.ascontiguousarray(fitted), "rgb24")
            image.pts, image.time_base = round(float(time) * _CLOCK), Fraction(1, _CLOCK)
            out.mux(video.encode(image))
        if audio is not None and len(chunk.sound):
            piece = av.AudioFrame.from_ndarray(chunk.sound[None], "fltp", "mono")
            piece.sample_rate, piece.time_base = RATE, Fraction(1, RATE)
            piece.pts = round(chunk.sound_start * RATE)
            out.mux(audio.encode(piece))
    out.mux(video.encode(None))
    if audio is not None:
        out.mux(audio.encode(None))


def annotate(picture: Picture, p: Prediction, time: float) -> Picture:
    """Draw what is known at `time` seconds onto a copy of an (H,W,3) RGB picture."""
    drawn = picture.copy()
    unit = max(0.35, min(drawn.shape[:2]) / 720)
    for person in p.people:
        box = box_at(person, time)
        if box is not None:
            window = window_at(person.timeline, time)
            _box(drawn, box, f"{person.id}", None if window is None else window, unit)
    window = window_at(p.timeline, time)
    if window is not None and window.probabilities is not None:
        _panel(drawn, window, unit)
    return drawn


def box_at(person: Person, time: float) -> NDArray[np.float64] | None:
    """Where a face is at `time`, between its two nearest sights; None if it is not in view."""
    times = person.times
    right = int(np.searchsorted(times, time))
    left = max(0, right - 1)
    right = min(right, len(times) - 1)
    if min(abs(times[left] - time), abs(times[right] - time)) > _GAP:
        return None
    if times[right] - times[left] > 2 * _GAP:
        near = left if abs(times[left] - time) < abs(times[right] - time) else right
        return np.asarray(person.boxes[near], np.float64)
    return np.array([np.interp(time, times, column) for column in person.boxes.T])


def window_at(timeline: tuple[Span, ...], time: float) -> Span | None:
    """The window whose middle is nearest to `time`."""
    if not timeline:
        return None
    half = (timeline[0].end - timeline[0].start) / 2
    starts = [span.start for span in timeline]
    at = bisect_right(starts, time - half + GRID / 2) - 1
    return timeline[min(max(at, 0), len(timeline) - 1)]


def _box(
    drawn: Picture, box: NDArray[np.float64], name: str, window: Span | None, unit: float
) -> None:
    colour = rgb(None if window is None else window.label)
    thick = max(1, round(3 * unit))
    x0, y0, x1, y1 = (round(float(v)) for v in box)
    cv2.rectangle(drawn, (x0, y0), (x1, y1), colour, thick, cv2.LINE_AA)
    text = name
    if window is not None and window.label is not None and window.probabilities is not None:
        text = f"{name} {window.label} {window.probabilities[window.label]:.0%}"
    _label(drawn, text, (x0, y0), colour, unit)


def _label(
    drawn: Picture, text: str, corner: tuple[int, int], colour: tuple[int, int, int], unit: float
) -> None:
    """Text on a plate of the label's colour, above a box, kept within the picture."""
    size, thick = 0.8 * unit, max(1, round(1.6 * unit))
    (width, height), base = cv2.getTextSize(text, _FONT, size, thick)
    pad = round(6 * unit)
    x = min(max(0, corner[0]), max(0, drawn.shape[1] - width - 2 * pad))
    y = max(height + base + 2 * pad, corner[1])
    cv2.rectangle(drawn, (x, y - height - base - 2 * pad), (x + width + 2 * pad, y), colour, -1)
    dark = (0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]) > 140
    ink = (20, 20, 20) if dark else (255, 255, 255)
    cv2.putText(drawn, text, (x + pad, y - base - pad), _FONT, size, ink, thick, cv2.LINE_AA)


def _panel(drawn: Picture, window: Span, unit: float) -> None:
    """Bars of the seven probabilities in the lower left corner, on a darkened plate."""
    assert window.probabilities is not None
    row, width, bar = round(24 * unit), round(250 * unit), round(120 * unit)
    pad, top = round(8 * unit), drawn.shape[0] - round(24 * unit) * 7 - 2 * round(8 * unit)
    if top < 0 or width > drawn.shape[1]:
        return
    plate = drawn[top:, :width]
    plate[:] = (plate * 0.35).astype(np.uint8)
    size, thick = 0.55 * unit, max(1, round(1.2 * unit))
    for k, name in enumerate(EMOTIONS.names):
        p, y = window.probabilities[name], top + pad + row * (k + 1) - round(7 * unit)
        ink = (255, 255, 255) if name == window.label else (190, 190, 190)
        cv2.putText(drawn, name, (pad, y), _FONT, size, ink, thick, cv2.LINE_AA)
        left = width - bar - pad
        end = left + max(1, round(bar * p))
        cv2.rectangle(drawn, (left, y - round(12 * unit)), (end, y), rgb(name), -1)
