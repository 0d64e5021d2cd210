"""A copy of a video as H.264 in MP4 with its times and its sound, each picture changed or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.error
import cv2
import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from mien.core.atomic import atomic
from mien.errors import MediaError, OutputError
from mien.media import Media, TrackChoice, open_media
from mien.media.pictures import shrunk
from mien.media.tone import shown
from mien.output.report.video_sound import COPIED, SoundCopy

__all__ = ["Progress", "copy_video"]

_CLOCK = 90_000  # ticks a second of the copy's times
_CHUNK = 0.2  # s of pictures held at a time
_LIMITED, _BT601 = 1, 6  # AVColorRange, AVColorSpace: what COLOR_RGB2YUV_I420 makes

Picture = NDArray[np.uint8]
Progress = Callable[[float, float | None], None]


def copy_video(
    source: Path,
    path: Path,
    draw: Callable[[Picture, float], Picture],
    *,
    max_side: int | None = None,
    keys: int = 250,
    from_zero: bool = False,
    sound: frozenset[str] = COPIED,
    tracks: TrackChoice | None = None,
    progress: Progress | None = None,
) -> None:
    """Write a copy as an MP4 file: H.264 (or MPEG-4), 4:2:0, upright, square pixels.

    Pictures of high dynamic range or wide gamut become ordinary ones; those of another size are
    fitted into the first one's. Pictures keep their times (to 1/90000 s, from the start of the
    file), also at a variable rate. Sound is copied packet for packet where its codec is in `sound`,
    else encoded as AAC. The last row or column of an odd size is cut off. Memory does not grow with
    the length.

    Args:
        source: the video.
        path: the copy.
        draw: (picture (H,W,3) uint8 RGB, its time in s) -> the picture of the copy.
        max_side: larger pictures are made smaller, to this many pixels on the long side.
        keys: a player finds its place anew at least every so many pictures.
        from_zero: show the first picture from 0 s on, since players count from the first picture
            where nothing else begins earlier.
        sound: names of codecs.
        tracks: which of them are copied; all channels of the sound are.
        progress: called with (seconds done, seconds in all or None).

    Raises:
        MediaError: the source cannot be read, or has no moving picture.
        OutputError: the copy cannot be written.
    """
    with open_media(source, chunk=_CHUNK, max_side=max_side, tracks=tracks) as media:
        if media.info.kind != "video":
            raise MediaError(
                f"{source}: has no moving picture to copy; it has sound or a still only"
            )
        pictures = ((draw(picture, time), time) for picture, time in _pictures(media, from_zero))

        def tell(time: float) -> None:
            if progress is not None:
                progress(time, media.info.duration)

        with atomic(path) as part:
            try:
                with (
                    av.open(str(part), "w", format="mp4") as out,
                    SoundCopy(source, out, sound, tracks) as heard,
                ):
                    seen = _copy(pictures, out, heard, keys, tell)
            except av.error.FFmpegError as error:
                advice = "free some space or choose another folder with --out"
                raise OutputError(
                    f"{path}: cannot be written ({error.strerror}); {advice}"
                ) from None
            if not seen:
                raise MediaError(f"{source}: no picture could be decoded, so there is none to copy")


def _pictures(media: Media, from_zero: bool) -> Iterator[tuple[Picture, float]]:
    """All of the first one's size, the frame of reference, and as an ordinary screen shows them."""
    size: tuple[int, int] | None = None
    for chunk in media.chunks():
        for frame, time in zip(chunk.frames, chunk.times.tolist(), strict=True):
            size = size or (frame.shape[1], frame.shape[0])
            picture = shown(shrunk(frame, *size), media.info.transfer, media.info.gamut)
            if from_zero and time > 0:
                yield picture, 0.0
            from_zero = False
            yield picture, time


def _copy(
    pictures: Iterator[tuple[Picture, float]],
    out: OutputContainer,
    sound: SoundCopy,
    keys: int,
    progress: Callable[[float], None],
) -> int:
    """Write all pictures and the sound; gives the number of pictures."""
    video, count = None, 0
    for picture, time in pictures:
        if video is None:
            video, writer = _stream(out, picture, keys), _Steps(out)
            sound.prepare()
        image = _frame(picture, (video.width, video.height))
        image.pts, image.time_base = round(time * _CLOCK), Fraction(1, _CLOCK)
        writer.mux(video.encode(image))
        sound.mux(time)
        count += 1
        progress(time)
    if video is not None:
        writer.mux(video.encode(None))
        sound.mux(float("inf"))
    return count


class _Steps:
    """Gives each picture the time to the one before as its length, which is what the last needs.

    Without it the muxer makes up the length of the last picture.
    """

    def __init__(self, out: OutputContainer) -> None:
        self._out = out
        self._last: int | None = None

    def mux(self, packets: list[av.Packet[VideoStream]]) -> None:
        for packet in packets:
            if self._last is not None and packet.dts is not None:
                packet.duration = packet.dts - self._last
            self._last = packet.dts
            self._out.mux(packet)


def _stream(out: OutputContainer, picture: Picture, keys: int) -> VideoStream:
    h264 = "libx264" in av.codec.codecs_available
    options = {"crf": "20", "preset": "veryfast"} if h264 else {"qscale": "3"}
    options["g"] = str(keys)
    video = out.add_stream("libx264" if h264 else "mpeg4", options=options)
    video.height, video.width = (max(2, side // 2 * 2) for side in picture.shape[:2])
    video.pix_fmt = "yuv420p"
    context = video.codec_context
    context.time_base = Fraction(1, _CLOCK)
    context.color_range, context.colorspace = _LIMITED, _BT601
    return video


def _frame(picture: Picture, size: tuple[int, int]) -> av.VideoFrame:
    """An (H,W,3) RGB picture as 4:2:0 of (width, height), both even."""
    width, height = size
    high, wide = picture.shape[:2]
    if 0 <= high - height < 2 and 0 <= wide - width < 2:
        fitted = np.ascontiguousarray(picture[:height, :width])
    else:  # it is a single pixel
        fitted = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    planes = cv2.cvtColor(fitted, cv2.COLOR_RGB2YUV_I420)
    image = av.VideoFrame.from_ndarray(np.asarray(planes, np.uint8), "yuv420p")
    image.color_range, image.colorspace = _LIMITED, _BT601
    return image
