"""The pipeline on one clip: decoding alone, each stage alone, and the whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

import mien
from mien.inference.analysis import CHUNK, Options, observe
from mien.inference.session import Session
from mien.media import open_media
from mien.media.key_frames import KeyFrames

__all__ = ["BATCH", "DECODE", "ENCODE", "READ", "WHOLE", "decode", "encoder", "stages", "whole"]

Works = dict[str, Callable[[], object]]
BATCH = 16  # faces
DECODE, WHOLE = "decode everything, nothing else", "the whole"
READ = "read: decode what is asked for, choose pictures, resample sound"
FIND = "find faces, follow them, cut them out"
SCORE, ENCODE = (
    "score faces, watch mouths, light and motion, tell people apart",
    "(of it the face network)",
)
VOICE, PICTURES, ANSWER = "voice", "pictures for the report", "join people, make the answer"


def decode(path: Path, threads: int) -> int:
    """All pictures and all sound, with the decoder's threads, and nothing done with them."""
    with av.open(str(path)) as container:
        for stream in (*container.streams.video, *container.streams.audio):
            stream.codec_context.thread_type = "AUTO"
            stream.codec_context.thread_count = threads
        return sum(1 for _ in container.decode())


def whole(path: Path, threads: int, every: float | None = None) -> Works:
    """Decoding alone, and the whole.

    Args:
        path: the clip.
        threads: of the decoder, and of the networks.
        every: the clip's pictures a second, to look at each of them too; None leaves that out.
    """
    bundle = mien.load(threads=threads)
    works: Works = {
        "decode": lambda: decode(path, threads),
        "default": lambda: mien.analyze(path, model=bundle),
    }
    if every is not None:
        options = Options(fps=every)
        works["every picture"] = lambda: mien.analyze(path, model=bundle, options=options)
    return works


def encoder(threads: int) -> Callable[[], object]:
    """The face encoder on `BATCH` noise pictures."""
    bundle = mien.load(threads=threads)
    name = next(n for n, s in bundle.spec.pictures.items() if s.encoder)
    noise = np.random.default_rng(0).integers(0, 256, (BATCH, 48, 48), np.uint8)
    return lambda: bundle.encode(name, noise)


def stages(path: Path) -> Works:
    """Each stage by itself, on one thread, on what the stages before it gave, and the whole."""
    bundle = mien.load(threads=1)
    with open_media(path, fps=bundle.fps, chunk=CHUNK) as media:
        chunks = list(media.chunks())
    session = Session(bundle)
    sights = [session.follow(session.search(c.frames, c.times, c.scale, c.zoom)) for c in chunks]
    names = sights[0].faces
    crops = {name: np.concatenate([s.faces[name].crops for s in sights]) for name in names}
    observed = observe(path, bundle, Options())

    def read() -> None:
        with open_media(path, fps=bundle.fps, chunk=CHUNK, threads=1) as media:
            for _ in media.chunks():
                pass

    def find() -> None:
        fresh = Session(bundle, identify="later")
        for c in chunks:
            fresh.follow(fresh.search(c.frames, c.times, c.scale, c.zoom))
        fresh.finish()

    def score() -> None:
        fresh = Session(bundle)
        for c, sighted in zip(chunks, sights, strict=True):
            fresh.look(c.frames, c.times)
            fresh.take(sighted)
        fresh.identify()

    def encode() -> None:
        for name, rows in crops.items():
            bundle.encode(name, rows)

    def hear() -> None:
        fresh = Session(bundle)
        for c in chunks:
            fresh.push_sound(c.sound, c.sound_start)
        fresh.finish()

    def keep() -> None:
        kept = KeyFrames()
        for c in chunks:
            kept.push(c.frames, c.times, c.scale)
        kept.all()

    return {
        DECODE: lambda: decode(path, 1),
        READ: read,
        FIND: find,
        SCORE: score,
        ENCODE: encode,
        VOICE: hear,
        PICTURES: keep,
        ANSWER: lambda: observed.answer(2.0),
        WHOLE: lambda: mien.analyze(path, model=bundle),
    }
