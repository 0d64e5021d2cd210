from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien import UsageError
from tests.data.datasets.trees import find, grow


def picture(root: Path, place: str, number: int, emotion: int) -> None:
    grow(root, f"{place}/images/{number}.jpg")
    (root / place / "annotations").mkdir(exist_ok=True)
    for kind, value in (("exp", str(emotion)), ("val", "-0.25"), ("aro", "0.5")):
        np.save(root / place / "annotations" / f"{number}_{kind}.npy", np.array(value))


def test_pictures_and_annotations(tmp_path: Path) -> None:
    picture(tmp_path, "train_set", 0, 1)
    picture(tmp_path, "train_set", 5, 7)  # contempt
    picture(tmp_path, "val_set", 2, 6)
    found = find("affectnet", tmp_path)
    assert {path: (c.label, c.split, dict(c.extra)) for path, c in found.items()} == {
        "train_set/images/0.jpg": ("happy", "train", {"valence": "-0.25", "arousal": "0.5"}),
        "val_set/images/2.jpg": ("angry", "val", {"valence": "-0.25", "arousal": "0.5"}),
    }


def test_annotations_that_are_none(tmp_path: Path) -> None:
    picture(tmp_path, "train_set", 0, 8)
    with pytest.raises(UsageError, match="expression 8 is none of AffectNet's eight"):
        find("affectnet", tmp_path)
    (tmp_path / "train_set" / "annotations" / "0_exp.npy").unlink()
    with pytest.raises(UsageError, match=r"0_exp.npy: missing, or not a single number"):
        find("affectnet", tmp_path)
