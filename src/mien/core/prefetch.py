"""Run an iterator ahead of its consumer in a thread, with a bounded queue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import TypeVar

__all__ = ["prefetch"]

T = TypeVar("T")


@contextmanager
def prefetch(source: Iterator[T], depth: int, name: str) -> Iterator[Iterator[T]]:
    """An iterator over `source` that runs at most `depth` items ahead.

    An exception of `source` is raised in the consumer. Leaving the context stops the thread, even
    if items are left; nested stages have to be left in the reverse order of entering.

    Args:
        source: runs in a thread of its own.
        depth: items that wait at most.
        name: of the thread.
    """
    queue: Queue[tuple[T | None, BaseException | None]] = Queue(depth)
    stop = Event()

    def put(item: tuple[T | None, BaseException | None]) -> None:
        while not stop.is_set():
            try:
                queue.put(item, timeout=0.1)
                return
            except Full:
                continue

    def work() -> None:
        try:
            for item in source:
                put((item, None))
                if stop.is_set():
                    return
            put((None, StopIteration()))
        except BaseException as error:
            put((None, error))

    def items() -> Iterator[T]:
        while True:
            item, error = queue.get()
            if isinstance(error, StopIteration):
                return
            if error is not None:
                raise error
            assert item is not None  # only an end or an error comes without an item
            yield item

    thread = Thread(target=work, name=name)
    thread.start()
    try:
        yield items()
    finally:
        stop.set()
        while thread.is_alive():
            try:
                queue.get(timeout=0.05)
            except Empty:
                continue
        thread.join()
