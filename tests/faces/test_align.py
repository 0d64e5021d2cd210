from __future__ import annotations

import cv2
import numpy as np
import pytest

from mien.faces.align import TEMPLATE, align, similarity


def turned(
    points: np.ndarray, degrees: float, scale: float, shift: tuple[float, float]
) -> np.ndarray:
    a = np.deg2rad(degrees)
    turn = scale * np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    return (points @ turn.T + shift).astype(np.float32)


@pytest.mark.parametrize(("degrees", "scale"), [(0, 1), (25, 2.5), (-140, 0.4)])
def test_points_land_on_the_template(degrees: float, scale: float) -> None:
    points = turned(TEMPLATE * 48, degrees, scale, (300, -20))
    matrix = similarity(points, 48)
    landed = points @ matrix[:, :2].T + matrix[:, 2]
    np.testing.assert_allclose(landed, TEMPLATE * 48 - 0.5, atol=1e-3)
    assert np.hypot(*matrix[:, 0]) == pytest.approx(1 / scale, rel=1e-4)


def test_points_that_coincide_do_not_fail() -> None:
    matrix = similarity(np.full((4, 2), 7, np.float32), 48)
    assert np.isfinite(matrix).all()


def test_a_moved_and_turned_picture_gives_the_same_crop(portrait: np.ndarray) -> None:
    points = np.array([[225, 165], [262, 165], [243, 188], [243, 206]], np.float32)
    crop = align(portrait, points, 48)
    matrix = cv2.getRotationMatrix2D((240, 180), 20, 1.3)
    other = cv2.warpAffine(portrait, matrix, (480, 360))
    again = align(other, (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32), 48)
    assert crop.shape == (48, 48)
    assert np.abs(crop.astype(int) - again).mean() < 4


def test_large_faces_are_averaged_down_rather_than_skipped_over() -> None:
    stripes = np.zeros((960, 960), np.uint8)
    stripes[:, ::2] = 255
    crop = align(stripes, (TEMPLATE * 960).astype(np.float32), 48)
    assert crop[8:-8, 8:-8].std() < 20
