"""Limit OpenCV to one thread while stages of mien run in parallel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import cv2

__all__ = ["one_thread"]

_lock = Lock()
_inside: list[int] = []  # for each that is inside, the number of threads before the first came


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep OpenCV to one thread, in this process, until the last one leaves.

    Its threads wait for one another by spinning, so beside other busy threads they cost more
    than they gain.
    """
    with _lock:
        _inside.append(_inside[0] if _inside else cv2.getNumThreads())
        cv2.setNumThreads(1)
    try:
        yield
    finally:
        with _lock:
            before = _inside.pop()
            if not _inside:
                cv2.setNumThreads(before)
