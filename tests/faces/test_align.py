from __future__ import annotations

import cv2
import numpy as np
import pytest

from mien.faces.align import CORNERS, TEMPLATE, Cut, eye_corners, similarity
from mien.media.pictures import Picture


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
    crop = Cut(48)(portrait, points)
    matrix = cv2.getRotationMatrix2D((240, 180), 20, 1.3)
    other = cv2.warpAffine(portrait, matrix, (480, 360))
    again = Cut(48)(other, (points @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32))
    assert crop.shape == (48, 48)
    assert np.abs(crop.astype(int) - again).mean() < 4


def test_large_faces_are_averaged_down_rather_than_skipped_over() -> None:
    stripes = np.zeros((960, 960), np.uint8)
    stripes[:, ::2] = 255
    crop = Cut(48)(stripes, (TEMPLATE * 960).astype(np.float32))
    assert crop[8:-8, 8:-8].std() < 20


POINTS = np.array([[225, 165], [262, 165], [243, 188], [243, 206]], np.float32)


def test_outer_corners_lie_outside_the_eyes_on_their_line() -> None:
    """0.23 of 37 px is 8.51."""
    np.testing.assert_allclose(eye_corners(POINTS), [[216.49, 165], [270.51, 165]], atol=1e-3)
    tilted = turned(POINTS, 30, 2.0, (5, 7))
    np.testing.assert_allclose(
        eye_corners(tilted), turned(eye_corners(POINTS), 30, 2.0, (5, 7)), atol=1e-3
    )


@pytest.mark.parametrize("margin", [0.0, 0.25])
@pytest.mark.parametrize("degrees", [0, 35])
def test_eye_corners_land_on_their_places_whatever_the_mouth_does(
    margin: float, degrees: float
) -> None:
    cut = Cut(100, alignment="eye_corners", margin=margin)
    points = turned(POINTS, degrees, 1.5, (40, -10))
    points[2:] += (6, 20)  # a turned, open-mouthed face
    matrix = cut.matrix(points, 100)
    landed = eye_corners(points) @ matrix[:, :2].T + matrix[:, 2]
    wanted = (CORNERS + margin) / (1 + 2 * margin) * 100 - 0.5
    np.testing.assert_allclose(landed, wanted, atol=1e-3)


def test_the_corners_places_fit_the_template() -> None:
    np.testing.assert_allclose(eye_corners(TEMPLATE), CORNERS, atol=2e-3)


@pytest.mark.parametrize("size", [24, 48, 224])
def test_colour(portrait: np.ndarray, size: int) -> None:
    cut = Cut(size, colour=True)
    crop = cut(portrait, POINTS)
    assert crop.shape == cut.shape == (size, size, 3)
    assert np.abs(crop @ np.array([0.299, 0.587, 0.114]) - Cut(size)(portrait, POINTS)).max() < 2
    grey = cut(np.ascontiguousarray(portrait[..., 0]), POINTS)
    assert (grey == grey[..., :1]).all()


def test_a_margin_shows_what_is_around(portrait: np.ndarray) -> None:
    wide = Cut(72, margin=0.25)(portrait, POINTS).astype(int)
    assert np.abs(wide[12:60, 12:60] - Cut(48)(portrait, POINTS)).mean() < 1


def test_the_places_are_those_that_the_shipped_networks_learned_from() -> None:
    """A changed template is another network's."""
    places = [[0.317, 0.389], [0.683, 0.389], [0.5, 0.6], [0.5, 0.775]]
    np.testing.assert_allclose(TEMPLATE, places, atol=1e-6)
    np.testing.assert_allclose(CORNERS, [[0.233, 0.389], [0.767, 0.389]], atol=1e-6)
    assert Cut() == Cut(48, False, "five_points", 0.0)


def test_a_tiny_face_lands_on_the_template_too() -> None:
    points = (TEMPLATE * 0.05).astype(np.float32)
    matrix = similarity(points, 48)
    landed = points @ matrix[:, :2].T + matrix[:, 2]
    np.testing.assert_allclose(landed, TEMPLATE * 48 - 0.5, atol=1e-3)


@pytest.mark.parametrize(("side", "fine"), [(30, 1), (70, 1), (100, 2), (150, 3), (190, 3)])
def test_a_crop_is_cut_at_a_whole_multiple_and_averaged_down(side: int, fine: int) -> None:
    """The largest multiple that is not finer than the face itself."""
    picture = np.random.default_rng(0).integers(0, 255, (side + 8, side + 8), np.uint8)
    points = (TEMPLATE * side).astype(np.float32)
    size = 48 * fine
    large = cv2.warpAffine(picture, similarity(points, size), (size, size))
    wanted = cv2.resize(large, (48, 48), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(Cut(48)(picture, points), wanted)


@pytest.mark.parametrize("side", [200, 390, 960, 1700])
def test_a_large_face_is_halved_first_and_stays_in_its_place(side: int) -> None:
    small = np.random.default_rng(0).integers(0, 255, (12, 12), np.uint8)
    picture = cv2.resize(small, (side + 9, side + 9), interpolation=cv2.INTER_CUBIC)
    points = (TEMPLATE * side).astype(np.float32)
    large = cv2.warpAffine(picture, similarity(points, 384), (384, 384))
    wanted = cv2.resize(large, (48, 48), interpolation=cv2.INTER_AREA).astype(int)
    assert np.abs(Cut(48)(picture, points) - wanted).mean() < 1.5


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("shift", [0.0, -150.0])
def test_a_crop_out_of_a_picture_is_that_of_the_whole_frame(
    portrait: np.ndarray, scale: float, shift: float
) -> None:
    frame = cv2.resize(portrait, None, fx=scale, fy=scale)
    points = POINTS * np.float32(scale) + np.float32([shift, 0])
    for cut in (Cut(48), Cut(48, colour=True), Cut(64, margin=0.3)):
        whole = cut(frame, points).astype(int)
        assert np.abs(cut.out_of(Picture(frame), points) - whole).mean() < 2


class Watched(Picture):
    """A picture that remembers the region that was asked for: left, top, right, bottom."""

    def grey(self, rows: slice, columns: slice) -> np.ndarray:
        self.region = np.array([columns.start, rows.start, columns.stop, rows.stop])
        return super().grey(rows, columns)


def placed(side: float, degrees: float, middle: tuple[float, float]) -> np.ndarray:
    """Points of a face whose crop is a square of this side, in pixels of the frame."""
    return turned(TEMPLATE - 0.5, degrees, side, middle)


@pytest.mark.parametrize("degrees", [0, 30, 200])
@pytest.mark.parametrize("side", [5, 24, 70, 97, 300, 1000])
def test_what_is_read_of_a_picture_is_all_that_a_crop_shows_and_little_more(
    side: int, degrees: float
) -> None:
    """No black creeps in from the region's edge; it is wider by two pixels of crop and frame."""
    picture = Watched(np.full((1500, 2600, 3), 255, np.uint8))
    crop = Cut(24).out_of(picture, placed(side, degrees, (1850, 750)))
    assert (crop == 255).all()
    reach = side / 2 * (abs(np.cos(np.deg2rad(degrees))) + abs(np.sin(np.deg2rad(degrees))))
    wide = reach + 2 * side / 24 + 2
    assert (picture.region[:2] > np.array([1850, 750]) - wide - 1.5).all()
    assert (picture.region[2:] < np.array([1850, 750]) + wide + 1.5).all()


@pytest.mark.parametrize("middle", [(0, 40), (119, 40), (60, 0), (60, 79), (0, 79), (119, 0)])
def test_where_the_frame_ends_a_crop_ends_at_the_same_pixel(middle: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (80, 120, 3), np.uint8)
    for degrees in (0, 30):
        points = placed(40, degrees, middle)
        whole = Cut(48, colour=True)(picture, points)
        np.testing.assert_array_equal(Cut(48, colour=True).out_of(Picture(picture), points), whole)


@pytest.mark.parametrize("middle", [(-500, 40), (700, 40), (60, -500), (60, 700)])
def test_a_face_beside_the_frame_is_black_and_costs_one_row_or_column(
    middle: tuple[int, int],
) -> None:
    picture = Watched(np.full((80, 120, 3), 255, np.uint8))
    assert not Cut(48).out_of(picture, placed(40, 0, middle)).any()
    left, top, right, bottom = picture.region
    assert min(right - left, bottom - top) == 1


def test_a_frame_of_one_pixel_has_crops_too() -> None:
    picture = np.full((1, 1, 3), 255, np.uint8)
    points = placed(3, 0, (0, 0))
    crop = Cut(48).out_of(Picture(picture), points)
    assert crop.any()
    np.testing.assert_array_equal(crop, Cut(48)(picture, points))


@pytest.mark.parametrize("height", [2, 6, 700])
@pytest.mark.parametrize("side", [209, 300, 460])
def test_a_face_over_four_times_too_large_is_that_of_the_halved_frame(
    side: int, height: int
) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (height, 700), np.uint8)
    points = placed(side, 0, (350, height / 2))
    halved = cv2.resize(picture, (350, height // 2), interpolation=cv2.INTER_AREA)
    crop = Cut(48)(picture, points)
    np.testing.assert_array_equal(crop, Cut(48)(halved, points / 2 - np.float32(0.25)))


def test_a_face_exactly_four_times_too_large_is_not_halved() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (300, 300), np.uint8)
    points = TEMPLATE * np.float32(256)  # of a power of two, so that nothing is rounded
    large = cv2.warpAffine(picture, similarity(points, 256), (256, 256))
    wanted = cv2.resize(large, (64, 64), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(Cut(64)(picture, points), wanted)


def test_a_frame_of_one_row_is_never_halved_to_none() -> None:
    crop = Cut(48)(np.full((1, 2000), 255, np.uint8), placed(1000, 0, (1000, 0)))
    assert crop.shape == (48, 48)
