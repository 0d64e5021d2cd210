"""Progress of a run over a corpus, for people and for machines."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

from mien.errors import MienError
from mien.scale.listing import entries

__all__ = ["State", "count"]


@dataclass
class State:
    """Counts of a run so far.

    Args:
        total: inputs in the listing; None until it was counted.
        skipped: settled by an earlier run.
        done: analysed; `copies` had the content of another one, `failed` were given up.
        tries_lost: calls that a worker died of or that failed, and were tried again.
        pieces: of long files that were read.
        deaths: workers that died.
        workers: workers that are up.
        media: s of media that were analysed.
        work: s that workers spent on them.
        began: `time.monotonic` at the start.
    """

    total: int | None = None
    skipped: int = 0
    done: int = 0
    copies: int = 0
    failed: int = 0
    tries_lost: int = 0
    pieces: int = 0
    deaths: int = 0
    workers: int = 0
    media: float = 0.0
    work: float = 0.0
    began: float = field(default_factory=time.monotonic)

    @property
    def settled(self) -> int:
        """Inputs that this run has settled."""
        return self.done + self.copies + self.failed

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self.began

    @property
    def left(self) -> float | None:
        """Seconds that the rest will take at the speed so far."""
        if self.total is None or not self.settled:
            return None
        rest = max(0, self.total - self.skipped - self.settled)
        return rest * self.seconds / self.settled

    def to_dict(self) -> dict[str, Any]:
        """For a line of JSON; `speed` is s of media for a s of time."""
        return {
            "time": round(time.time(), 1),
            "seconds": round(self.seconds, 1),
            "total": self.total,
            "skipped": self.skipped,
            "done": self.done,
            "copies": self.copies,
            "failed": self.failed,
            "tries_lost": self.tries_lost,
            "pieces": self.pieces,
            "deaths": self.deaths,
            "workers": self.workers,
            "hours": round(self.media / 3600, 4),
            "work_seconds": round(self.work, 1),
            "speed": round(self.media / max(self.seconds, 1e-3), 2),
            "left_seconds": None if self.left is None else round(self.left, 1),
        }

    def line(self) -> str:
        """One line for people."""
        parts = [f"{self.settled + self.skipped:,} of {self._of()} files"]
        parts += [f"{self.media / 3600:,.2f} h", f"{self.media / max(self.seconds, 1e-3):,.1f}x"]
        if self.left is not None:
            parts.append(f"{_clock(self.left)} left")
        parts += [f"{self.workers} workers", f"{self.failed} failed"]
        if self.deaths:
            parts.append(f"{self.deaths} workers died")
        return ", ".join(parts)

    def json(self) -> str:
        """`to_dict` as a line."""
        return json.dumps(self.to_dict())

    def _of(self) -> str:
        return "?" if self.total is None else f"{self.total:,}"


def count(corpus: Iterable[str], state: State) -> None:
    """Count the inputs in a thread of its own, so that the time left can be told."""

    def work() -> None:
        try:
            state.total = sum(1 for _ in entries(corpus))
        except (MienError, OSError):
            return  # the run itself says it

    Thread(target=work, name="count", daemon=True).start()


def _clock(seconds: float) -> str:
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{left:02d}"
