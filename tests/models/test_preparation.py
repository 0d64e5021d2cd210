from __future__ import annotations

import numpy as np

from mien.models.preparation import BN_INCEPTION, IMAGENET, SPORTS_1M, VGG_FACE


def test_a_red_pixel_is_prepared_as_worked_out_by_hand() -> None:
    red = np.zeros((2, 1, 1, 3), np.uint8)
    red[..., 0] = 255
    np.testing.assert_allclose(
        VGG_FACE.apply(red)[0, :, 0, 0], [125.813721, -104.762382, -93.593964], rtol=1e-6
    )
    np.testing.assert_allclose(
        SPORTS_1M.apply(red)[1, :, 0, 0], [-90.25, -97.66, 153.59], rtol=1e-6
    )
    np.testing.assert_allclose(BN_INCEPTION.apply(red)[0, :, 0, 0], [-104, -117, 127])
    wanted = [(1 - 0.485) / 0.229, -0.456 / 0.224, -0.406 / 0.225]  # torchvision's numbers
    np.testing.assert_allclose(IMAGENET.apply(red)[0, :, 0, 0], wanted, rtol=1e-5)


def test_channels_come_before_the_picture_and_the_input_stays() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (4, 16, 5, 7, 3), np.uint8)
    before = pictures.copy()
    prepared = SPORTS_1M.apply(pictures)
    assert prepared.shape == (4, 16, 3, 5, 7)
    assert prepared.dtype == np.float32
    assert prepared.flags.c_contiguous
    np.testing.assert_array_equal(pictures, before)
