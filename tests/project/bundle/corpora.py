"""A few files of each of the real corpora: what a whole retraining needs, in small."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

__all__ = ["few_of_each"]

_EVERY = 30  # of FER2013's pictures one in so many


def few_of_each(data: Path, folder: Path) -> Path:
    """Some pictures of FER2013, and links to some files of every speaker of the others."""
    for path in _chosen(data):
        link = folder / path.relative_to(data)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path)
    with (
        tarfile.open(data / "fer2013" / "fer2013.tar.xz") as whole,
        tarfile.open(folder / "fer2013" / "fer2013.tar.xz", "w:xz", preset=0) as part,
    ):
        for number, member in enumerate(whole):
            if member.isfile() and number % _EVERY == 0:
                part.addfile(member, whole.extractfile(member))
    return folder


def _chosen(data: Path) -> Iterator[Path]:
    yield data / "fer2013" / "ferplus_to_kaggle.csv.gz"
    yield from (data / "ravdess").glob("Actor_*/03-01-*-01-01-01-*")
    yield from (data / "emodb").glob("*a01*")
    yield from (data / "java_sed" / "video").glob("*-01-*")
    yield from (data / "java_sed" / "audio").glob("*-01-*")
    yield from (data / "nemo").glob("*_1.*")
    yield from (data / "ased").glob("?5-01-01-*")
    yield from (data / "faces_tw").glob("0[1-4]1*")
