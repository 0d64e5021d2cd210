"""A pool of workers on a Ray cluster, which may die: every call gives a result or a loss.

Ray starts the workers, carries arguments and results, and tells who is gone. What is here is the
rule that Ray's own pools do not have: the call that a worker died of is known by name, so that its
input can be given up after a few tries, and calls that only waited behind it are not blamed. As a
result may be lost on its way when a worker dies, the first blame is a suspicion; a suspect is
tried again with nothing beside it.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import ray
from ray.exceptions import RayActorError, RayError, RayTaskError

from mien.errors import MienError

__all__ = ["Call", "Lost", "WorkerPool"]

_CALLS_AHEAD = 2  # calls a worker has: one in work, one at hand
_CHECK_SECONDS = 5.0  # s between two looks at the size of the cluster
_MAX_FAILED_STARTS = 5  # workers in a row that did not come up

Tag = TypeVar("Tag")


@dataclass(frozen=True)
class Call(Generic[Tag]):
    """A call of a method of a worker.

    Args:
        method: of the worker.
        arguments: for it.
        tag: whatever the caller wants back with the result.
        alone: a worker may have died of it: no other call is with the worker that gets it.
    """

    method: str
    arguments: tuple[Any, ...]
    tag: Tag
    alone: bool = False


@dataclass(frozen=True)
class Lost:
    """A call without a result.

    Args:
        reason: one line.
        blamed: whether it was in work when its worker died, or failed by itself.
    """

    reason: str
    blamed: bool


@dataclass(eq=False)
class _Member(Generic[Tag]):
    handle: Any
    startup: Any  # the reference of its `ready` call; None once it is up
    calls: deque[tuple[Any, Call[Tag]]] = field(default_factory=deque)
    since: float = 0.0

    def takes(self, alone: bool) -> bool:
        """Whether one more call can be given to this worker now."""
        if self.startup is not None or any(call.alone for _, call in self.calls):
            return False
        return len(self.calls) < (1 if alone else _CALLS_AHEAD)


class WorkerPool(Generic[Tag]):
    """Equal workers, as many as fit the cluster or as were requested.

    Workers that cannot be placed yet stay requested, so that Ray's autoscaler sees them.

    Args:
        kind: class of the workers, with a method `ready`.
        arguments: for it.
        workers: how many; 0 is as many as the cluster's cores hold, now and as it grows.
        cpus, gpus: that each has for itself.
        limit: s for one call, after which its worker is killed.
    """

    def __init__(
        self,
        kind: type,
        arguments: Sequence[Any],
        *,
        workers: int = 0,
        cpus: float = 1.0,
        gpus: float = 0.0,
        limit: float = 6 * 3600.0,
    ) -> None:
        needs = {"num_cpus": cpus, "num_gpus": gpus, "scheduling_strategy": "SPREAD"}
        self._kind: Any = ray.remote(kind).options(max_restarts=0, max_task_retries=0, **needs)
        self._arguments, self._requested, self._limit = arguments, workers, limit
        self._resources = {"CPU": cpus, "GPU": gpus}
        self._members: list[_Member[Tag]] = []
        self._results: list[tuple[Call[Tag], Lost]] = []
        self._last_check, self._target_size, self._failed_starts = -_CHECK_SECONDS, 0, 0
        self.deaths = 0
        self._start_workers()

    @property
    def workers(self) -> int:
        """How many are up."""
        return sum(member.startup is None for member in self._members)

    @property
    def open(self) -> int:
        """Calls without a result."""
        return sum(len(member.calls) for member in self._members) + len(self._results)

    def takes(self, alone: bool = False) -> bool:
        """Whether a call can be submitted now."""
        return any(member.takes(alone) for member in self._members)

    def submit(self, call: Call[Tag]) -> None:
        """Give a call to the worker with the fewest, one of those that take it."""
        able = [member for member in self._members if member.takes(call.alone)]
        member = min(able, key=lambda m: len(m.calls))
        if not member.calls:
            member.since = time.monotonic()
        reference = getattr(member.handle, call.method).remote(*call.arguments)
        member.calls.append((reference, call))

    def wait(self, seconds: float) -> list[tuple[Call[Tag], Any]]:
        """Results that are there after so many seconds or earlier; a `Lost` for a lost call.

        Raises:
            MienError: no worker comes up.
        """
        self._start_workers()
        self._kill_overdue()
        waiting = {m.startup: m for m in self._members if m.startup is not None}
        waiting |= {reference: m for m in self._members for reference, _ in m.calls}
        if not waiting:
            time.sleep(0 if self._results else seconds)
        else:
            references = list(waiting)
            timeout = 0 if self._results else seconds
            if ray.wait(references, num_returns=1, timeout=timeout, fetch_local=False)[0]:
                ready, _ = ray.wait(
                    references, num_returns=len(references), timeout=0, fetch_local=False
                )
                self._collect(ready, waiting)
        results, self._results = self._results, []
        return results

    def close(self) -> None:
        """End all workers, whatever they do."""
        for member in self._members:
            ray.kill(member.handle)
        self._members = []

    def _collect(self, ready: Sequence[Any], waiting: Mapping[Any, _Member[Tag]]) -> None:
        """Collect finished calls, those of each worker in their order."""
        for reference in ready:
            member = waiting[reference]
            if member not in self._members:
                continue  # has just died, with all its calls
            if reference is member.startup:
                self._on_started(member)
                continue
            position = next(n for n, (ref, _) in enumerate(member.calls) if ref == reference)
            try:
                result = ray.get(reference)
            except RayActorError as error:
                self._on_dead(member, _died(error))
                continue
            except RayTaskError as error:
                result = Lost(_line(error.cause), True)
            except RayError as error:  # the result is lost with the node it lay on
                result = Lost(_line(error), False)
            call = member.calls[position][1]
            del member.calls[position]
            member.since = time.monotonic()
            self._results.append((call, result))

    def _on_started(self, member: _Member[Tag]) -> None:
        try:
            ray.get(member.startup)
        except RayError as error:
            self._members.remove(member)
            self._failed_starts += 1
            if self._failed_starts >= _MAX_FAILED_STARTS:
                reason = str(error).strip().splitlines()[-1]  # of the traceback in the worker
                raise MienError(f"no worker comes up: {reason}") from None
            return
        member.startup, self._failed_starts = None, 0

    def _on_dead(self, member: _Member[Tag], reason: str) -> None:
        """All calls of a dead worker are lost, but only one of them was in work."""
        ray.kill(member.handle)  # if only the way to it is broken, nobody waits for it any more
        self._members.remove(member)
        self.deaths += 1
        for position, (_, call) in enumerate(member.calls):
            self._results.append((call, Lost(reason, position == 0)))

    def _kill_overdue(self) -> None:
        for member in list(self._members):
            if member.calls and time.monotonic() - member.since > self._limit:
                self._on_dead(member, f"took longer than {self._limit:g} s")

    def _start_workers(self) -> None:
        if (
            time.monotonic() - self._last_check < _CHECK_SECONDS
            and len(self._members) >= self._target_size
        ):
            return
        self._last_check = time.monotonic()
        resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
        capacity = min(
            int(resources.get(name, 0) / n + 1e-6) for name, n in self._resources.items() if n
        )
        self._target_size = self._requested or max(1, capacity)
        while len(self._members) < self._target_size:
            handle = self._kind.remote(*self._arguments)
            self._members.append(_Member(handle, handle.ready.remote()))


def _died(error: RayActorError) -> str:
    text = str(error)
    if "node" in text.lower() and "died" in text.lower() and "worker" not in text.lower():
        return "the machine that read it is gone"
    return "the process that read it died"


def _line(error: object) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0] if isinstance(error, MienError) else f"{type(error).__name__}: {lines[0]}"
