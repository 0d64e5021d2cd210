from __future__ import annotations

import numpy as np
import pytest

from mien.features.augment_spectrograms import gaussian_noise, salt_and_pepper

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
