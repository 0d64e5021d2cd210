"""What recordings meet on their way to a listener: rooms, noise, music, codecs, telephones.

Each alteration takes sound (N,) float32 mono at 16 kHz and gives as many samples back.
"""

from __future__ import annotations

import io
from functools import lru_cache

import av
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from mien.features.log_mel import RATE
from mien.media.sound import mono

__all__ = [
    "CODECS",
    "PIECES",
    "add",
    "alter",
    "coarse_noise",
    "encoded",
    "music",
    "reverberated",
    "telephone",
]

Floats = NDArray[np.float32]
Draw = np.random.Generator

CODECS: tuple[tuple[str, str, tuple[int, ...]], ...] = (
    ("mp3", "libmp3lame", (16, 24, 32, 48)),
    ("adts", "aac", (16, 24, 32)),
    ("ogg", "libopus", (8, 12, 16, 24)),
)
"""Container, encoder and kilobits a second."""

PIECES = range(24)
"""Numbers of the pieces of music that trainings hear."""
_SECONDS = 8


def alter(sound: Floats, draw: Draw, copy: int) -> Floats:
    """One altered version of a recording; about one in five is altered in speed only.

    Speed comes first (the pitch goes with it), then room, then noise or music, then a telephone or
    a codec, and at the end another level.
    """
    sound = faster(sound, draw.uniform(0.88, 1.14))
    if copy % 5 == 0:
        return sound
    if draw.random() < 0.3:
        sound = reverberated(sound, draw, draw.uniform(0.15, 0.9))
    kind = draw.random()
    if kind < 0.4:
        sound = add(sound, coarse_noise(len(sound), draw), draw.uniform(3, 40))
    elif kind < 0.6:
        sound = add(sound, music(len(sound), draw), draw.uniform(3, 30))
    kind = draw.random()
    if kind < 0.15:
        sound = telephone(sound)
    elif kind < 0.3:
        container, codec, rates = CODECS[draw.integers(len(CODECS))]
        sound = encoded(sound, container, codec, int(draw.choice(rates)))
    louder = sound * np.float32(10 ** (draw.uniform(-20, 20) / 20))
    return np.asarray(louder / max(1.0, float(np.abs(louder).max())), np.float32)


def faster(sound: Floats, speed: float) -> Floats:
    """Played at another speed, pitch and all; (N / speed,)."""
    at = np.arange(0, len(sound) - 1, speed)
    return np.asarray(np.interp(at, np.arange(len(sound)), sound), np.float32)


def add(sound: Floats, other: Floats, decibels: float) -> Floats:
    """Another sound, its power so many dB below that of the louder half of the first."""
    power = _power(sound)
    other_power = float(np.mean(other**2)) + 1e-12
    return sound + other * np.float32(np.sqrt(power / other_power / 10 ** (decibels / 10)))


def _power(sound: Floats) -> float:
    """Mean power of the 25 ms frames above the median, so that pauses do not count."""
    frames = np.mean(sound[: len(sound) // 400 * 400].reshape(-1, 400) ** 2, axis=1)
    return float(np.mean(frames[frames >= np.median(frames)])) + 1e-12


def coarse_noise(count: int, draw: Draw, slope: float | None = None) -> Floats:
    """Noise whose power falls with frequency to the power of `slope`: 0 white, 1 pink.

    Without a slope it is drawn from white to beyond pink.
    """
    slope = draw.uniform(0, 1.6) if slope is None else slope
    spectrum = np.fft.rfft(draw.standard_normal(count))
    lowest = max(1, 40 * count // RATE)
    spectrum /= np.maximum(np.arange(len(spectrum)), lowest) ** (slope / 2)
    noise = np.fft.irfft(spectrum, count).astype(np.float32)
    return np.asarray(noise / (noise.std() + 1e-12), np.float32)


def reverberated(sound: Floats, draw: Draw, seconds: float) -> Floats:
    """A room with that reverberation time (60 dB): decaying noise behind the direct sound."""
    at = np.arange(int(RATE * seconds)) / RATE
    tail = draw.standard_normal(len(at)) * 10 ** (-3 * at / seconds)
    tail[: RATE // 400] = 0
    tail *= 10 ** (-draw.uniform(-3, 9) / 20) / np.sqrt((tail**2).sum())
    tail[0] = 1
    size = fft.next_fast_len(len(sound) + len(tail), real=True)
    wet = fft.irfft(fft.rfft(sound, size) * fft.rfft(tail, size), size)
    return np.asarray(wet[: len(sound)], np.float32)


def telephone(sound: Floats) -> Floats:
    """300-3,400 Hz and the 8 bits of the mu-law (ITU-T G.711), sampled at 8 kHz."""
    spectrum = np.fft.rfft(sound)
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    spectrum[(hertz < 300) | (hertz > 3400)] = 0
    narrow = np.fft.irfft(spectrum, len(sound))[::2]
    loudest = np.abs(narrow).max() + 1e-9
    narrow = narrow / loudest * 0.7
    law = np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log(256)
    law = np.round(law * 127) / 127
    narrow = np.sign(law) * (256 ** np.abs(law) - 1) / 255 * loudest / 0.7
    wide = np.fft.rfft(narrow)
    padded = np.zeros(len(hertz), complex)
    padded[: len(wide)] = wide[: len(hertz)]
    padded[hertz > 3600] = 0
    return np.asarray(2 * np.fft.irfft(padded, len(sound)), np.float32)


def encoded(sound: Floats, container: str, codec: str, kilobits: int) -> Floats:
    """Through a real encoder and back."""
    file = io.BytesIO()
    rate = 24_000 if codec != "libopus" else 48_000
    scale = np.abs(sound).max() + 1e-9
    with av.open(file, "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate, layout="mono")
        assert isinstance(stream, av.AudioStream)
        stream.bit_rate = 1000 * kilobits
        frame = av.AudioFrame.from_ndarray((sound / scale * 0.5)[None], "fltp", "mono")
        frame.sample_rate = RATE
        resampler = av.AudioResampler(stream.format, "mono", rate, stream.frame_size or None)
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    file.seek(0)
    with av.open(file, "r") as read:
        resampler = av.AudioResampler("fltp", "mono", RATE)
        frames = [f for g in read.decode(audio=0) for f in resampler.resample(g)]
        frames += resampler.resample(None)
    back = np.concatenate([mono(f) for f in frames]) * (scale / 0.5)
    return np.asarray(np.pad(back, (0, max(0, len(sound) - len(back))))[: len(sound)], np.float32)


def music(count: int, draw: Draw, pieces: range = PIECES) -> Floats:
    """A stretch of one of a few synthetic pieces of chords, bass and drums."""
    piece = _piece(int(draw.choice(pieces)))
    start = int(draw.integers(len(piece)))
    return np.take(piece, np.arange(start, start + count), mode="wrap")


@lru_cache(maxsize=32)
def _piece(seed: int) -> Floats:
    """Eight seconds in a random key, tempo and timbre."""
    draw = np.random.default_rng([1959, seed])
    beat = int(RATE * 60 / draw.uniform(70, 160))
    sound = np.zeros(RATE * _SECONDS, np.float32)
    root, minor, drums = draw.uniform(45, 60), draw.random() < 0.5, draw.random() < 0.7
    third = 3 if minor else 4
    timbre = 1 / np.arange(1, 9) ** draw.uniform(0.7, 2.5)
    for number, start in enumerate(range(0, len(sound), beat)):
        step = (0, 5, 7, 9 if minor else 8)[number // 2 % 4]
        notes = [root + step + k for k in (-12, 0, third, 7)]
        notes.append(root + step + 12 + float(draw.choice([0, 2, third, 7, 9])))
        for note in notes:
            _mix(sound, start, _tone(440 * 2 ** ((note - 69) / 12), 2 * beat, timbre, draw))
        if drums:
            _mix(sound, start, _drum(draw, deep=number % 2 == 0))
            _mix(sound, start + beat // 2, 0.4 * _drum(draw, deep=False))
    return np.asarray(sound / sound.std(), np.float32)


def _tone(hertz: float, count: int, timbre: NDArray[np.float64], draw: Draw) -> Floats:
    at = np.arange(count) / RATE
    result = np.zeros(count)
    for k, strength in enumerate(timbre, 1):
        if k * hertz < RATE / 2:
            result += strength * np.sin(2 * np.pi * (k * hertz * at + draw.random()))
    shape = np.minimum(at / 0.01, 1) * np.exp(-at / 0.5) * draw.uniform(0.5, 1)
    return np.asarray(result * shape, np.float32)


def _drum(draw: Draw, deep: bool) -> Floats:
    at = np.arange(RATE // 5) / RATE
    if deep:
        falling = 4 * np.sin(2 * np.pi * 12 * np.log1p(40 * at))
        return np.asarray(falling * np.exp(-at / 0.08), np.float32)
    return np.asarray(draw.standard_normal(len(at)) * np.exp(-at / 0.03) * 1.5, np.float32)


def _mix(sound: Floats, start: int, part: Floats) -> None:
    room = max(0, len(sound) - start)
    sound[start : start + len(part)] += part[:room]
