"""Worker processes that may die and do not outlive their parent."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

__all__ = ["deal_out", "worker"]

Task = TypeVar("Task")
Result = TypeVar("Result")

_ARENAS = -8  # M_ARENA_MAX in malloc.h
_LOST = object()
_EXIT_SECONDS = 5.0  # s that a process has to end by itself


def worker(parent: int) -> None:
    """Prepare a worker: ignore Ctrl-C, which the parent handles, and end with the parent.

    A parent that is killed cannot tell its workers, so each looks for it every second.

    Args:
        parent: process number of the parent.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _share_memory()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _share_memory() -> None:
    """Let threads share glibc's arenas.

    Decoders and encoders bring threads with every clip, and what an arena keeps for each adds up.
    """
    if sys.platform == "linux":
        with suppress(AttributeError):  # another C library
            ctypes.CDLL(None).mallopt(_ARENAS, 2)


def deal_out(
    work: Callable[[Task], Result],
    tasks: Iterable[Task],
    jobs: int,
    begin: Callable[[int], None] = worker,
) -> Iterator[tuple[Task, Result | None]]:
    """Do each task in one of `jobs` processes, which may die.

    A task whose process dies is tried once more, alone, when all others are done. Each process has
    a line of its own to here: one that is killed while it answers cannot hold up the others, as it
    can in `concurrent.futures`, where all share one.

    Args:
        work: done in the processes; it and the tasks are pickled.
        tasks: taken as processes become free.
        jobs: processes at once.
        begin: called first in each process, with the number of this one.

    Yields:
        (task, its result) as they are done; None where the process died both times.

    Raises:
        Exception: what `work` raised.
    """
    lost = []
    for task, result in _run_once(work, tasks, jobs, begin):
        if result is _LOST:
            lost.append(task)
        else:
            yield task, result
    for task in lost:
        for _, result in _run_once(work, [task], 1, begin):
            yield task, None if result is _LOST else result


class _WorkerProcess(Generic[Task]):
    """A worker process, the connection to it, and its current task."""

    def __init__(self, work: Callable[[Task], Any], begin: Callable[[int], None]) -> None:
        context = get_context("spawn")
        self.line, worker_end = context.Pipe()
        arguments = (worker_end, work, begin, os.getpid())
        self._process = context.Process(target=_serve, args=arguments, daemon=True)
        self._process.start()
        worker_end.close()  # so that the end of the process is the end of the line

    def give(self, task: Task) -> None:
        self.task = task
        with suppress(OSError):  # it died meanwhile, which its answer tells
            self.line.send(task)

    def answer(self) -> Any:
        """The result of its task, or _LOST."""
        try:
            succeeded, value = self.line.recv()
        except (EOFError, OSError):
            return _LOST
        if not succeeded:
            raise value
        return value

    def end(self, wait: float = _EXIT_SECONDS) -> None:
        self.line.close()
        self._process.join(wait)
        self._process.terminate()
        self._process.join()


def _run_once(
    work: Callable[[Task], Any], tasks: Iterable[Task], jobs: int, begin: Callable[[int], None]
) -> Iterator[tuple[Task, Any]]:
    """Run each task once."""
    left = iter(tasks)
    members: dict[Connection[Any, Any], _WorkerProcess[Task]] = {}
    try:
        for task in left:
            member = _WorkerProcess[Task](work, begin)
            members[member.line] = member
            member.give(task)
            if len(members) == jobs:
                break
        while members:
            for line in connection.wait(list(members)):
                member = members[line]  # type: ignore[index]
                done, result = member.task, member.answer()
                if result is _LOST:
                    members.pop(member.line).end()
                for task in left:
                    if result is _LOST:
                        member = _WorkerProcess[Task](work, begin)
                        members[member.line] = member
                    member.give(task)
                    break
                else:
                    if result is not _LOST:
                        members.pop(member.line).end()
                yield done, result
    finally:
        for member in members.values():
            member.end(0)


def _serve(
    line: Connection[Any, Any],
    work: Callable[[Any], Any],
    begin: Callable[[int], None],
    parent: int,
) -> None:
    """The body of a process: tasks in, results out."""
    begin(parent)
    while True:
        try:
            task = line.recv()
        except EOFError:
            return
        try:
            answer = True, work(task)
        except Exception as error:
            answer = False, error
        line.send(answer)
