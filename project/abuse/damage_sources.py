"""The clips that are damaged: the sample clip in every container and codec that mien claims."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

import mien
from mien.media import open_media

__all__ = ["SOURCES", "Source", "write_sources"]

SECONDS, RATE = 1.5, 12  # of the pictures
_STRICT = {"strict": "-2"}  # lets encoders in that FFmpeg calls experimental
_CIF = {"h263": (176, 144), "rv10": (176, 144)}  # codecs that know few sizes


@dataclass(frozen=True)
class Source:
    """One kind of clip.

    Args:
        suffix: of the file; names the container where `format` does not.
        video, sound: names of FFmpeg's encoders; "" for none.
        pixels: pixel format of the picture.
        rate: samples a second.
        format: FFmpeg's name of the container.
    """

    suffix: str
    video: str = ""
    sound: str = ""
    pixels: str = "yuv420p"
    rate: int = 16_000
    format: str | None = None

    @property
    def name(self) -> str:
        """Of the file: what it holds, and the suffix."""
        return "-".join(filter(None, (self.video, self.sound))) + "." + self.suffix


SOURCES = (
    Source("mp4", "libx264", "aac"),
    Source("mp4", "libx265", "aac"),
    Source("mp4", "libsvtav1", "libopus", rate=48_000),
    Source("mp4", "mpeg4", "libmp3lame"),
    Source("m4v", "libx264", format="mp4"),
    Source("mov", "libx264", "pcm_s16le"),
    Source("mov", "prores_ks", "pcm_s24le", "yuv422p10le"),
    Source("mov", "mjpeg", "alac", "yuvj420p"),
    Source("mov", "qtrle", "adpcm_ima_qt", "rgb24"),
    Source("f4v", "libx264", "aac", format="f4v"),
    Source("3gp", "h263", "libopencore_amrnb", rate=8_000),
    Source("3g2", "mpeg4", "aac"),
    Source("mkv", "libx264", "flac"),
    Source("mkv", "libx265", "ac3", rate=48_000),
    Source("mkv", "ffv1", "pcm_f32le"),
    Source("mkv", "libvpx-vp9", "eac3", rate=48_000),
    Source("mka", "", "vorbis", rate=48_000, format="matroska"),
    Source("webm", "libvpx", "vorbis", rate=48_000),
    Source("webm", "libvpx-vp9", "libopus", rate=48_000),
    Source("webm", "libsvtav1", "libopus", rate=48_000),
    Source("avi", "mpeg4", "libmp3lame"),
    Source("avi", "mjpeg", "pcm_s16le", "yuvj420p"),
    Source("avi", "huffyuv", "adpcm_ms", "yuv422p"),
    Source("avi", "msmpeg4v2", "pcm_u8"),
    Source("flv", "flv", "libmp3lame", rate=22_050),
    Source("flv", "libx264", "aac"),
    Source("wmv", "wmv2", "wmav2", rate=44_100, format="asf"),
    Source("asf", "msmpeg4", "wmav1", rate=44_100),
    Source("wma", "", "wmav2", rate=44_100, format="asf"),
    Source("ts", "libx264", "aac", format="mpegts"),
    Source("m2ts", "libx265", "ac3", rate=48_000, format="mpegts"),
    Source("mts", "mpeg2video", "mp2", format="mpegts"),
    Source("mpg", "mpeg1video", "mp2", rate=44_100, format="mpeg"),
    Source("vob", "mpeg2video", "ac3", rate=48_000, format="vob"),
    Source("mxf", "mpeg2video", "pcm_s16le", rate=48_000),
    Source("ogv", "libvpx", "vorbis", rate=48_000, format="ogg"),
    Source("nut", "mpeg4", "libmp3lame"),
    Source("ivf", "libvpx"),
    Source("h264", "libx264", format="h264"),
    Source("y4m", "wrapped_avframe", format="yuv4mpegpipe"),
    Source("wav", "", "pcm_s16le"),
    Source("wav", "", "pcm_f32le"),
    Source("wav", "", "pcm_u8"),
    Source("wav", "", "adpcm_ms"),
    Source("w64", "", "pcm_s16le"),
    Source("aiff", "", "pcm_s16be"),
    Source("aif", "", "pcm_f64be", format="aiff"),
    Source("au", "", "pcm_mulaw"),
    Source("caf", "", "pcm_f32le"),
    Source("flac", "", "flac"),
    Source("mp3", "", "libmp3lame"),
    Source("m4a", "", "aac", format="ipod"),
    Source("m4a", "", "alac", format="ipod"),
    Source("aac", "", "aac", format="adts"),
    Source("ac3", "", "ac3", rate=48_000),
    Source("amr", "", "libopencore_amrnb", rate=8_000),
    Source("ogg", "", "vorbis", rate=48_000),
    Source("oga", "", "flac", format="ogg"),
    Source("opus", "", "libopus", rate=48_000, format="ogg"),
    Source("jpg", "mjpeg", "", "yuvj420p", format="image2pipe"),
    Source("png", "png", "", "rgb24", format="image2pipe"),
    Source("bmp", "bmp", "", "bgr24", format="image2pipe"),
    Source("tiff", "tiff", "", "rgb24", format="image2pipe"),
    Source("gif", "gif", "", "rgb8"),
    Source("webp", "libwebp", "", format="image2pipe"),
)
"""Every suffix of `SUFFIXES` in wide use, still pictures, and what else the service
lets in."""

_STILL = frozenset(("jpg", "png", "bmp", "tiff", "webp"))


def write_sources(folder: Path) -> list[Path]:
    """Write each of `SOURCES`; what is there already is left. A second and a half each."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures, sound = _sample()
    made = []
    for source in SOURCES:
        path = folder / source.name
        if not path.exists():
            partial = path.with_name(f"{path.name}.part")
            _write(source, partial, pictures, sound)
            partial.rename(path)
        made.append(path)
    return made


def _sample() -> tuple[list[NDArray[np.uint8]], NDArray[np.float32]]:
    """Pictures (144,192,3) RGB and sound (N,) at 16 kHz from the middle of the sample clip."""
    with open_media(mien.sample(), fps=RATE) as media:
        chunks = list(media.chunks())
    count = round(SECONDS * RATE)
    frames = [frame for chunk in chunks for frame in chunk.frames][:count]
    pictures = [cv2.resize(f, (192, 144), interpolation=cv2.INTER_AREA) for f in frames]
    sound = np.concatenate([chunk.sound for chunk in chunks])
    return pictures, sound[16_000 : 16_000 + round(SECONDS * 16_000)]


def _write(
    source: Source, path: Path, pictures: list[NDArray[np.uint8]], sound: NDArray[np.float32]
) -> None:
    options = {"movflags": "faststart"} if source.suffix == "f4v" else {}
    name = source.format or {"mkv": "matroska"}.get(source.suffix, source.suffix)
    with av.open(str(path), "w", format=name, options=options) as out:
        video = _video(out, source) if source.video else None
        audio = _sound(out, source) if source.sound else None
        shown = pictures[:1] if source.suffix in _STILL else pictures
        if video is not None:
            for packet in _pictures(video, shown, source.pixels):
                out.mux(packet)
        if audio is not None:
            for packet in _samples(audio, sound, source.rate):
                out.mux(packet)


def _video(out, source: Source):  # type: ignore[no-untyped-def]
    quiet = {"libx265": {"x265-params": "log-level=none:pools=1"}, "libsvtav1": {"preset": "12"}}
    rate = 25 if source.suffix in ("mpg", "vob", "mxf", "mts") else RATE
    stream = out.add_stream(
        source.video, rate=rate, options={**_STRICT, **quiet.get(source.video, {})}
    )
    stream.width, stream.height = _CIF.get(source.video, (192, 144))
    stream.pix_fmt = source.pixels
    stream.codec_context.gop_size = 6
    return stream


def _pictures(stream, pictures, pixels: str) -> Iterator[av.Packet]:  # type: ignore[no-untyped-def]
    for number, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, "rgb24")
        frame = frame.reformat(stream.width, stream.height, pixels)
        frame.pts, frame.time_base = number, 1 / Fraction(stream.codec_context.framerate)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _sound(out, source: Source):  # type: ignore[no-untyped-def]
    layout = "stereo" if source.sound == "vorbis" else "mono"  # all that FFmpeg's own one knows
    stream = out.add_stream(source.sound, rate=source.rate, layout=layout, options=_STRICT)
    if source.sound.startswith("wma"):
        stream.bit_rate = 64_000
    return stream


def _samples(stream, sound: NDArray[np.float32], rate: int) -> Iterator[av.Packet]:  # type: ignore[no-untyped-def]
    size = stream.codec_context.frame_size or 1024
    wanted = stream.codec_context.format.name
    layout = stream.codec_context.layout
    resampler = av.AudioResampler(wanted, layout, rate, frame_size=size)
    frame = av.AudioFrame.from_ndarray(sound[None], "fltp", "mono")
    frame.sample_rate, frame.pts, frame.time_base = 16_000, 0, Fraction(1, 16_000)
    for given in (frame, None):
        for piece in resampler.resample(given):
            yield from stream.encode(piece)
    yield from stream.encode(None)
