"""What is fuzzed: each target takes bytes of a stranger and breaks where a promise is broken.

The promise is the same everywhere: an answer that holds together, or an error of mien's own in one
line. Anything else that is raised is a finding. `tests/fuzz` runs the cases that were found.
"""

from __future__ import annotations

import hashlib
import json
import math
import struct
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from types import SimpleNamespace

import fuzz_seeds as seeds
import numpy as np

from mien.data.manifest import read_manifest
from mien.errors import BundleError, MediaError, MienError, MissingExtraError, UsageError
from mien.features.extractors.catalog import extractor
from mien.inference import bundle as bundles
from mien.media import open_media
from mien.media.assembly import Assembly
from mien.media.clock import PictureClock, Sampler
from mien.media.pictures import Picture
from mien.media.sound import RATE, SoundStream
from mien.output.answer import answer_text, prediction_from_dict
from mien.output.formats import FORMATS

__all__ = ["TARGETS", "Target"]

_CHUNKS = 200  # of a file that are looked at; what a file may take is for project/abuse/abuse.py
_FOLDER = Path(tempfile.gettempdir()) / "mien-fuzz"


@dataclass(frozen=True)
class Target:
    """Something to fuzz.

    Args:
        run: takes the bytes; raises where a promise is broken.
        seeds: inputs to begin with.
        is_json: whether changes are made to values and keys more often than to bytes.
    """

    run: Callable[[bytes], None]
    seeds: Callable[[], Iterator[bytes]]
    is_json: bool = False


def media(data: bytes) -> None:
    """A file: pictures and sound of every chunk, in order, finite, of the promised types."""
    try:
        with open_media(data, fps=4, max_side=320, threads=1) as one:
            last = -1.0
            for chunk in islice(one.chunks(), _CHUNKS):
                assert (np.diff(chunk.times, prepend=last) > 0).all(), "times do not rise"
                last = chunk.times[-1] if len(chunk.times) else last
                _check_chunk(chunk.times, chunk.sound, chunk.sound_start)
                for frame in chunk.frames:
                    assert frame.dtype == np.uint8
                    assert frame.ndim == 3
                    assert max(frame.shape) <= 320
            assert math.isfinite(one.seen)
            assert one.info.duration is None or math.isfinite(one.info.duration)
    except MediaError as error:
        _one_line(error)


def timing(data: bytes) -> None:
    """Times, rates and lengths as a lying container gives them, without a decoder."""
    if len(data) < 16:
        return
    origin, rate = Fraction(struct.unpack_from("<i", data)[0], 1000), data[4]
    clock = PictureClock(origin, Fraction(rate, 10) if rate else None, bool(data[5] & 1))
    sound, assembly = SoundStream(origin), Assembly(2.0, {"video", "audio"})
    sampler = Sampler(None if data[6] & 1 else 4.0)
    last = Fraction(-1)
    for kind, stamp, size in islice(struct.iter_unpack("<BqH", _whole(data[8:], 11)), 60):
        stamp = None if kind & 64 else stamp >> (kind >> 2 & 15)
        base = (None, Fraction(1, 1000), Fraction(1, 90_000), Fraction(1, 1))[kind & 3]
        if kind & 128:
            frame = SimpleNamespace(pts=stamp, dts=stamp, time_base=base)
            time = clock.time(frame)
            if time is None:
                continue
            assert time > last or last < 0 <= time, (time, last)
            last = time
            assembly.passed("video", time)
            if sampler.takes(time):
                list(assembly.see(time, Picture(np.zeros((2, 2, 3), np.uint8)), 1.0, 1.0))
        else:
            for samples in islice(sound.push(_Sound(stamp, base, size)), 1000):
                assembly.hear(sound.end - Fraction(len(samples), RATE), samples)
                assembly.passed("audio", sound.end)
                list(assembly.ready())
        for chunk in islice(assembly.ready(), _CHUNKS):
            _check_chunk(chunk.times, chunk.sound, chunk.sound_start)
    for samples in sound.flush():
        assembly.hear(sound.end - Fraction(len(samples), RATE), samples)
    for chunk in islice(assembly.rest(), _CHUNKS):
        _check_chunk(chunk.times, chunk.sound, chunk.sound_start)
    assert clock.end < 2 * 3600 * 60
    assert sound.end < 2 * 3600 * 60


class _Sound(SimpleNamespace):
    """A decoded frame of sound, as far as `SoundStream` looks at it."""

    def __init__(self, pts: int | None, base: Fraction | None, size: int) -> None:
        rate = (1, 8000, 16_000, 48_000)[size & 3]
        layout = SimpleNamespace(channels=[SimpleNamespace(name="FC")])
        super().__init__(pts=pts, time_base=base, sample_rate=rate, layout=layout)
        self.format, self._size = SimpleNamespace(is_planar=True), size % 2000

    def to_ndarray(self) -> np.ndarray:
        values = np.linspace(-1, 1, max(1, self._size), dtype=np.float32)[None]
        values[0, :: 7 + self._size % 5] = (np.nan, np.inf, -3e38)[self._size % 3]
        return values


def bundle(data: bytes) -> None:
    """`bundle.json`, with a network beside it that is no network."""
    folder = _folder("bundle")
    (folder / "net.onnx").write_bytes(b"net")
    (folder / "bundle.json").write_bytes(data)
    try:
        found = bundles.load(folder, 1)
        assert found.labels.names
        assert found.size < 2**20
        found.fuse(dict.fromkeys(found.spec.branches))
        for modality in found.modalities:
            found.evidence(modality)
        assert 0 < found.fps <= 1000
        for stream in found.spec.streams.values():
            extractor(stream.extractor, **stream.settings)
    except (BundleError, UsageError, MissingExtraError) as error:
        _one_line(error)


def network(data: bytes) -> None:
    """A network of a stranger, with the right hash."""
    folder = _folder("network")
    (folder / "net.onnx").write_bytes(data)
    table = json.dumps(seeds.table(hashlib.sha256(data).hexdigest()))
    (folder / "bundle.json").write_text(table)
    try:
        found = bundles.load(folder, 1)
        rows = found.encode("voice", np.zeros((2, 4), np.float32))
        assert rows.ndim == 2
    except BundleError as error:
        _one_line(error)


def manifest(data: bytes) -> None:
    """A table of clips in CSV."""
    _read_manifest(data, "table.csv")


def parquet(data: bytes) -> None:
    """A table of clips in Parquet."""
    _read_manifest(data, "table.parquet")


def _read_manifest(data: bytes, name: str) -> None:
    path = _folder("manifest") / name
    path.write_bytes(data)
    try:
        found = read_manifest(path)
        assert len({clip.id for clip in found.clips}) == len(found.clips)
        for clip in found.clips:
            assert clip.start is None or 0 <= clip.start < 1e7
            assert clip.end is None or clip.end > (clip.start or 0)
            assert not clip.label or found.labels.index(clip.label) >= 0
            found.path(clip)
    except UsageError as error:
        _one_line(error)


def answer(data: bytes) -> None:
    """An answer, writing it again, and in the shapes of others."""
    try:
        told = json.loads(data)
        json.dumps(told, ensure_ascii=False).encode()
    except (ValueError, RecursionError):  # which `mien convert` tells in its own words
        return
    try:
        found = prediction_from_dict(told)
    except UsageError as error:
        _one_line(error)
        return
    again = prediction_from_dict(json.loads("".join(answer_text(found))))
    assert again.label == found.label
    if len(found.timeline) + sum(len(one.timeline) for one in found.people) > 1000:
        return  # large, not odd
    for name, form in FORMATS.items():
        try:
            form.write(found, _folder("answer") / name)
        except MienError as error:
            _one_line(error)


def _check_chunk(times: np.ndarray, sound: np.ndarray, start: float) -> None:
    assert np.isfinite(times).all()
    assert (times >= 0).all()
    assert sound.dtype == np.float32
    assert np.isfinite(sound).all()
    assert not len(sound) or np.abs(sound).max() <= 1
    assert math.isfinite(start)
    assert start >= 0


def _one_line(error: MienError) -> None:
    text = str(error)
    assert len(text.splitlines()) == 1, text
    assert len(text) < 2100, text


def _folder(name: str) -> Path:
    folder = _FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _whole(data: bytes, size: int) -> bytes:
    return data[: len(data) // size * size]


TARGETS = {
    "media": Target(media, seeds.media),
    "timing": Target(timing, seeds.timing),
    "bundle": Target(bundle, seeds.bundle, is_json=True),
    "network": Target(network, seeds.network),
    "manifest": Target(manifest, seeds.manifest),
    "parquet": Target(parquet, seeds.parquet),
    "answer": Target(answer, seeds.answer, is_json=True),
}
"""By name."""
