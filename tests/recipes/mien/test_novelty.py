"""Scores of strangeness: their figures counted by hand, on pictures that are strange on purpose."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.bundle import load
from mien.datasets import fer2013
from mien.recipes.mien.novelty import _strange, novelty

STARTS = range(0, 48, 12)


def pictures(data: Path) -> np.ndarray:
    return fer2013.load(data / "fer2013")["PublicTest"].pictures


def test_strange_pictures_are_what_they_are_called(made_data: Path) -> None:
    faces = pictures(made_data)
    found = _strange(faces)
    assert all(p.shape == faces.shape and p.dtype == np.uint8 for p in found.values())
    np.testing.assert_array_equal(found["upside down"][:, ::-1], faces)
    half = found["half covered"]
    assert (half[:, :, :24] == 128).all()
    np.testing.assert_array_equal(half[:, :, 24:], faces[:, :, 24:])
    shuffled = found["cut into 16 and shuffled"]
    assert not np.array_equal(shuffled, faces)
    tiles = (
        sorted(p[0][r : r + 12, c : c + 12].tobytes() for r in STARTS for c in STARTS)
        for p in (shuffled, faces)
    )
    assert next(tiles) == next(tiles)
    steps = [np.abs(np.diff(p.astype(float))).mean() for p in (found["blurred by 3 px"], faces)]
    assert steps[0] < steps[1] / 2


def test_figures_are_those_of_the_scores_pair_by_pair(made_data: Path) -> None:
    bundle, faces = load(), pictures(made_data)
    found = novelty(bundle, made_data / "fer2013")
    strange = _strange(faces)
    assert set(found) == set(strange)

    def scores(shown: np.ndarray) -> dict[str, np.ndarray]:
        rows = bundle.encode("face", shown, whole=True).astype(float)
        return {"norm": -np.sqrt((rows[:, :-7] ** 2).sum(1)), "probability": -rows[:, -7:].max(1)}

    usual = scores(faces)
    for name, shown in strange.items():
        assert set(found[name]) == {"Mahalanobis", "norm", "probability"}
        assert 0.5 < found[name]["Mahalanobis"][0] <= 1
        for score, values in scores(shown).items():
            above = values[:, None] > usual[score][None]
            same = values[:, None] == usual[score][None]
            area, part = found[name][score]
            assert area == pytest.approx((above + same / 2).mean(), abs=6e-4)
            limit = np.quantile(usual[score], 0.99)
            assert part == pytest.approx((values > limit).mean(), abs=6e-4)
