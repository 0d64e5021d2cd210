"""Files made up on purpose: other things under a clip's name, odd samples, bombs."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from fractions import Fraction

import av
import numpy as np

__all__ = ["bombs", "disguised", "odd_samples"]

Files = Iterator[tuple[str, bytes]]


def disguised(clips: Mapping[str, bytes]) -> Files:
    """Other things with the suffix of a clip, and clips of one kind with that of another.

    Args:
        clips: {name: content} of real ones.
    """
    inner = clips["libx264-aac.mp4"]
    for suffix in ("mp4", "wav", "mkv", "mp3"):
        yield f"zip.{suffix}", _zip(inner)
        yield f"gzip.{suffix}", gzip.compress(inner, mtime=0)
        yield f"tar.{suffix}", _tar(inner)
        yield f"elf.{suffix}", b"\x7fELF\x02\x01\x01" + bytes(500)
        yield f"pdf.{suffix}", b"%PDF-1.7\n1 0 obj\n<</OpenAction<</S/JavaScript>>>>\nendobj\n"
        yield f"pickle.{suffix}", b"cos\nsystem\n(S'touch /tmp/mien-abused'\ntR."
        yield f"script.{suffix}", b"#!/bin/sh\ntouch /tmp/mien-abused\n"
        yield f"page.{suffix}", b"<!doctype html><script>alert(1)</script>" * 30
        yield f"table.{suffix}", b"SQLite format 3\0" + bytes(600)
        yield f"text.{suffix}", b"no film, only words\n" * 50
        yield f"zeros.{suffix}", bytes(50_000)
        yield f"one.{suffix}", b"\0"
        yield f"none.{suffix}", b""
    names = sorted(clips)
    for number, name in enumerate(names):  # everything under a wrong name
        other = names[(number * 7 + 3) % len(names)].rpartition(".")[2]
        yield f"{name}.{other}", clips[name]
    for picture in ("mjpeg.jpg", "png.png", "gif.gif", "bmp.bmp"):
        yield f"{picture}-and-film.mp4", clips[picture] + inner
        yield f"film-and-{picture}", inner + clips[picture]
        yield f"{picture}-and-zip.mp4", clips[picture] + _zip(inner)
    yield "cover.mp3", _cover(clips["libmp3lame.mp3"], clips["mjpeg.jpg"])


def _zip(content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as out:
        out.writestr(zipfile.ZipInfo("clip.mp4"), content)
    return made.getvalue()


def _tar(content: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as out:
        member = tarfile.TarInfo("../../clip.mp4")
        member.size = len(content)
        out.addfile(member, io.BytesIO(content))
    return made.getvalue()


def _cover(sound: bytes, picture: bytes) -> bytes:
    """A song with a picture in an ID3v2.3 tag."""
    frame = b"\0image/jpeg\0\3\0" + picture
    frames = b"APIC" + struct.pack(">IH", len(frame), 0) + frame
    size = bytes(len(frames) >> 7 * k & 127 for k in (3, 2, 1, 0))
    return b"ID3\3\0\0" + size + frames + sound[sound.find(b"\xff\xfb") :]


def odd_samples() -> Files:
    """Sound of no samples, of zeros, and of numbers that are none."""
    plain = np.sin(np.arange(12_000) * 0.2).astype(np.float32)
    kinds = {
        "nan": np.full(12_000, np.nan, np.float32),
        "infinite": np.full(12_000, np.inf, np.float32),
        "some-nan": np.where(np.arange(12_000) % 7, plain, np.nan).astype(np.float32),
        "huge": plain * np.float32(3e38),
        "tiny": plain * np.float32(1e-42),
        "zero": np.zeros(12_000, np.float32),
        "none": plain[:0],
        "one": plain[:1],
    }
    for suffix, codec, form in _FLOATS:
        for name, values in kinds.items():
            yield f"{name}-{codec}.{suffix}", _pcm(values, codec, form)


_FLOATS = (
    *(("wav", codec, "wav") for codec in ("pcm_f32le", "pcm_f64le")),
    *(("caf", codec, "caf") for codec in ("pcm_f32le", "pcm_f64be")),
    *(("aif", codec, "aiff") for codec in ("pcm_f32be",)),
    *(("au", codec, "au") for codec in ("pcm_f32be",)),
    *(("mov", codec, "mov") for codec in ("pcm_f32le",)),
    *(("mkv", codec, "matroska") for codec in ("pcm_f32le", "pcm_f64le")),
)


def _pcm(values: np.ndarray, codec: str, form: str) -> bytes:
    made, order = io.BytesIO(), ">" if codec.endswith("be") else "<"
    stored = values.astype(f"{order}f{4 if '32' in codec else 8}").tobytes()
    with av.open(made, "w", format=form) as out:
        stream = out.add_stream(codec, rate=16_000, layout="mono")
        out.start_encoding()
        if stored:
            packet = av.Packet(stored)
            packet.stream, packet.pts, packet.dts = stream, 0, 0
            packet.time_base = Fraction(1, 16_000)
            packet.duration = len(values)
            out.mux(packet)
    return made.getvalue()


def bombs() -> Files:
    """Small files that are large once they are read."""
    yield "12000x12000.png", _png(12_000, 12_000)
    yield "30000x200.png", _png(30_000, 200)
    yield "1x1.png", _png(1, 1)
    yield "1x20000.png", _png(1, 20_000)
    yield "rate1.wav", _wav(rate=1, channels=1, samples=4000)
    yield "rate4294967295.wav", _wav(rate=2**32 - 1, channels=1, samples=4000)
    yield "channels65535.wav", _wav(rate=16_000, channels=65_535, samples=2)
    yield "channels255.wav", _wav(rate=16_000, channels=255, samples=2000)
    for gap in (9, 11, 600, 3599, 3601, 10**7):
        yield f"gaps{gap}.mkv", _sparse(gap, 40)
    yield "slow.gif", _gif(40, 65_535)
    yield "fast.gif", _gif(40, 0)
    yield "zeros.wav.gz.wav", gzip.compress(bytes(10**7), mtime=0)


def _png(width: int, height: int) -> bytes:
    """A black grey picture."""
    pack = zlib.compressobj(9)
    rows = b"".join(pack.compress(bytes(width + 1)) for _ in range(height)) + pack.flush()

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _wav(rate: int, channels: int, samples: int) -> bytes:
    body = np.random.default_rng(1).integers(-9000, 9000, samples * channels, np.int16).tobytes()
    block = 2 * channels % 65536
    head = struct.pack("<HHIIHH", 1, channels, rate, rate * block % 2**32, block, 16)
    parts = b"WAVEfmt " + struct.pack("<I", len(head)) + head + b"data"
    return b"RIFF" + struct.pack("<I", len(body) + 36) + parts + struct.pack("<I", len(body)) + body


def _sparse(gap: int, count: int) -> bytes:
    """Sound and pictures of 0.1 s, each so many seconds after the one before."""
    made = io.BytesIO()
    with av.open(made, "w", format="matroska") as out:
        video = out.add_stream("mjpeg", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuvj420p"
        video.codec_context.time_base = Fraction(1, 10)
        audio = out.add_stream("pcm_s16le", rate=8000, layout="mono")
        for number in range(count):
            picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 99, np.uint8), "rgb24")
            picture.pts, picture.time_base = number * gap * 10, Fraction(1, 10)
            sound = av.AudioFrame.from_ndarray(np.full((1, 800), 500, np.int16), "s16", "mono")
            sound.sample_rate, sound.pts = 8000, number * gap * 8000
            sound.time_base = Fraction(1, 8000)
            out.mux([*video.encode(picture), *audio.encode(sound)])
        out.mux([*video.encode(None), *audio.encode(None)])
    return made.getvalue()


def _gif(count: int, delay: int) -> bytes:
    """Pictures of 8 x 8, each shown for so many hundredths of a second."""
    head = b"GIF89a" + struct.pack("<HHBBB", 8, 8, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    control = b"\x21\xf9\x04\0" + struct.pack("<H", delay) + b"\0\0"
    picture = (
        b","
        + struct.pack("<HHHHB", 0, 0, 8, 8, 0)
        + b"\2\7"
        + b"\x84\x8f\xa9\xcb\xed\x0f\xa3"
        + b"\0"
    )
    return head + (control + picture) * count + b";"
