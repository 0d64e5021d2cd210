"""The rows of the face encoder, on FER2013's private test."""

from __future__ import annotations

from pathlib import Path

from mien.evaluation.cards import OnPictures
from mien.evaluation.verify.pictures import scores_on_pictures
from mien.inference.bundle import Bundle
from project.bundle.rows import Row

__all__ = ["face_hows", "face_rows"]


def face_hows(temperature: float) -> dict[str, OnPictures]:
    """{title: how}; the first row's calibration is at a temperature fitted on the public test."""
    return {
        "FER2013 private test": OnPictures(target="fer2013", temperature=temperature),
        "FER2013 private test, flips averaged": OnPictures(target="fer2013", flips=True),
        "FER2013 private test, no copies of training pictures": OnPictures(
            target="fer2013", copies=False
        ),
        "FER+ majority, private test": OnPictures(target="ferplus_majority"),
        "FER+ majority, private test, flips averaged": OnPictures(
            target="ferplus_majority", flips=True
        ),
    }


def face_rows(bundle: Bundle, root: Path, temperature: float) -> dict[str, Row]:
    """Every row of the table, worked out on the pictures in `root`."""
    hows = face_hows(temperature)
    results = scores_on_pictures(bundle, list(hows.values()), root, lambda *_: None)
    return {title: tuple(results[provenance]) for title, provenance in hows.items()}  # type: ignore[misc]
