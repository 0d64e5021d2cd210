"""The sample clip made worse in one way at a time: each has its warning, and no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

import mien
from mien.data.perturbation import blur, low_light, muted
from mien.inference.bundle import Bundle, load
from mien.inference.decide import decide
from mien.inference.doubts import DOUBTS, doubt
from mien.inference.operating_range import Below, OperatingRange
from mien.inference.session import Session
from mien.media import RATE, open_media
from mien.output.answer import prediction_from_dict
from mien.types import MediaChunk, Prediction, Reason

Alter = Callable[[MediaChunk], MediaChunk]
Doubles = NDArray[np.float64]


def answer(alter: Alter, bundle: Bundle | None = None) -> Prediction:
    """What mien says of the sample clip, altered between decoding and analysis."""
    bundle = bundle or load()
    session = Session(bundle)
    with open_media(mien.sample(), fps=bundle.fps) as media:
        for chunk in map(alter, media.chunks()):
            session.push_sound(chunk.sound, chunk.sound_start)
            session.push_frames(chunk.frames, chunk.times, chunk.scale)
    session.finish()
    return decide(session, media, bundle, "0" * 64, 2.0, ())


def certain(found: Prediction) -> list[Reason]:
    """The reasons but for how sure the model is, which is not what is altered here.

    The voice of the sample is a machine's, and goes with no mouth.
    """
    others = "low_confidence", "off_screen_voice"
    return [reason for reason in found.reasons if reason.code not in others]


def pictures(change: Callable[[Doubles], Doubles]) -> Alter:
    """Change grey values."""

    def alter(chunk: MediaChunk) -> MediaChunk:
        frames = [np.clip(change(f.astype(np.float64)), 0, 255) for f in chunk.frames]
        return replace(chunk, frames=tuple(f.round().astype(np.uint8) for f in frames))

    return alter


def sound(change: Callable[[Doubles, Doubles], Doubles]) -> Alter:
    """Change samples, given with their times in s."""

    def alter(chunk: MediaChunk) -> MediaChunk:
        times = chunk.sound_start + np.arange(len(chunk.sound)) / RATE
        found = change(chunk.sound.astype(np.float64), times)
        return replace(chunk, sound=np.clip(found, -1, 1).astype(np.float32))

    return alter


def shrunk(chunk: MediaChunk) -> MediaChunk:
    """The same picture from far away."""

    def one(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        result = np.full_like(frame, 128)
        small = cv2.resize(frame, None, fx=0.16, fy=0.16, interpolation=cv2.INTER_AREA)
        top, left = (np.array(frame.shape[:2]) - small.shape[:2]) // 2
        result[top : top + len(small), left : left + small.shape[1]] = small
        return result

    return replace(chunk, frames=tuple(map(one, chunk.frames)))


def music(_: Doubles, times: Doubles) -> Doubles:
    """Chords that change every second."""
    roots = 220 * 2 ** (np.array([0, 5, 7, 3])[times.astype(int) % 4] / 12)
    parts = [np.sin(2 * np.pi * ratio * roots * (times % 1)) for ratio in (1, 1.26, 1.5, 2)]
    return np.asarray(0.05 * np.sum(parts, axis=0))


def telephone(given: Doubles, _: Doubles) -> Doubles:
    """Nothing but 300 to 3,400 Hz."""
    spectrum, hertz = np.fft.rfft(given), np.fft.rfftfreq(max(1, len(given)), 1 / RATE)
    if not len(given):
        return given
    spectrum[(hertz < 300) | (hertz > 3400)] = 0
    return np.fft.irfft(spectrum, len(given))


def noise(given: Doubles, _: Doubles) -> Doubles:
    return np.random.default_rng(len(given)).normal(0, 0.05, len(given))


WORSE: dict[str, tuple[Alter, list[str]]] = {
    "as it is": (lambda chunk: chunk, []),
    "dark": (lambda chunk: low_light(chunk, 0.005, 1.0), ["dark_face"]),
    "bright": (pictures(lambda f: 255 - 0.25 * (255 - f)), ["bright_face"]),
    "flat": (pictures(lambda f: 128 + 0.07 * (f - 128)), ["flat_face"]),
    "blurred": (lambda chunk: blur(chunk, 0.024), ["blurred_face"]),
    "shrunk": (shrunk, ["small_face"]),
    "muted": (muted, ["silent"]),
    "music": (sound(music), ["no_voice", "tones"]),
    "noise": (sound(noise), ["no_voice"]),
    "clipped": (sound(lambda given, _: np.clip(given, -0.05, 0.05)), ["clipped_sound"]),
    "telephone": (sound(telephone), ["narrow_sound"]),
}


@pytest.mark.parametrize("name", WORSE)
def test_each_damage_has_its_warning(name: str) -> None:
    alter, codes = WORSE[name]
    found = answer(alter)
    assert [r.code for r in certain(found)] == codes
    assert found.reliable == (not {r.code for r in found.reasons} & set(DOUBTS))
    assert all("\n" not in r.message for r in found.reasons)


def test_a_warning_says_where_and_what_to_do() -> None:
    def late(chunk: MediaChunk) -> MediaChunk:
        dark = low_light(chunk, 0.005, 1.0).frames
        given = zip(chunk.frames, dark, chunk.times, strict=True)
        return replace(chunk, frames=tuple(d if t >= 3 else f for f, d, t in given))

    (reason,) = certain(answer(late))
    assert reason.code == "dark_face"
    ((start, end),) = reason.spans
    assert (start, end) == (3.0, 8.0)
    assert reason.message == (
        "the main face is too dark (3.0-8.0 s); add light, or brighten the clip"
    )


def test_spans_are_in_the_answer_and_come_back() -> None:
    found = answer(WORSE["dark"][0])
    reason, *_ = (r for r in found.to_dict()["reasons"] if r["code"] != "low_confidence")
    assert reason["spans"] == [[0.0, 8.0]]
    again = prediction_from_dict(found.to_dict())
    assert again.reasons == found.reasons
    plain, *_ = answer(muted).to_dict()["reasons"]
    assert set(plain) == {"code", "message"}


def test_a_bundle_without_limits_warns_of_small_faces_alone() -> None:
    bundle = load()
    bundle.spec = msgspec.structs.replace(bundle.spec, ranges=OperatingRange())
    assert certain(answer(WORSE["dark"][0], bundle)) == []
    assert [r.code for r in certain(answer(shrunk, bundle))] == ["small_face"]


def test_the_default_bundle_has_all_limits() -> None:
    """If not: python -m project.bundle.ranges DATA."""
    assert None not in msgspec.structs.asdict(load().spec.ranges).values()


def test_low_confidence_is_given_with_what_it_was_worth() -> None:
    bundle = load()
    bundle.spec = msgspec.structs.replace(bundle.spec, reliable_from=0.6, below=None)
    low, high = np.array([0.5, *[0.1] * 5, 0.0]), np.array([0.6, 0.4, *[0.0] * 5])
    assert doubt(bundle, high, ["face"]) is None
    reason = doubt(bundle, low, ["face"])
    assert reason is not None
    assert reason.message == "the likeliest label has only 50%; below 60% it is a guess"
    bundle.spec = msgspec.structs.replace(bundle.spec, below=Below(right=0.41, n=120))
    reason = doubt(bundle, low, ["face"])
    assert reason is not None
    assert reason.message == (
        "the likeliest label has only 50%; "
        "of 120 uncertain answers on held-out clips, 41% were right"
    )
