from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

import mien
from mien.features.extractors.short_term import NAMES, short_term
from mien.media import RATE, read_sound

EPS = 2.0**-52
COLUMN = {name: k for k, name in enumerate(NAMES)}


def tone(frequency: float, seconds: float = 1.0) -> np.ndarray:
    return np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)


def spoken() -> np.ndarray:
    return read_sound(mien.sample())[:24_000]


def test_there_are_34() -> None:
    assert len(NAMES) == len(set(NAMES)) == 34
    assert short_term(spoken()).shape == (29, 34)


@pytest.mark.parametrize(("seconds", "rows"), [(1.0, 19), (0.1, 1), (0.0999, 0), (0.1999, 2)])
def test_as_many_as_the_paper_says(seconds: float, rows: int) -> None:
    """n = (m - 50) / 50 for m milliseconds; a last part that is too short is left out."""
    assert len(short_term(tone(300, seconds).astype(np.float32))) == rows


# Formulas of pyAudioAnalysis 0.3.14, one window and one number at a time.


def entropy_by_hand(values: list[float]) -> float:
    part = len(values) // 10
    total, result = sum(v * v for v in values), 0.0
    for k in range(10):
        share = sum(v * v for v in values[k * part : (k + 1) * part]) / (total + EPS)
        result -= share * math.log2(share + EPS)
    return result


def mfcc_by_hand(magnitude: list[float]) -> list[float]:
    bins = len(magnitude)
    edges = [133.33 + k * 200 / 3 for k in range(13)]
    edges += [edges[12] * 1.0711703**k for k in range(1, 30)]
    bands = []
    for low, centre, high in zip(edges, edges[1:], edges[2:], strict=False):
        height, total = 2 / (high - low), 0.0
        for b in range(bins):
            hertz = b * RATE / bins
            if low < hertz <= centre:
                total += magnitude[b] * height * (hertz - low) / (centre - low)
            elif centre < hertz < high:
                total += magnitude[b] * height * (high - hertz) / (high - centre)
        bands.append(math.log10(total + EPS))
    result = []
    for k in range(13):
        wave = [math.cos(math.pi * k * (2 * i + 1) / 80) for i in range(40)]
        scale = math.sqrt((1 if k == 0 else 2) / 40)
        result.append(scale * sum(w * b for w, b in zip(wave, bands, strict=True)))
    return result


def chroma_by_hand(magnitude: list[float]) -> list[float]:
    bins = len(magnitude)
    semitones = [round(12 * math.log2((b + 1) * RATE / (2 * bins) / 27.5)) for b in range(bins)]
    mates = [semitones.count(s) for s in semitones]
    power = [m * m for m in magnitude]
    board = [0.0] * bins
    for b, semitone in enumerate(semitones):
        board[semitone] = power[b]  # the last one stays; a negative number counts from the end
    board = [value / mates[semitones[k]] for k, value in enumerate(board)]
    classes = [sum(board[c::12]) / (sum(power) or EPS) for c in range(12)]
    mean = sum(classes) / 12
    return [*classes, math.sqrt(sum((c - mean) ** 2 for c in classes) / 12)]


def window_by_hand(x: list[float], before: list[float] | None) -> tuple[list[float], list[float]]:
    half = len(x) // 2
    magnitude = [abs(v) / half for v in np.fft.fft(x)[:half]]
    before = magnitude if before is None else before
    signs = [math.copysign(1, v) if v else 0 for v in x]
    crossings = sum(abs(b - a) for a, b in pairwise(signs)) / 2
    peak = max(magnitude) or 1
    share, hertz = [m / peak for m in magnitude], [(b + 1) * RATE / (2 * half) for b in range(half)]
    total = sum(share) + EPS
    centre = sum(f * s for f, s in zip(hertz, share, strict=True)) / total
    spread = sum((f - centre) ** 2 * s for f, s in zip(hertz, share, strict=True)) / total
    now, then = sum(magnitude) + half * EPS, sum(before) + half * EPS
    flux = sum((m / now - p / then) ** 2 for m, p in zip(magnitude, before, strict=True))
    energy, seen, rolloff = sum(m * m for m in magnitude), 0.0, 0.0
    for b, m in enumerate(magnitude):
        seen += m * m
        if seen + EPS > 0.9 * energy:
            rolloff = b / half
            break
    row = [crossings / (len(x) - 1), sum(v * v for v in x) / len(x), entropy_by_hand(x)]
    row += [centre / (RATE / 2), math.sqrt(spread) / (RATE / 2), entropy_by_hand(magnitude)]
    row += [flux, rolloff, *mfcc_by_hand(magnitude), *chroma_by_hand(magnitude)]
    return row, magnitude


@pytest.mark.parametrize(("window", "step"), [(0.1, 0.05), (0.025, 0.2)])
def test_each_value_is_as_pyaudioanalysis_defines_it(window: float, step: float) -> None:
    noise = np.random.default_rng(3).normal(0.1, 0.01, 16_000)  # rounding has no logarithm
    noise[4_000:8_000] *= 10
    rest = [0.3 * tone(700, 0.25), np.zeros(4_000)]
    sound = noise + np.concatenate([spoken()[8_000:12_000], np.zeros(4_000), *rest])
    found = short_term(sound.astype(np.float32), window, step)
    clean = sound.astype(np.float32).astype(float)
    clean = clean - clean.mean()
    clean = clean / (abs(clean).max() + 1e-10)
    size, hop, before = round(window * RATE), round(step * RATE), None
    for k, row in enumerate(found):
        x = clean[k * hop : k * hop + size].tolist()
        wanted, before = window_by_hand(x, before)
        np.testing.assert_allclose(row, wanted, rtol=1e-5, atol=2e-5, err_msg=f"window {k}")
    assert len(found) == 1 + (len(sound) - size) // hop


# Signals whose values can be worked out on paper.


def test_a_tone() -> None:
    """1,000 Hz: 100 periods a window, all power in bin 100 of 800."""
    row = short_term(tone(1000).astype(np.float32))[3]
    value = {name: row[k] for name, k in COLUMN.items()}
    assert value["zero_crossing_rate"] == pytest.approx(200 / 1599, abs=2 / 1599)
    assert value["energy"] == pytest.approx(0.5, abs=1e-3)
    assert value["energy_entropy"] == pytest.approx(math.log2(10), abs=1e-4)
    assert value["spectral_centroid"] == pytest.approx(101 / 800, abs=1e-3)
    assert value["spectral_spread"] == pytest.approx(0, abs=0.01)
    assert value["spectral_entropy"] == pytest.approx(0, abs=1e-3)
    assert value["spectral_flux"] == pytest.approx(0, abs=1e-6)
    assert value["spectral_rolloff"] == pytest.approx(100 / 800)


def test_a_click() -> None:
    """One sample in the first of ten parts: flat spectrum, no entropy of energy."""
    sound = np.zeros(RATE, np.float32)
    sound[RATE // 2 + 50] = 1
    row = short_term(sound)[10]
    value = {name: row[k] for name, k in COLUMN.items()}
    assert value["energy"] == pytest.approx(1 / 1600, rel=1e-3)
    assert value["energy_entropy"] == pytest.approx(0, abs=0.01)
    assert value["spectral_centroid"] == pytest.approx(0.5, abs=0.01)
    assert value["spectral_spread"] == pytest.approx(1 / math.sqrt(12), abs=0.01)
    assert value["spectral_entropy"] == pytest.approx(math.log2(10), abs=0.01)
    assert value["spectral_rolloff"] == pytest.approx(0.9, abs=0.01)


def test_silence_is_finite_and_the_level_changes_nothing() -> None:
    assert np.isfinite(short_term(np.zeros(8_000, np.float32))).all()
    np.testing.assert_allclose(short_term(spoken()), short_term(spoken() * 0.01), atol=1e-3)
