"""The pipeline on one clip: decoding alone, each stage alone, and the whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

import mien
from mien.inference.session import Session
from mien.media import open_media
from mien.media.key_frames import KeyFrames

__all__ = ["BATCH", "FPS", "decode", "encoder", "stages", "whole"]

Works = dict[str, Callable[[], object]]
FPS = 25.0
BATCH = 16  # faces


def decode(path: Path, threads: int) -> int:
    """All pictures and all sound, with the decoder's threads, and nothing done with them."""
    with av.open(str(path)) as container:
        for stream in (*container.streams.video, *container.streams.audio):
            stream.codec_context.thread_type = "AUTO"
            stream.codec_context.thread_count = threads
        return sum(1 for _ in container.decode())


def whole(path: Path, threads: int) -> Works:
    """Decoding alone, and the whole at the default and with every picture.

    Also decoding with as many threads as `mien.media.frame_skipper` starts where it passes pictures
    over, so that nobody takes for our merit what more threads alone do.
    """
    bundle, every = mien.load(threads=threads), mien.Options(fps=FPS)
    return {
        "decode": lambda: decode(path, threads),
        "decode, more threads": lambda: decode(path, threads + threads // 2),
        "default": lambda: mien.analyze(path, model=bundle),
        "every picture": lambda: mien.analyze(path, model=bundle, options=every),
    }


def encoder(threads: int) -> Callable[[], object]:
    """The face encoder on `BATCH` noise pictures."""
    bundle = mien.load(threads=threads)
    name = next(n for n, s in bundle.spec.pictures.items() if s.encoder)
    noise = np.random.default_rng(0).integers(0, 256, (BATCH, 48, 48), np.uint8)
    return lambda: bundle.encode(name, noise)


def stages(path: Path, fps: float | None) -> Works:
    """Each stage by itself, on one thread, on what the stages before it gave.

    Args:
        path: the clip.
        fps: pictures looked at in a second; None is the bundle's.
    """
    bundle = mien.load(threads=1)
    rate = fps or bundle.fps
    with open_media(path, fps=rate, chunk=1.0) as media:
        chunks = list(media.chunks())
    session = Session(bundle)
    looks = [session.search(c.frames, c.times, c.scale) for c in chunks]
    faces = [session.follow(given).faces for given in looks]
    crops = {name: np.concatenate([f[name].crops for f in faces]) for name in faces[0]}

    def read() -> None:
        with open_media(path, fps=rate, chunk=1.0, threads=1) as media:
            for _ in media.chunks():
                pass

    def find() -> None:
        one = Session(bundle)
        for c in chunks:
            one.follow(one.search(c.frames, c.times, c.scale))
        one.finish()

    def encode() -> None:
        for name, rows in crops.items():
            bundle.encode(name, rows)

    def hear() -> None:
        one = Session(bundle)
        for c in chunks:
            one.push_sound(c.sound, c.sound_start)
        one.finish()

    def keep() -> None:
        kept = KeyFrames()
        for c in chunks:
            kept.push(c.frames, c.times, c.scale)
        kept.all()

    return {
        "decode alone": lambda: decode(path, 1),
        "read: decode, choose pictures, resample sound": read,
        "find, follow and cut out faces": find,
        "encode faces": encode,
        "voice": hear,
        "key frames": keep,
    }
