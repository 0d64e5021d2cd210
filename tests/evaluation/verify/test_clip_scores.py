"""Stored scores of windows and faces, read as clips."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.errors import UsageError
from mien.evaluation.verify.clip_scores import Windows, clip_means, write_means


def test_windows_are_averaged_and_empty_ones_are_absent(tmp_path: Path) -> None:
    classes = "angry,disgust,fear,happy,neutral,sad,surprise"
    lines = ["b,0,01,sad,0.0,-1,-2,-3,-4,-5,-6,-7", "b,0,01,sad,0.5,-3,-2,-1,-4,-5,-6,-9"]
    lines += ["a,1,02,happy,,,,,,,,"]
    path = tmp_path / "x.csv"
    path.write_text("\n".join([f"id,fold,speaker,label,start,{classes}", *lines]) + "\n")
    found = clip_means(path)
    assert found.ids == ("a", "b")
    assert found.speakers == ("02", "01")
    assert found.labels.tolist() == [3, 5]
    assert np.isnan(found.rows[0]).all()
    np.testing.assert_allclose(found.rows[1], [-2, -2, -2, -4, -5, -6, -8])


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    rows = np.log(np.random.default_rng(0).dirichlet(np.ones(7), 3))
    rows[1] = np.nan
    given = Windows(("a", "b", "c"), ("1", "1", "2"), np.array([6, 0, 3]), rows)
    write_means(given, tmp_path / "x.csv")
    found = clip_means(tmp_path / "x.csv")
    assert (found.ids, found.speakers) == (given.ids, given.speakers)
    np.testing.assert_array_equal(found.labels, given.labels)
    np.testing.assert_allclose(found.rows, rows, atol=5e-5)
    some = found.where(np.array([True, False, True]))
    assert (some.ids, some.speakers, some.labels.tolist()) == (("a", "c"), ("1", "2"), [6, 3])
    np.testing.assert_array_equal(some.rows, found.rows[[0, 2]])


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"x\.csv: cannot be read"):
        clip_means(tmp_path / "x.csv")
