"""Pictures of a clip that stay in the store until somebody looks at them.

A training looks at a few of each clip at a time, and the pictures of all clips together do not
fit into memory. What is here knows how many there are and where; `values[places]` reads and
decodes those and no others, as an array would give them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import DTypeLike, NDArray

if TYPE_CHECKING:
    import pyarrow

__all__ = ["KEPT", "Recent", "StoredPictures", "decoded"]

KEPT = 2**27
"""Bytes of compressed pictures that are kept at hand, those that were looked at last."""

Compressed = Sequence["pyarrow.Buffer"]


class StoredPictures:
    """What indexes like (T,S,S) or (T,S,S,3) uint8 pictures, and is read as it is indexed.

    Args:
        read: gives the compressed pictures of the clip.
        count: T.
        shape: of one picture.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, read: Callable[[], Compressed], count: int, shape: tuple[int, ...]) -> None:
        self._read, self._count, self._one = read, count, shape

    @property
    def shape(self) -> tuple[int, ...]:
        """(T,S,S) or (T,S,S,3)."""
        return (self._count, *self._one)

    @property
    def ndim(self) -> int:
        """Dimensions."""
        return 1 + len(self._one)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        return (self[place] for place in range(self._count))

    def __getitem__(self, chosen: Any) -> NDArray[np.uint8]:
        """The pictures at these places: a number, a slice, numbers of any shape, or flags."""
        places = np.arange(self._count)[chosen]
        different, back = np.unique(places, return_inverse=True)
        pictures = np.zeros((len(different), *self._one), np.uint8)
        if len(different):
            compressed = self._read()
            for row, place in enumerate(different.tolist()):
                pictures[row] = decoded(compressed[place], self._one)
        whole: NDArray[np.uint8] = pictures[back.reshape(np.shape(places))]
        return whole

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        return self[:] if dtype is None else self[:].astype(dtype)


def decoded(data: pyarrow.Buffer, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """One picture, grey or RGB."""
    grey = len(shape) == 2
    how = cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_COLOR
    read = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), how), np.uint8)
    return read if grey else np.asarray(cv2.cvtColor(read, cv2.COLOR_BGR2RGB), np.uint8)


class Recent:
    """Compressed pictures of the clips that were read last, by key, up to so many bytes.

    Args:
        most: bytes; a single clip may have more.
    """

    def __init__(self, most: int = KEPT) -> None:
        self.most, self.held = most, 0
        self._clips: OrderedDict[str, tuple[Compressed, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str, read: Callable[[], tuple[Compressed, int]]) -> Compressed:
        """Those of a clip, which `read` gives with their bytes if they are not at hand."""
        with self._lock:
            if key in self._clips:
                self._clips.move_to_end(key)
                return self._clips[key][0]
        compressed, size = read()
        with self._lock:
            if key not in self._clips:
                self._clips[key] = compressed, size
                self.held += size
            while self.held > self.most and len(self._clips) > 1:
                _, (_, gone) = self._clips.popitem(last=False)
                self.held -= gone
        return compressed

    def __reduce__(self) -> tuple[type[Recent], tuple[int]]:
        return Recent, (self.most,)  # other processes begin with nothing at hand
