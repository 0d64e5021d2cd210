"""FER2013 (Goodfellow et al. 2013) with the FER+ votes (Barsoum et al. 2016).

35,887 grey faces of 48x48 px in seven classes; official split Training, PublicTest and
PrivateTest. FER+ gives the votes of ten annotators for eight emotions, "unknown" and "not a
face". Known faults: 1,516 groups of pixel-identical pictures, 557 of them across splits.
"""

from __future__ import annotations

import csv
import gzip
import lzma
import shutil
import tarfile
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.data.datasets.corpus import Corpus, clip, demand, files
from mien.errors import OutputError, UsageError
from mien.labels import EMOTIONS, FERPLUS
from mien.types import Clip

__all__ = ["CORPUS", "SPLITS", "Fer2013", "load", "majority", "read_votes", "unpack"]

SPLITS = ("Training", "PublicTest", "PrivateTest")
_JOIN = {"happiness": "happy", "sadness": "sad", "anger": "angry"}


@dataclass(frozen=True)
class Fer2013:
    """One split of FER2013.

    Args:
        names: file names, in sorted order.
        pictures: (N,48,48) uint8 grey.
        labels: (N,) columns of `EMOTIONS`.
        votes: (N,10) FER+ votes: `FERPLUS`, then unknown and not-a-face; all 0 where FER+
            could not be joined to the picture.
    """

    names: tuple[str, ...]
    pictures: NDArray[np.uint8]
    labels: NDArray[np.int64]
    votes: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.names)

    def without_copies_of(self, other: Fer2013) -> NDArray[np.bool_]:
        """(N,) True where no picture of `other` has the very same pixels."""
        seen = {picture.tobytes() for picture in other.pictures}
        return np.array([picture.tobytes() not in seen for picture in self.pictures])


def load(root: Path) -> dict[str, Fer2013]:
    """Read the three splits from a folder that holds `fer2013.tar.xz` and the FER+ join table.

    Raises:
        UsageError: a file is missing.
    """
    archive, table = root / "fer2013.tar.xz", root / "ferplus_to_kaggle.csv.gz"
    for path in (archive, table):
        if not path.is_file():
            raise UsageError(f"{path}: not found; FER2013 needs fer2013.tar.xz and {table.name}")
    votes = read_votes(table)
    by_split: dict[str, list[tuple[str, NDArray[np.uint8], int]]] = {name: [] for name in SPLITS}
    with tarfile.open(archive, "r:xz") as tar:
        for member in tar:
            inside = PurePosixPath(member.name)
            if inside.suffix != ".jpg":
                continue
            stream = tar.extractfile(member)
            assert stream is not None  # a regular file, by its suffix
            data = np.frombuffer(stream.read(), np.uint8)
            picture = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
            if picture is None:
                raise UsageError(f"{archive}: {member.name} is not a picture")
            name = f"{inside.parts[-3]}/{inside.parts[-2]}/{inside.name}"
            split = inside.name.split("_")[0]
            by_split[split].append(
                (name, picture.astype(np.uint8), EMOTIONS.index(inside.parts[-2]))
            )
    return {
        split: _pack(sorted(rows, key=lambda r: r[0]), votes) for split, rows in by_split.items()
    }


def _pack(
    rows: list[tuple[str, NDArray[np.uint8], int]], votes: dict[str, NDArray[np.float32]]
) -> Fer2013:
    none = np.zeros(len(FERPLUS) + 2, np.float32)
    return Fer2013(
        names=tuple(name for name, _, _ in rows),
        pictures=np.stack([picture for _, picture, _ in rows]),
        labels=np.array([label for _, _, label in rows]),
        votes=np.stack([votes.get(name, none) for name, _, _ in rows]),
    )


def read_votes(table: Path) -> dict[str, NDArray[np.float32]]:
    """{picture's name within FER2013: (10,) FER+ votes} from the join table."""
    with gzip.open(table, "rt", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["kaggle_jpg"]]
    names = {_JOIN.get(name, name): name for name in rows[0]}
    columns = [names[name] for name in FERPLUS.names] + ["unknown", "NF"]
    # Two FER+ rows that name one picture cannot both be true, so neither is used.
    times = Counter(row["kaggle_jpg"] for row in rows)
    return {
        row["kaggle_jpg"]: np.array([float(row[c]) for c in columns], np.float32)
        for row in rows
        if times[row["kaggle_jpg"]] == 1
    }


def majority(votes: NDArray[np.float32]) -> NDArray[np.int64]:
    """FER+ "majority" labels by its authors' rule.

    Votes of one person are dropped; the winner must hold more than half of what is left;
    pictures won by "unknown" or "not a face" are out.

    Args:
        votes: (N,10), the columns of `Fer2013.votes`.

    Returns:
        (N,) columns of `FERPLUS`, -1 where there is no majority.
    """
    left = np.where(votes <= 1, 0, votes)
    winner = left.argmax(1)
    total = left.sum(1)
    wins = (left.max(1) > 0.5 * total) & (winner < len(FERPLUS)) & (total > 0)
    return np.where(wins, winner, -1)


_ARCHIVES = ("fer2013.tar.xz", "fer2013.tar.gz", "fer2013.tar")
_TABLES = ("fer2013.csv", "icml_face_data.csv")
_OFFICIAL = {"Training": "train", "PublicTest": "val", "PrivateTest": "test"}


def find(root: Path) -> list[Clip]:
    """Pictures in folders of their class whose names begin with the official split.

    Where they were unpacked from the original table, `row` is their number in it.
    """
    clips = []
    for path in files(root, (".jpg", ".png")):
        split, label = path.stem.split("_")[0], path.parent.name
        if split in _OFFICIAL and label in EMOTIONS.names:
            number = path.stem.partition("_row")[2]
            row = {"row": str(int(number))} if number.isdigit() else {}
            clips.append(clip(root, path, label, "", "research", _OFFICIAL[split], **row))
    return demand(clips, root, "pictures like train/angry/Training_10118481.jpg")


def unpack(root: Path, out: Path) -> Path:
    """Pictures from a tar file or the original table into folders of their class under `out`.

    An unpacked Kaggle folder is used as it is. A tar file may hold the folders or the table.

    Raises:
        UsageError: there is no such file, or it is damaged.
        OutputError: `out` cannot be written.
    """
    if any(root.glob("train/*/Training_*.jpg")):
        return root
    archive, table = _first(root, _ARCHIVES), _first(root, _TABLES)
    if table is None and archive is None:
        raise UsageError(f"{root}: none of {', '.join((*_ARCHIVES, *_TABLES))} and no train/")
    try:
        out.mkdir(parents=True, exist_ok=True)
        if table is None and archive is not None:
            _extract(archive, out)
            table = next((p for name in _TABLES for p in out.glob(f"**/{name}")), None)
        if table is not None:
            _write_pictures(table, out)
    except OSError as error:
        raise OutputError(f"{out}: cannot be written ({error.strerror or error})") from None
    return out


def _extract(archive: Path, out: Path) -> None:
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                _write_member(tar, member, out)
    except (tarfile.TarError, EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile) as error:
        raise UsageError(f"{archive}: cannot be unpacked ({error})") from None


def _write_member(tar: tarfile.TarFile, member: tarfile.TarInfo, out: Path) -> None:
    """A regular file within `out`; tarfile's own filters came with Python 3.11.4 only."""
    source = tar.extractfile(member) if member.isfile() else None
    if source is None:
        return
    target = out / member.name
    if not target.resolve().is_relative_to(out.resolve()):
        raise tarfile.TarError(f"'{member.name}' lies outside")
    target.parent.mkdir(parents=True, exist_ok=True)
    with source, target.open("wb") as sink:
        shutil.copyfileobj(source, sink)


def _first(root: Path, names: tuple[str, ...]) -> Path | None:
    return next((root / name for name in names if (root / name).is_file()), None)


def _write_pictures(table: Path, out: Path) -> None:
    """The rows emotion, pixels, Usage of the original table as PNG files named by their row."""
    with table.open(newline="", encoding="utf-8-sig") as stream:
        for number, cells in enumerate(csv.DictReader(stream, restval="")):
            row = {key.strip(): value.strip() for key, value in cells.items() if key}
            try:
                label = _ORIGINAL[row["emotion"]]
                pixels = np.array(row["pixels"].split(), np.float64).reshape(48, 48)
                folder = out / ("train" if _OFFICIAL[row["Usage"]] == "train" else "test") / label
                if pixels.min() < 0 or pixels.max() > 255:
                    raise ValueError
            except (KeyError, ValueError):
                wanted = f"emotion 0..6, 48x48 pixels of 0..255, Usage {' or '.join(SPLITS)}"
                raise UsageError(f"{table}: row {number + 1} is not {wanted}") from None
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{row['Usage']}_row{number:05d}.png"
            path.write_bytes(cv2.imencode(".png", pixels.astype(np.uint8))[1].tobytes())


_ORIGINAL = dict(
    zip("0123456", ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"), strict=True)
)
"""What the numbers in fer2013.csv stand for."""

CORPUS = Corpus(
    name="fer2013",
    title="FER2013",
    source="https://www.kaggle.com/c/challenges-in-representation-learning-facial-expression-recognition-challenge",
    licence="research",
    citation="Goodfellow et al. 2013, ICONIP",
    marks=(*_ARCHIVES, *_TABLES, "train/*/Training_*.jpg"),
    find=find,
    unpack=unpack,
    note=(
        "1,516 groups of pixel-identical pictures, 557 across splits; says nothing about who is "
        "seen. PublicTest is val, PrivateTest is test."
    ),
)
