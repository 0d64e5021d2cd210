"""Work dealt out to processes that may die."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Protocol, TypeVar

from mien.processes import worker

__all__ = ["Deal", "deal_out"]

Task = TypeVar("Task")
Result = TypeVar("Result")


class Deal(Protocol):
    """Does tasks somewhere: in processes here (`deal_out`), on a cluster (`mien.scale`)."""

    def __call__(
        self, work: Callable[[Task], Result], tasks: Sequence[Task], jobs: int
    ) -> Iterator[tuple[Task, Result | None]]:
        """As `deal_out`."""


def deal_out(
    work: Callable[[Task], Result], tasks: Sequence[Task], jobs: int
) -> Iterator[tuple[Task, Result | None]]:
    """Do each task in one of `jobs` processes; 1 works in this one.

    Gives each task with its result as it is done, and None where its process died of it. Tasks
    that were in work when a process died are tried once more, each alone.
    """
    if min(jobs, len(tasks)) < 2:
        for task in tasks:
            yield task, work(task)
        return
    left = dict(enumerate(tasks))
    try:
        for number, result in _pool(work, left, jobs):
            yield left.pop(number), result
    except BrokenProcessPool:
        for number, task in list(left.items()):
            try:
                yield from ((task, result) for _, result in _pool(work, {number: task}, 1))
            except BrokenProcessPool:
                yield task, None


def _pool(
    work: Callable[[Task], Result], tasks: dict[int, Task], jobs: int
) -> Iterator[tuple[int, Result]]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, context, _begin, (os.getpid(),)) as pool:
        waiting: dict[Future[Result], int] = {pool.submit(work, t): n for n, t in tasks.items()}
        try:
            while waiting:
                for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                    yield waiting.pop(future), future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list((pool._processes or {}).values()):
                process.terminate()
            raise


def _begin(parent: int) -> None:
    import cv2

    cv2.setNumThreads(1)  # there is a process a core
    worker(parent)
