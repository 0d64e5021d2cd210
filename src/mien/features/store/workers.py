"""Work dealt out to processes that may die."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from mien.core import processes

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

    Gives each task with its result as it is done, and None where its process died of it, also when
    it was tried once more.
    """
    if min(jobs, len(tasks)) < 2:
        for task in tasks:
            yield task, work(task)
        return
    yield from processes.deal_out(work, tasks, jobs, _begin)


def _begin(parent: int) -> None:
    import cv2

    cv2.setNumThreads(1)  # there is a process a core
    processes.worker(parent)
