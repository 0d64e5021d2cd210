from __future__ import annotations

import os
import time
from collections.abc import Callable

import pytest

from mien.errors import MienError
from mien.scale.worker_pool import Call, Lost, WorkerPool

pytestmark = pytest.mark.usefixtures("ray_cluster")


class Helper:
    def __init__(self, fails: bool = False) -> None:
        if fails:
            raise ValueError("no such model")

    def ready(self) -> int:
        return os.getpid()

    def double(self, n: int) -> int:
        return 2 * n

    def die(self) -> None:
        os._exit(1)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def fail(self) -> None:
        raise RuntimeError("broken")


def until(
    crew: WorkerPool[str], over: Callable[[], bool], most: float = 60.0
) -> list[tuple[str, object]]:
    found, began = [], time.monotonic()
    while not over():
        found += [(call.tag, result) for call, result in crew.wait(0.2)]
        assert time.monotonic() - began < most
    return found


def test_calls_come_back_and_never_more_are_out_than_there_is_room_for() -> None:
    crew: WorkerPool[str] = WorkerPool(Helper, (), workers=2)
    assert not crew.takes()
    until(crew, lambda: crew.workers == 2)
    left, found = list(range(12)), []
    while left or crew.open:
        while left and crew.takes():
            crew.submit(Call("double", (left[-1],), str(left.pop())))
        assert crew.open <= 4
        found += [(int(call.tag), result) for call, result in crew.wait(0.2)]
    assert sorted(found) == [(n, 2 * n) for n in range(12)]
    crew.close()


def test_of_a_dead_worker_only_the_call_in_work_is_blamed_and_another_one_comes() -> None:
    crew: WorkerPool[str] = WorkerPool(Helper, (), workers=1)
    until(crew, lambda: crew.workers == 1)
    crew.submit(Call("die", (), "killer"))
    crew.submit(Call("double", (1,), "bystander"))
    found = dict(until(crew, lambda: crew.open == 0))
    assert found["killer"] == Lost("the process that read it died", True)
    assert found["bystander"] == Lost("the process that read it died", False)
    until(crew, lambda: crew.workers == 1)
    crew.submit(Call("double", (1,), "bystander"))
    assert until(crew, lambda: crew.open == 0) == [("bystander", 2)]
    assert crew.deaths == 1
    crew.close()


def test_a_suspect_has_a_worker_to_itself() -> None:
    crew: WorkerPool[str] = WorkerPool(Helper, (), workers=1)
    until(crew, lambda: crew.workers == 1)
    crew.submit(Call("double", (1,), "other"))
    assert not crew.takes(alone=True)
    until(crew, lambda: crew.open == 0)
    crew.submit(Call("double", (1,), "suspect", alone=True))
    assert not crew.takes()
    assert until(crew, lambda: crew.open == 0) == [("suspect", 2)]
    crew.close()


def test_an_error_is_told_and_a_hanging_call_is_ended() -> None:
    crew: WorkerPool[str] = WorkerPool(Helper, (), workers=1, limit=1.0)
    until(crew, lambda: crew.workers == 1)
    crew.submit(Call("fail", (), "a"))
    assert until(crew, lambda: crew.open == 0) == [("a", Lost("RuntimeError: broken", True))]
    crew.submit(Call("sleep", (600,), "b"))
    assert until(crew, lambda: crew.open == 0) == [("b", Lost("took longer than 1 s", True))]
    crew.close()


def test_workers_that_cannot_start_end_the_run() -> None:
    crew: WorkerPool[str] = WorkerPool(Helper, (True,), workers=2)
    with pytest.raises(MienError, match=r"no worker comes up: .*no such model"):
        until(crew, lambda: False)
    crew.close()
