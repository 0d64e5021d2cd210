"""Run tasks on a Ray cluster, as `mien.features.store.workers` does on one machine."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from mien.scale.worker_pool import Call, Lost, WorkerPool

__all__ = ["map_on_ray"]

_TRIES = 2
_POLL_SECONDS = 0.5  # s

Task = TypeVar("Task")
Result = TypeVar("Result")


class _TaskWorker:
    """A worker that runs any function it is given."""

    def __init__(self) -> None:
        import cv2

        cv2.setNumThreads(1)  # there is a process a core

    def ready(self) -> int:
        return os.getpid()

    def do(self, work: Callable[[Task], Result], task: Task) -> Result:
        return work(task)


def map_on_ray(
    work: Callable[[Task], Result], tasks: Sequence[Task], jobs: int, workers: int = 0
) -> Iterator[tuple[Task, Result | None]]:
    """Do each task on the cluster, as `mien.features.store.workers.deal_out` does it here.

    Gives each task with its result as it is done, and None where it failed twice.

    Args:
        work: a function of a module that all machines have.
        tasks: for it; files that they name lie where all machines find them.
        jobs: ignored; the size of the cluster decides.
        workers: how many; 0 is as many as fit.

    Raises:
        MienError: no worker comes up.
    """
    del jobs
    left = deque((number, 0) for number in range(len(tasks)))
    pool: WorkerPool[tuple[int, int]] = WorkerPool(_TaskWorker, (), workers=workers)
    try:
        while left or pool.open:
            while left and pool.takes(alone=left[0][1] > 0):
                tag = left.popleft()
                pool.submit(Call("do", (work, tasks[tag[0]]), tag, alone=tag[1] > 0))
            for call, result in pool.wait(_POLL_SECONDS):
                number, tries = call.tag
                if not isinstance(result, Lost):
                    yield tasks[number], result
                elif tries + result.blamed < _TRIES:
                    left.appendleft((number, tries + result.blamed))
                else:
                    yield tasks[number], None
    finally:
        pool.close()
