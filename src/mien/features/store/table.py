"""`Features` as rows of Parquet, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.features.extractors.faces import FaceFeatures
from mien.features.store.stored_pictures import Compressed, StoredPictures, decoded
from mien.types import FACE_POINTS, Features

if TYPE_CHECKING:
    import pyarrow

__all__ = ["FORMAT", "Row", "features_of", "schema", "table_of", "unread"]

FORMAT = 1
"""Changes with what is stored for given features, for example the quality of the pictures."""

_QUALITY = 95  # of JPEG; the mean error of a face is below one grey level


@dataclass(frozen=True)
class Row:
    """The features of one clip.

    Args:
        key: of the clip and the extractor; see `Store.key`.
        media: SHA-256 of the file.
        start, end: seconds; None is the start and the end of the file.
        features: what was found.
    """

    key: str
    media: str
    start: float | None
    end: float | None
    features: Features


def schema(kind: str) -> pyarrow.Schema:
    """The columns for "vectors" or "pictures". Lists have an entry for each time.

    `shape` is that of one row of values: vectors of more than one dimension are stored flat.
    `boxes`, `landmarks` and `ids` are null where the pictures are not of faces.
    """
    import pyarrow as pa

    text, number, small = pa.string(), pa.float64(), pa.list_(pa.float32())
    columns = {"key": text, "media": text, "start": number, "end": number}
    columns |= {"shape": pa.list_(pa.int32()), "times": pa.list_(number)}
    columns |= {"valid": pa.list_(pa.bool_())}
    if kind == "vectors":
        columns["values"] = pa.list_(small)
    else:
        columns |= {"values": pa.list_(pa.binary()), "boxes": pa.list_(small)}
        columns |= {"landmarks": pa.list_(pa.list_(small)), "ids": pa.list_(pa.int64())}
    return pa.schema(list(columns.items()))


def table_of(row: Row, kind: str) -> pyarrow.Table:
    """A table with one row."""
    import pyarrow as pa

    features = row.features
    columns: dict[str, Any] = {"key": row.key, "media": row.media}
    columns |= {"start": row.start, "end": row.end, "shape": list(features.values.shape[1:])}
    columns |= {"times": features.times, "valid": features.valid}
    if kind == "vectors":
        flat = (len(features), int(np.prod(features.values.shape[1:])))
        columns["values"] = list(np.asarray(features.values, np.float32).reshape(flat))
    else:
        columns["values"] = [_jpeg(picture) for picture in features.values]
        columns |= dict.fromkeys(("boxes", "landmarks", "ids"))  # null but for faces
    if isinstance(features, FaceFeatures):
        columns |= {"boxes": list(features.boxes), "ids": features.ids}
        columns["landmarks"] = [list(points) for points in features.landmarks]
    what = schema(kind)
    arrays = [pa.array([columns[field.name]], field.type) for field in what]
    return pa.Table.from_arrays(arrays, schema=what)


def features_of(table: pyarrow.Table, kind: str) -> list[Features]:
    """The features of each row of a table."""
    if not len(table):
        return []
    table = table.combine_chunks()
    counts = [len(times) for times in _each(table, "times")]
    shapes = [tuple(s.tolist()) for s in _each(table, "shape")]
    common = list(zip(_each(table, "times"), _each(table, "valid"), strict=True))
    if kind == "vectors":
        sizes = [n * int(np.prod(s)) for n, s in zip(counts, shapes, strict=True)]
        flat = _split(_flat(table, "values", 2), sizes)
        return [
            Features(values.reshape(n, *shape), times, valid)
            for values, n, shape, (times, valid) in zip(flat, counts, shapes, common, strict=True)
        ]
    jpegs = iter(table["values"].chunk(0).flatten())
    pictures = [
        np.stack([decoded(next(jpegs).as_buffer(), shape) for _ in range(n)])
        if n
        else np.zeros((0, *shape), np.uint8)
        for n, shape in zip(counts, shapes, strict=True)
    ]
    return list(_seen(table, counts, pictures, common))


def unread(table: pyarrow.Table, readers: Sequence[Callable[[], Compressed]]) -> list[Features]:
    """The features of each row of a table of pictures without its `values`, which are read later.

    Args:
        table: all other columns.
        readers: for each row what gives its compressed pictures.
    """
    if not len(table):
        return []
    table = table.combine_chunks()
    times, valid, shapes = (_each(table, name) for name in ("times", "valid", "shape"))
    counts = [len(of_clip) for of_clip in times]
    pictures = [
        StoredPictures(read, n, tuple(shape.tolist()))
        for read, n, shape in zip(readers, counts, shapes, strict=True)
    ]
    return list(_seen(table, counts, pictures, list(zip(times, valid, strict=True))))


def _seen(
    table: pyarrow.Table,
    counts: Sequence[int],
    pictures: Sequence[Any],
    common: Sequence[tuple[NDArray[Any], NDArray[Any]]],
) -> Iterator[Features]:
    """Features of pictures; of faces with their places."""
    if table["ids"].null_count:
        yield from (Features(p, *c) for p, c in zip(pictures, common, strict=True))
        return
    boxes = _split(_flat(table, "boxes", 2), [4 * n for n in counts])
    each = 2 * len(FACE_POINTS)
    points = _split(_flat(table, "landmarks", 3), [each * n for n in counts])
    ids = _each(table, "ids")
    for row, (n, values) in enumerate(zip(counts, pictures, strict=True)):
        place = boxes[row].reshape(n, 4), points[row].reshape(n, len(FACE_POINTS), 2)
        yield FaceFeatures(values, *common[row], *place, ids[row])


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    how = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    given = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR) if picture.ndim == 3 else picture
    return cv2.imencode(".jpg", given, how)[1].tobytes()


def _flat(table: pyarrow.Table, name: str, depth: int) -> NDArray[Any]:
    """All numbers of a column of nested lists; a copy, since torch wants arrays to write on."""
    array = table[name].chunk(0)
    for _ in range(depth):
        array = array.flatten()
    return np.array(array.to_numpy(zero_copy_only=False))


def _each(table: pyarrow.Table, name: str) -> list[NDArray[Any]]:
    """The list of each row."""
    lengths = table[name].chunk(0).value_lengths().to_numpy(zero_copy_only=False)
    return _split(_flat(table, name, 1), lengths.tolist())


def _split(flat: NDArray[Any], sizes: Sequence[int]) -> list[NDArray[Any]]:
    return np.split(flat, np.cumsum(sizes)[:-1])
