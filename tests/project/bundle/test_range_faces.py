"""Limits of the face encoder, measured on pictures of which it is right about every one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.data.datasets import fer2013
from mien.features.face_quality import face_quality
from mien.inference.bundle import load
from project.bundle.range_faces import COST, DAMAGES, LEAST_SIDE, _coarse, _crossing, face_limits
from tests.project.bundle.made_corpora import PICTURES, as_answered


@pytest.fixture(scope="module")
def root(made_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """FER2013 with the labels that the encoder gives."""
    folder = tmp_path_factory.mktemp("fer2013")
    return as_answered(made_data / "fer2013", folder, load())


def test_a_limit_lies_at_the_edge_or_where_damage_begins_to_cost(root: Path) -> None:
    limits, told = face_limits(load(), root)
    splits = fer2013.load(root)
    learned, public = splits["Training"].pictures, splits["PublicTest"].pictures
    assert told["n"] == PICTURES
    assert set(limits) == {*DAMAGES, "turned"}
    for name, (measure, damage, levels) in DAMAGES.items():
        one = told[name]
        assert isinstance(one, dict)
        places, accuracy = one[f"median {measure}"], one["accuracy"]
        assert one["levels"] == [0.0, *levels]
        assert accuracy[0] == 1.0
        assert all(0 <= share <= 1 for share in accuracy)
        middle = np.median(getattr(face_quality(damage(public, levels[-1])), measure))
        assert places[-1] == pytest.approx(middle, abs=1e-3)
        costs = _crossing(places, accuracy, 1 - COST)
        # The report's shares have four digits, and lines between levels may be steep.
        assert one["costs from"] == pytest.approx(costs, rel=2e-3, abs=2e-3)
        shown = _coarse(learned) if name == "blurred" else learned
        values = np.sort(getattr(face_quality(shown), measure))
        low, high = sorted((values[0], values[1])), sorted((values[-2], values[-1]))
        between = high if name == "bright" else low
        assert between[0] - 1e-3 <= one["edge of training"] <= between[1] + 1e-3
        far = max if name == "bright" else min
        assert limits[name] == far(one["edge of training"], one["costs from"])


def test_damage_that_costs_is_told_by_the_accuracy(root: Path) -> None:
    _, told = face_limits(load(), root)
    for name in ("dark", "flat", "blurred"):
        one = told[name]
        assert isinstance(one, dict)
        assert min(one["accuracy"]) < 1 - COST, name


def test_faces_that_are_found_set_the_limit_of_turning(root: Path) -> None:
    limits, told = face_limits(load(), root)
    turned = told["turned"]
    assert isinstance(turned, dict)
    assert 0 < turned["faces"] <= PICTURES
    assert 0 <= turned["median"] <= limits["turned"]


def test_coarse_pictures_have_no_more_than_their_small_copies_show(made_data: Path) -> None:
    pictures = fer2013.load(made_data / "fer2013")["Training"].pictures[:4]
    coarse = _coarse(pictures)
    assert coarse.shape == pictures.shape
    spectrum = np.abs(np.fft.fft2(coarse - coarse.mean((1, 2), keepdims=True)))
    high = spectrum[:, LEAST_SIDE // 2 : -LEAST_SIDE // 2, LEAST_SIDE // 2 : -LEAST_SIDE // 2]
    before = np.abs(np.fft.fft2(pictures - pictures.mean((1, 2), keepdims=True)))
    kept = before[:, LEAST_SIDE // 2 : -LEAST_SIDE // 2, LEAST_SIDE // 2 : -LEAST_SIDE // 2]
    assert high.mean() < 0.5 * kept.mean()
