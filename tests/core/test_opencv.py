from __future__ import annotations

from collections.abc import Iterator
from threading import Event, Thread

import cv2
import pytest

import mien
from mien.core.opencv import one_thread


@pytest.fixture(autouse=True)
def three() -> Iterator[None]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(3)
    yield
    cv2.setNumThreads(before)


def test_the_last_to_leave_gives_the_threads_back() -> None:
    inside, leave = Event(), Event()

    def other() -> None:
        with one_thread():
            inside.set()
            leave.wait()

    thread = Thread(target=other)
    with one_thread():
        thread.start()
        inside.wait()
    assert cv2.getNumThreads() == 1
    leave.set()
    thread.join()
    assert cv2.getNumThreads() == 3


def test_an_error_gives_them_back_too() -> None:
    with pytest.raises(ZeroDivisionError), one_thread():
        raise ZeroDivisionError
    assert cv2.getNumThreads() == 3


def test_an_analysis_leaves_them_as_they_were() -> None:
    seen = set[int]()
    mien.analyze(mien.sample(), progress=lambda *_: seen.add(cv2.getNumThreads()))
    assert (seen, cv2.getNumThreads()) == ({1}, 3)
