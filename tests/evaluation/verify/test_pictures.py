"""FER2013's private test in small, made of noise; and the real one."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from mien.data.datasets.fer2013 import Fer2013
from mien.errors import BundleError, UsageError
from mien.evaluation.cards import OnPictures
from mien.evaluation.verify.missing import MissingDataError
from mien.evaluation.verify.pictures import _scores, scores_on_pictures
from mien.inference.bundle import load
from mien.labels import EMOTIONS, FERPLUS

_VOTES = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"]


def make_fer2013(root: Path) -> None:
    """21 private pictures, the first of which is also a training picture; 20 have votes."""
    draw = np.random.default_rng(0)
    names, pictures = [], []
    for n in range(23):
        split, folder = ("PrivateTest", "test") if n < 21 else ("Training", "train")
        split = "PublicTest" if n == 22 else split
        names.append(f"{folder}/{EMOTIONS.names[n % 7]}/{split}_{n}.jpg")
        pictures.append(draw.integers(0, 256, (48, 48), np.uint8))
    pictures[21] = pictures[0]
    with tarfile.open(root / "fer2013.tar.xz", "w:xz") as tar:
        for name, picture in zip(names, pictures, strict=True):
            data = cv2.imencode(".jpg", picture)[1].tobytes()
            member = tarfile.TarInfo(f"fer2013/{name}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    with gzip.open(root / "ferplus_to_kaggle.csv.gz", "wt") as table:
        table.write(",".join(["kaggle_jpg", *_VOTES, "unknown", "NF"]) + "\n")
        for n, name in enumerate(names[:20]):
            votes = ["8" if k == n % len(_VOTES) else "0" for k in range(10)]
            table.write(",".join([name, *votes]) + "\n")


def quiet(*_: object) -> None:
    pass


def test_which_pictures_count(tmp_path: Path) -> None:
    (tmp_path / "fer2013").mkdir()
    make_fer2013(tmp_path / "fer2013")
    wanted = [
        OnPictures(target="fer2013"),
        OnPictures(target="fer2013", copies=False),
        OnPictures(target="ferplus_majority"),
        OnPictures(target="ferplus_majority", copies=False),
    ]
    steps: list[tuple[int, int]] = []
    found = scores_on_pictures(load(), wanted, tmp_path, lambda _, n, of: steps.append((n, of)))
    assert [found[how].scores.n for how in wanted] == [21, 20, 20, 19]
    assert found[wanted[0]].scores.confusion.shape == (len(EMOTIONS), len(EMOTIONS))
    assert found[wanted[2]].scores.confusion.shape == (len(FERPLUS), len(FERPLUS))
    assert found[wanted[0]].scores.confusion.sum(1).tolist() == [3] * 7
    assert steps[-1] == (21, 21)


def test_flips_are_averaged_as_probabilities() -> None:
    test = Fer2013(("a",), np.zeros((1, 48, 48), np.uint8), np.array([1]), np.zeros((1, 10)))
    plain, mirrored = np.zeros((1, 7)), np.zeros((1, 7))
    plain[0, 0] = 5.0  # softmax .96, and for the mirror image .998 for the true class
    mirrored[0, 1] = 8.0
    given = np.ones(1, bool), {"fer2013": plain}, {"fer2013": mirrored}
    alone = _scores(OnPictures(target="fer2013"), test, *given)
    both = _scores(OnPictures(target="fer2013", flips=True), test, *given)
    assert (alone.scores.accuracy, both.scores.accuracy) == (0.0, 1.0)


def test_calibration_is_worked_out_at_the_temperature_of_the_card() -> None:
    test = Fer2013(("a",), np.zeros((1, 48, 48), np.uint8), np.array([1]), np.zeros((1, 10)))
    plain = np.zeros((1, 7))
    plain[0, 1] = np.log(6) * 2  # at temperature 2 the class has exp(log 6) / (6 + 6) = 0.5
    given = np.ones(1, bool), {"fer2013": plain}, {"fer2013": plain}
    at_two = _scores(OnPictures(target="fer2013", temperature=2.0), test, *given)
    assert at_two.calibration is not None
    assert at_two.calibration.ece == pytest.approx(0.5)
    assert _scores(OnPictures(target="fer2013"), test, *given).calibration is None


def test_mirror_images_are_run_too(tmp_path: Path) -> None:
    make_fer2013(tmp_path)
    flips = OnPictures(target="fer2013", flips=True)
    steps: list[tuple[int, int]] = []
    found = scores_on_pictures(load(), [flips], tmp_path, lambda _, n, of: steps.append((n, of)))
    assert steps[-2:] == [(21, 42), (42, 42)]
    assert found[flips].scores.n == 21


def test_what_is_missing_or_damaged_is_said(tmp_path: Path) -> None:
    wanted = [OnPictures(target="fer2013")]
    with pytest.raises(MissingDataError, match=r"fer2013\.tar\.xz"):
        scores_on_pictures(load(), wanted, tmp_path, quiet)
    make_fer2013(tmp_path)
    (tmp_path / "fer2013.tar.xz").write_bytes(b"not a tar file")
    with pytest.raises(UsageError, match="cannot be unpacked"):
        scores_on_pictures(load(), wanted, tmp_path, quiet)


def test_a_bundle_without_a_face_encoder_is_refused(tmp_path: Path) -> None:
    make_fer2013(tmp_path)
    bundle = load()
    spec = bundle.spec
    bundle.spec = msgspec.structs.replace(
        spec,
        streams={"voice": spec.streams["voice"]},
        branches={"voice": spec.branches["voice"]},
        fusion={"kind": "mean", "branches": ["voice"], "classes": 7},
    )
    with pytest.raises(BundleError, match="face encoder"):
        scores_on_pictures(bundle, [OnPictures(target="fer2013")], tmp_path, quiet)
