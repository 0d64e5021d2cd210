from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from mien import UsageError
from mien.data.datasets.faces_tw import RATED, pictures
from mien.labels import EMOTIONS
from tests.data.datasets.trees import find, grow

HEAD = "file,performer,way,intended,raters,happy,sad,angry,disgust,fear,surprise"
ROWS = {
    "0101a02.jpg": "01,calm,neutral,100,0.59,0.04,0.14,0.22,0.0,0.01",
    "1511g04.jpg": "15,theatric,surprise,99,0.0,0.01,0.0,0.02,0.3,0.67",
    "0231d01.jpg": "02,own event,angry,100,0.0,0.1,0.7,0.2,0.0,0.0",
}


def tree(root: Path, *more: str) -> Path:
    grow(root, *ROWS, *more)
    lines = [HEAD, *(f"{name},{row}" for name, row in ROWS.items())]
    (root / "ratings.csv").write_text("\n".join(lines))
    return root


def test_names_carry_performer_way_and_intention(tmp_path: Path) -> None:
    found = find("faces_tw", tree(tmp_path, "0141a02.jpg", "0111h02.jpg"))
    assert {path: (c.label, c.speaker, c.extra["way"]) for path, c in found.items()} == {
        "0101a02.jpg": ("neutral", "01", "calm"),
        "0231d01.jpg": ("angry", "02", "own event"),
        "1511g04.jpg": ("surprise", "15", "theatric"),
    }


def test_what_raters_saw_is_joined_by_name(tmp_path: Path) -> None:
    found = pictures(tree(tmp_path))
    assert len(found) == 3
    assert found.names == ("0101a02.jpg", "0231d01.jpg", "1511g04.jpg")
    assert found.performers == ("01", "02", "15")
    assert found.ways == ("calm", "own event", "theatric")
    assert found.labels == ("neutral", "angry", "surprise")
    by_name = [RATED.by_name(row) for row in found.shares]
    assert by_name[0]["happy"] == pytest.approx(0.59)
    assert by_name[1]["angry"] == pytest.approx(0.7)
    assert by_name[2]["surprise"] == pytest.approx(0.67)


def test_a_picture_without_ratings_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"ratings.csv: no row for 0301a01.jpg \(1 pictures"):
        pictures(tree(tmp_path, "0301a01.jpg"))


def test_a_share_that_is_no_number_is_said(tmp_path: Path) -> None:
    path = tree(tmp_path) / "ratings.csv"
    path.write_text(path.read_text().replace("0.59", "many"))
    with pytest.raises(UsageError, match=r"ratings.csv: a share is not a number .*'many'"):
        pictures(tmp_path)


@pytest.mark.data
def test_half_of_it_is_at_hand(data: Path) -> None:
    found = pictures(data / "faces_tw")
    assert len(found) == 623
    assert len(set(found.performers)) == 14
    assert Counter(found.labels) == {
        "angry": 102,
        "disgust": 95,
        "fear": 84,
        "happy": 118,
        "neutral": 36,
        "sad": 100,
        "surprise": 88,
    }
    assert set(found.labels) == set(EMOTIONS.names)
    np.testing.assert_allclose(found.shares.sum(1), 1, atol=0.011)
    rated = np.array([RATED.names[column] for column in found.shares.argmax(1)])
    labels = np.array(found.labels)
    assert 0.75 < (rated == labels)[labels != "neutral"].mean() < 0.85
    assert np.isin(rated[labels == "fear"], ["sad", "surprise"]).mean() > 0.7
