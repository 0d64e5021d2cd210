from __future__ import annotations

import numpy as np
import pytest

import mien
from mien.features.extractors.spectrograms import (
    SCALES,
    band_limited,
    gated,
    pictures,
    power_spectrogram,
    segments,
    speech_samples,
)
from mien.media import RATE, read_sound


def tone(frequency: float, seconds: float = 1.0) -> np.ndarray:
    at = np.arange(round(seconds * RATE)) / RATE
    return np.sin(2 * np.pi * frequency * at).astype(np.float32)


def noise(samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, samples).astype(np.float32)


def test_speech_is_kept_and_what_is_around_it_is_not() -> None:
    spoken = read_sound(mien.sample())
    quiet = noise(2 * RATE) * 0.01
    kept = speech_samples(np.concatenate([quiet, spoken, quiet]))
    inside = (kept >= len(quiet) - 0.2 * RATE) & (kept < len(quiet) + len(spoken) + 0.2 * RATE)
    assert inside.all()
    assert len(kept) > len(spoken) / 3
    assert (np.diff(kept) > 0).all()
    assert len(speech_samples(quiet)) == 0
    assert len(speech_samples(quiet[:0])) == 0


@pytest.mark.parametrize("scale", SCALES[1:])
def test_a_lower_rate_takes_the_upper_band_and_leaves_the_rest(scale: float) -> None:
    low, high = tone(0.8 * scale * 8000), tone(1.1 * scale * 8000)
    left = band_limited(low + high, scale)
    assert left.shape == low.shape
    assert np.abs(left - low)[1000:-1000].max() < 0.02
    np.testing.assert_array_equal(band_limited(low + high, SCALES[0]), low + high)


def test_a_tone_lies_at_its_frequency() -> None:
    power = power_spectrogram(tone(1000))
    assert power.shape == (98, 257)
    assert (power.argmax(1) == 32).all()  # 1000 / 31.25
    assert power_spectrogram(tone(1000)[:399]).shape == (0, 257)


def test_segments_of_300_ms_overlap_by_half() -> None:
    power = np.arange(98.0, dtype=np.float32)[:, None] * np.ones(257, np.float32)
    cut = segments(power)
    assert cut.shape == (5, 28, 257)
    assert cut[:, 0, 0].tolist() == [0, 15, 30, 45, 60]
    assert segments(power[:27]).shape == (0, 28, 257)
    assert segments(power, 0.5, 0.0)[:, 0, 0].tolist() == [0, 50]


@pytest.mark.parametrize("size", [224, 48])
def test_a_picture_has_low_frequencies_at_the_bottom(size: int) -> None:
    shown = pictures(segments(power_spectrogram(tone(1000))), size)
    assert shown.shape == (5, size, size)
    assert shown.dtype == np.uint8
    line = shown[2, :, size // 2].argmax()
    assert line == pytest.approx((1 - 32.5 / 257) * size, abs=1)


def test_the_literal_lower_rate_draws_its_band_over_the_whole_picture() -> None:
    cut = segments(power_spectrogram(tone(1000)))
    line = pictures(cut, 224, top=0.25)[2, :, 112].argmax()
    assert line == pytest.approx((1 - 32.5 / 64) * 224, abs=2)


def test_a_clip_has_one_scale_whatever_its_level() -> None:
    loud = np.concatenate([tone(500, 0.5), 0.1 * tone(500, 0.5)])
    shown = pictures(segments(power_spectrogram(loud)), 257)  # a row for each frequency
    assert shown[0].max() == 255
    assert int(shown[0].max()) - shown[-1].max() == pytest.approx(255 * 20 / 80, abs=3)
    same = pictures(segments(power_spectrogram(0.1 * loud)), 257)
    np.testing.assert_allclose(same.astype(int), shown, atol=1)
    assert pictures(np.zeros((0, 28, 257), np.float32), 48).shape == (0, 48, 48)


def test_gating_lowers_noise_and_leaves_what_stands_out() -> None:
    heard = power_spectrogram(tone(1000) + 0.05 * noise(RATE))
    cleaned = gated(heard, power_spectrogram(0.05 * noise(RATE, 1)))
    lost = 10 * np.log10(heard / cleaned)
    assert lost[:, 32].max() < 0.1
    assert np.median(lost[:, 100:]) > 10
    assert (lost >= -1e-3).all()


def test_where_nothing_was_cut_out_the_quietest_frames_are_the_noise() -> None:
    loud = np.concatenate([0.01 * noise(RATE // 4), noise(RATE) + tone(1000)])
    heard = power_spectrogram(loud)
    cleaned = gated(heard, heard[:0])
    lost = 10 * np.log10(heard / cleaned)
    assert lost[:20].mean() > 10
    assert lost[30:].mean() < 0.5
    np.testing.assert_array_equal(gated(heard[:3], heard[:0]), heard[:3])
