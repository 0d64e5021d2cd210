"""Wall and processor seconds of several pieces of work, taken in turns."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

__all__ = ["Seconds", "commands", "in_turns"]


@dataclass(frozen=True)
class Seconds:
    """Medians.

    Args:
        wall: seconds that passed.
        cpu: seconds that all threads (and processes) of it worked, user and system.
    """

    wall: float
    cpu: float


def in_turns(
    works: Mapping[str, Callable[[], object]], runs: int, warm: bool = True
) -> dict[str, Seconds]:
    """Run all works in turns, so that a busy machine is fair to all.

    Args:
        works: {name: what is run}.
        runs: of each.
        warm: run each once before. Of three or more runs the median does without that.
    """
    for work in works.values() if warm else ():
        work()
    return _rounds(works, runs, resource.RUSAGE_SELF)


def commands(given: Mapping[str, list[str]], runs: int) -> dict[str, Seconds]:
    """The same for commands, each in a process of its own, with compiled Python files kept."""
    outside = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

    def run(command: list[str]) -> None:
        subprocess.run(command, check=True, env=outside, stdout=subprocess.DEVNULL, stderr=None)

    works = {name: lambda c=command: run(c) for name, command in given.items()}  # type: ignore[misc]
    for work in works.values():
        work()
    return _rounds(works, runs, resource.RUSAGE_CHILDREN)


def _rounds(works: Mapping[str, Callable[[], object]], runs: int, who: int) -> dict[str, Seconds]:
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for number in range(runs):
        for name, work in works.items():
            cpu, wall = _cpu(who), time.perf_counter()
            work()
            taken[name].append((time.perf_counter() - wall, _cpu(who) - cpu))
        print(f"  round {number + 1} of {runs}", end="\r", file=sys.stderr)
    return {
        name: Seconds(statistics.median(w for w, _ in all_), statistics.median(c for _, c in all_))
        for name, all_ in taken.items()
    }


def _cpu(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime
