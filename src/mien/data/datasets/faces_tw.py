"""Faces of Taiwanese performers, posed and elicited, with what a hundred raters saw in them.

The "Taiwan Corpora of Chinese Emotions", frontal views of professional performers (Chen, Cho and
Tseng 2013): seven intended expressions in four ways of acting, 256x256 px in colour.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data.datasets.corpus import Corpus, clip, demand, files, table
from mien.errors import UsageError
from mien.labels import EMOTIONS, LabelSet
from mien.types import Clip

__all__ = ["CORPUS", "RATED", "FacesTw", "pictures"]

RATED = LabelSet("emotions6", tuple(name for name in EMOTIONS.names if name != "neutral"))
"""What the raters chose among; neutral was none of it."""
_EMOTIONS = {
    "a": "neutral",
    "b": "happy",
    "c": "sad",
    "d": "angry",
    "e": "disgust",
    "f": "fear",
    "g": "surprise",
}
_WAYS = {"0": "calm", "1": "theatric", "2": "FACS", "3": "own event"}
_NAME = re.compile(r"^(\d\d)([0-3])\d([a-g])\d\d$")
_SUFFIXES = (".jpg", ".png")


@dataclass(frozen=True)
class FacesTw:
    """All pictures.

    Args:
        names: file names, in sorted order.
        performers: (N,) two digits each.
        ways: (N,) calm (at rest), theatric, FACS (by units of movement) or own event (felt).
        labels: (N,) the intended expression, a name of `EMOTIONS`.
        shares: (N,6) of about a hundred raters, columns of `RATED`; each row sums to about one.
    """

    names: tuple[str, ...]
    performers: tuple[str, ...]
    ways: tuple[str, ...]
    labels: tuple[str, ...]
    shares: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.names)


def pictures(root: Path) -> FacesTw:
    """The pictures in `root` and what `ratings.csv` there says of them.

    Raises:
        UsageError: no pictures, no table, or a picture that it does not have.
    """
    path = root / "ratings.csv"
    rows = {row["file"]: row for row in table(path, ("file", *RATED.names))}
    clips = find(root)
    names = [c.path.rsplit("/", 1)[-1] for c in clips]
    if missing := [name for name in names if name not in rows]:
        raise UsageError(f"{path}: no row for {missing[0]} ({len(missing)} pictures without one)")
    try:
        shares = [[float(rows[name][label]) for label in RATED.names] for name in names]
    except ValueError as error:
        raise UsageError(f"{path}: a share is not a number ({error})") from None
    return FacesTw(
        names=tuple(names),
        performers=tuple(c.speaker for c in clips),
        ways=tuple(c.extra["way"] for c in clips),
        labels=tuple(c.label for c in clips),
        shares=np.array(shares, np.float32),
    )


def find(root: Path) -> list[Clip]:
    """Files named performer, way, view, intended expression and number, as in 0111b05.jpg."""
    clips = []
    for path in files(root, _SUFFIXES):
        if match := _NAME.match(path.stem):
            performer, way, letter = match.groups()
            label = _EMOTIONS[letter]
            clips.append(clip(root, path, label, performer, "research", way=_WAYS[way]))
    return demand(clips, root, "pictures like 0111b05.jpg")


CORPUS = Corpus(
    name="faces_tw",
    title="Taiwan Corpora of Chinese Emotions: faces of professional performers",
    source="https://doi.org/10.6129/CJP.20130314",
    licence="research",
    citation="Chen, Cho & Tseng 2013, Chinese Journal of Psychology 55(4)",
    marks=("[0-9][0-9][0-3][0-9][a-g][0-9][0-9].*",),
    find=find,
    note=(
        "Labels are what was intended. Raters, who could not say neutral, agree with them in four "
        "of five pictures, but took most fear for sadness or surprise."
    ),
)
