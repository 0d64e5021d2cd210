from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

import mien
from mien.data.manifest import Manifest
from mien.errors import MediaError, UsageError
from mien.features.extractors import extractor
from mien.features.extractors.given_faces import GivenFaces
from mien.features.store import Store, load_features, run_features
from mien.labels import EMOTIONS
from mien.types import Clip


def folder(place: Path, *numbers: int, red: int = 200) -> Path:
    """Pictures of AFEW's size and names, redder by their number."""
    place.mkdir(parents=True)
    for number in numbers:
        picture = np.zeros((128, 128, 3), np.uint8)
        picture[:, :, 2] = red
        picture[:, :, 0] = number
        cv2.imwrite(str(place / f"000046280-{number:04}.png"), picture)
    return place


def test_pictures_of_the_folder_in_their_order_and_at_their_times(tmp_path: Path) -> None:
    one = GivenFaces(size=64)
    found = one.extract(folder(tmp_path / "000046280", 1, 2, 3, 7, 11), None, None)
    assert found.values.shape == (5, 64, 64, 3)
    assert found.values[:, 5, 5].tolist() == [[200, 0, n] for n in (1, 2, 3, 7, 11)]
    assert found.times.tolist() == pytest.approx([0, 0.04, 0.08, 0.24, 0.4])
    part = one.extract(tmp_path / "000046280", 0.05, 0.4)
    assert part.times.tolist() == pytest.approx([0.08, 0.24])
    assert len(one.extract(folder(tmp_path / "none"), None, None)) == 0
    grey = GivenFaces(size=64, colour=False).extract(tmp_path / "000046280", None, None)
    assert grey.values.shape == (5, 64, 64)


def test_without_a_folder_it_is_the_alignment_by_five_points() -> None:
    settings = {"fps": 5.0, "size": 64, "colour": True, "every": 0.0}
    given, own = extractor("given_faces", **settings), extractor("faces", **settings)
    ours = own.extract(mien.sample(), 0.0, 1.0)
    np.testing.assert_array_equal(given.extract(mien.sample(), 0.0, 1.0).values, ours.values)


def test_what_is_no_picture_and_what_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(b"text")
    with pytest.raises(MediaError, match=r"1.jpg: is not a picture"):
        GivenFaces().extract(tmp_path, None, None)
    with pytest.raises(UsageError, match="given_faces: rate 0 must be"):
        extractor("given_faces", rate=0)
    with pytest.raises(UsageError, match="size 4 must be"):
        extractor("given_faces", size=4)


def test_the_store_goes_by_the_column_and_by_what_is_in_the_folder(tmp_path: Path) -> None:
    folder(tmp_path / "Faces" / "a", 1, 2, 3)
    sample = str(mien.sample())
    clips = (
        Clip("a", sample, 0.0, 1.0, "sad", extra={"faces": "Faces/a"}),
        Clip("b", sample, 0.0, 1.0, "sad", extra={"faces": ""}),
    )
    manifest = Manifest("made", clips, EMOTIONS, tmp_path)
    one, store = GivenFaces(size=32, fps=5.0), Store(tmp_path / "store")
    both = [one, extractor("faces", fps=5.0)]
    assert run_features(manifest, both, store) == []
    given, own = load_features(manifest, one, store)
    assert len(given) == 3
    assert len(own) == 5
    assert len(load_features(manifest, both[1], store)[0]) == 5
    assert run_features(manifest, both, store) == []
    (tmp_path / "Faces" / "a" / "000046280-0003.png").unlink()
    with pytest.raises(UsageError, match="run 'mien features' first"):
        load_features(manifest, one, store)
