from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from mien.faces.align import TEMPLATE
from mien.features.face_quality import face_quality, turns


@pytest.fixture(scope="module")
def crop() -> NDArray[np.uint8]:
    coarse = np.random.default_rng(0).integers(60, 200, (12, 12)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (48, 48), interpolation=cv2.INTER_CUBIC), np.uint8)


def test_light_and_contrast_are_those_of_the_middle() -> None:
    crop = np.zeros((48, 48), np.uint8)
    crop[8:40, 8:24], crop[8:40, 24:40] = 100, 140
    found = face_quality(crop[None])
    assert (found.brightness.tolist(), found.contrast.tolist()) == ([120.0], [20.0])


def test_sharpness_falls_with_blur_and_not_with_light(crop: NDArray[np.uint8]) -> None:
    blurred = np.asarray(cv2.GaussianBlur(crop, (0, 0), 2), np.uint8)
    dark = (crop // 2).astype(np.uint8)
    sharp, soft, dim = face_quality(np.stack([crop, blurred, dark])).sharpness
    assert soft < sharp - 0.4
    assert dim == pytest.approx(sharp, abs=0.1)


def test_large_crops_in_colour_measure_the_same(crop: NDArray[np.uint8]) -> None:
    large = cv2.resize(crop, (96, 96), interpolation=cv2.INTER_NEAREST)
    one, other = face_quality(crop[None]), face_quality(np.stack([large] * 3, 2)[None])
    for name in ("brightness", "contrast", "sharpness"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=0.02)


def test_no_crops_measure_nothing() -> None:
    found = face_quality(np.zeros((0, 48, 48), np.uint8))
    assert found.brightness.shape == found.contrast.shape == found.sharpness.shape == (0,)


def test_a_flat_crop_is_finite() -> None:
    assert np.isfinite(face_quality(np.full((1, 48, 48), 90, np.uint8)).sharpness).all()


@pytest.mark.parametrize("degrees", [0, 30, 180])
def test_the_turn_is_the_same_for_a_tilted_head(degrees: float) -> None:
    points = 100 * TEMPLATE
    points[2, 0] += 0.5 * (points[1, 0] - points[0, 0])  # the nose below an eye
    c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    turned = points @ np.array([[c, -s], [s, c]], np.float32)
    assert turns(turned[None]) == pytest.approx(0.5, abs=1e-4)
    assert turns(100 * TEMPLATE[None]) == pytest.approx(0, abs=1e-4)
