from __future__ import annotations

import numpy as np
import pytest

import mien
from mien.features.augment_spectrograms import gaussian_noise, lower_rate, salt_and_pepper
from mien.features.extractors.spectrograms import Spectrograms

GREY = np.full((20, 48, 48), 128, np.uint8)


def test_gaussian_noise_has_the_deviation_and_stays_in_range() -> None:
    noisy = gaussian_noise(GREY, np.random.default_rng(0), 8.0)
    assert noisy.dtype == np.uint8
    assert noisy.mean() == pytest.approx(128, abs=0.2)
    assert noisy.std() == pytest.approx(8, abs=0.2)
    for edge in (0, 255):
        noisy = gaussian_noise(np.full_like(GREY, edge), np.random.default_rng(0), 30.0)
        assert abs(int(np.median(noisy)) - edge) < 30


def test_salt_and_pepper_change_their_share_and_nothing_else() -> None:
    noisy = salt_and_pepper(GREY, np.random.default_rng(0), 0.1)
    assert (noisy == 0).mean() == pytest.approx(0.05, abs=0.005)
    assert (noisy == 255).mean() == pytest.approx(0.05, abs=0.005)
    assert set(np.unique(noisy)) == {0, 128, 255}


@pytest.mark.parametrize("change", [gaussian_noise, salt_and_pepper])
def test_a_seed_repeats_and_the_input_stays(change) -> None:  # type: ignore[no-untyped-def]
    first = change(GREY, np.random.default_rng(5))
    np.testing.assert_array_equal(first, change(GREY, np.random.default_rng(5)))
    assert (GREY == 128).all()
    np.testing.assert_array_equal(change(GREY, np.random.default_rng(5), 0.0), GREY)


def test_a_lower_rate_is_as_if_the_sound_had_been_resampled() -> None:
    whole = Spectrograms(size=64).extract(mien.sample(), None, None).values[:10]
    there = Spectrograms(size=64, rate=0.5).extract(mien.sample(), None, None).values[:10]
    made = lower_rate(whole, np.random.default_rng(0), (0.5,))
    assert made.shape == whole.shape
    assert (made[:, :32] == 0).all()
    assert (there[:, :31] < 60).all()  # the resampler fades out
    np.testing.assert_allclose(made[:, 36:], there[:, 36:], atol=6)


def test_one_of_the_rates_is_drawn_and_one_is_none() -> None:
    silent = {
        int((lower_rate(GREY, np.random.default_rng(seed), (1.0, 0.75, 0.25)) == 0).sum())
        for seed in range(20)
    }
    assert silent == {0, 20 * 12 * 48, 20 * 36 * 48}
    assert (GREY == 128).all()
