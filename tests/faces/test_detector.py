from __future__ import annotations

import numpy as np
import pytest

from mien import UsageError
from mien.faces.detector import DETECTORS, detector, overlap, suppress


def test_overlap_worked_out_by_hand() -> None:
    box = np.array([0, 0, 2, 2], np.float32)
    others = np.array([[1, 0, 3, 2], [0, 0, 2, 2], [5, 5, 6, 6]], np.float32)
    assert overlap(box, others) == pytest.approx([1 / 3, 1, 0])


def test_suppression_keeps_the_surest_of_each_cluster() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60]], np.float32)
    assert suppress(boxes, np.array([0.7, 0.9, 0.8], np.float32), 0.5) == [1, 2]


@pytest.mark.parametrize("name", DETECTORS)
def test_the_face_is_found_with_its_points_in_place(name: str, portrait: np.ndarray) -> None:
    found = detector(name).detect(portrait)
    assert len(found) == 1
    (x0, y0, x1, y1), (right, left, nose, mouth) = found.boxes[0], found.points[0]
    assert x0 < right[0] < nose[0] < left[0] < x1
    assert y0 < right[1] < nose[1] < mouth[1] < y1
    assert found.scores[0] > 0.8


def test_both_detectors_agree(portrait: np.ndarray) -> None:
    one, two = (detector(name).detect(portrait) for name in DETECTORS)
    side = one.boxes[0, 2] - one.boxes[0, 0]
    assert np.abs(one.points[0] - two.points[0]).max() < 0.15 * side


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize("shape", [(50, 50, 3), (360, 8, 3), (1, 1, 3)])
def test_a_frame_without_a_face_gives_none(name: str, shape: tuple[int, ...]) -> None:
    found = detector(name).detect(np.full(shape, 90, np.uint8))
    assert len(found) == 0
    assert found.boxes.shape == (0, 4)
    assert found.points.shape == (0, 4, 2)


@pytest.mark.parametrize("name", DETECTORS)
def test_two_people_are_two_faces(name: str, portrait: np.ndarray) -> None:
    assert len(detector(name).detect(np.concatenate([portrait, portrait], 1))) == 2


def test_an_unknown_name_says_what_there_is() -> None:
    with pytest.raises(UsageError, match="blazeface, mtcnn"):
        detector("haar")
