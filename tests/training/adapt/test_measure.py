from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import mien
from mien.errors import MediaError
from mien.inference.bundle import default_path
from mien.training.adapt.keep import Kept
from mien.training.adapt.measure import ClipEvidence, Collecting, measure


@pytest.fixture(scope="module")
def bundle() -> Collecting:
    return Collecting(default_path())


def test_a_clip_is_seen_as_analyze_sees_it(bundle: Collecting) -> None:
    (found,) = measure(bundle, mien.sample(), [(None, None)])
    answer = mien.analyze(mien.sample())
    assert found.together is not None
    assert answer.probabilities is not None
    np.testing.assert_allclose(found.together, list(answer.probabilities.values()), atol=1e-9)
    assert found.present == "face+voice"
    for branch, size in (("face", 256), ("voice", 1024)):
        part = found.branches[branch]
        assert part.rows is not None
        assert part.linear is not None
        assert part.rows.shape == (size,)
        assert part.linear.shape == part.said.shape == (7,)
    voice = found.branches["voice"]
    assert voice.linear is not None
    np.testing.assert_allclose(voice.linear, voice.said, atol=1e-6)


def test_stretches_of_a_file_are_clips_of_their_own(bundle: Collecting) -> None:
    first, second, late, whole = measure(
        bundle, mien.sample(), [(0.0, 1.0), (0.5, 2.0), (900.0, 901.0), (None, None)]
    )
    assert not late.decoded
    assert not late.branches
    assert first.decoded
    faces = [one.branches["face"].rows for one in (first, second, whole)]
    assert all(rows is not None for rows in faces)
    assert not np.allclose(faces[0], faces[1])  # type: ignore[arg-type]
    (again,) = measure(bundle, mien.sample(), [(0.5, 2.0)])
    np.testing.assert_allclose(again.branches["face"].rows, faces[1], atol=1e-6)  # type: ignore[arg-type]


def test_a_broken_file_is_one_line(bundle: Collecting, tmp_path: Path) -> None:
    path = tmp_path / "broken.mp4"
    path.write_bytes(b"no film" * 100)
    with pytest.raises(MediaError, match=r"broken\.mp4"):
        measure(bundle, path, [(None, None)])


def test_what_is_kept_is_what_was_measured(bundle: Collecting, tmp_path: Path) -> None:
    (found,) = measure(bundle, mien.sample(), [(0.0, 1.0)])
    kept = Kept(tmp_path, bundle.sha256)
    kept.put(mien.sample(), (0.0, 1.0), found)
    again = Kept(tmp_path, bundle.sha256).get(mien.sample(), (0.0, 1.0))
    assert again is not None
    assert again.branches.keys() == found.branches.keys()
    for branch, part in found.branches.items():
        np.testing.assert_array_equal(again.branches[branch].rows, part.rows)
        np.testing.assert_array_equal(again.branches[branch].said, part.said)
    np.testing.assert_array_equal(again.together, found.together)
    assert Kept(tmp_path, "another").get(mien.sample(), (0.0, 1.0)) is None
    assert kept.get(mien.sample(), (0.0, 2.0)) is None
    kept.file(mien.sample(), (0.0, 1.0)).write_bytes(b"cut off")
    assert kept.get(mien.sample(), (0.0, 1.0)) is None


def test_a_clip_of_nothing_is_kept_too(bundle: Collecting, tmp_path: Path) -> None:
    kept, nothing = Kept(tmp_path, bundle.sha256), ClipEvidence({}, None, decoded=False)
    kept.put(mien.sample(), (900.0, None), nothing)
    assert kept.get(mien.sample(), (900.0, None)) == nothing
    assert replace(nothing, decoded=True) != nothing
