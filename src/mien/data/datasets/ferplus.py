"""FER+: FER2013's pictures with the votes of ten people for eight emotions."""

import csv
import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data.datasets import fer2013
from mien.data.datasets.corpus import Corpus, clip, demand
from mien.errors import UsageError
from mien.labels import FERPLUS
from mien.types import Clip

_JOIN = "ferplus_to_kaggle.csv.gz"
_VOTES = "fer2013new.csv"
_COLUMNS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
_OTHERS = ("unknown", "NF")

Votes = NDArray[np.float32]


def find(root: Path) -> list[Clip]:
    """Pictures with a majority by FER+'s rule; the votes are further columns.

    Row n of fer2013new.csv is row n of FER2013's own table. The pictures of the Kaggle folders do
    not say their row: they need a table ferplus_to_kaggle.csv.gz that joins them. Contempt, an
    eighth class, is left out with the pictures that have no majority.
    """
    joined = fer2013.read_votes(root / _JOIN) if (root / _JOIN).is_file() else {}
    rows = _rows(root / _VOTES) if (root / _VOTES).is_file() else []
    clips = []
    for picture in fer2013.find(root):
        number = int(picture.extra.get("row", -1))
        known = 0 <= number < len(rows)
        cast = rows[number] if known else joined.get(f"{picture.id}.jpg")
        label = "" if cast is None else _label(cast)
        if cast is not None and label not in ("", "contempt"):
            columns = {f"vote_{n}": f"{v:.0f}" for n, v in zip(FERPLUS.names, cast, strict=False)}
            path = root / picture.path
            clips.append(clip(root, path, label, "", "MIT (votes)", picture.split, **columns))
    return demand(clips, root, f"pictures that {_VOTES} or {_JOIN} has votes for")


def _label(cast: Votes) -> str:
    winner = int(fer2013.majority(cast[None])[0])
    return "" if winner < 0 else FERPLUS.names[winner]


def _rows(table: Path) -> list[Votes]:
    """The ten columns of votes, in the order of `Fer2013.votes`."""
    with table.open(newline="", encoding="utf-8-sig") as stream:
        try:
            return [
                np.array([float(row[name]) for name in (*_COLUMNS, *_OTHERS)], np.float32)
                for row in csv.DictReader(stream)
            ]
        except (KeyError, TypeError, ValueError):
            wanted = ", ".join((*_COLUMNS, *_OTHERS))
            raise UsageError(f"{table}: needs numbers in the columns {wanted}") from None


def unpack(root: Path, out: Path) -> Path:
    """FER2013's pictures, and beside them the tables of votes."""
    tables = [root / name for name in (_JOIN, _VOTES) if (root / name).is_file()]
    folder = fer2013.unpack(root, out)
    if folder != root:
        for table in tables:
            shutil.copyfile(table, folder / table.name)
    return folder


CORPUS = Corpus(
    name="ferplus",
    title="FER+",
    source="https://github.com/microsoft/FERPlus",
    licence="MIT (votes); research (pictures)",
    citation="Barsoum et al. 2016, ICMI",
    marks=(_VOTES, _JOIN),
    find=find,
    unpack=unpack,
    note="Majority by the authors' rule: votes of one person dropped, over half of what is left.",
)
