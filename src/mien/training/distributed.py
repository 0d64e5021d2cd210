"""Processes that train together, started by torchrun or by Ray Train.

Outside of `together` a process is the only one, whoever started it: then nothing here talks to
others, and torch is not imported.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from mien.errors import TrainingError

__all__ = [
    "PATIENCE",
    "agreed",
    "backend",
    "exchanged",
    "is_first",
    "rank",
    "size",
    "started",
    "together",
    "wait",
]

PATIENCE = timedelta(days=7)
"""How long a process waits for the others, which may be measuring or scoring a large corpus. That
one of them died is seen at once."""

T = TypeVar("T")


def started() -> bool:
    """Whether this process is one of several that torchrun started."""
    return "RANK" in os.environ and int(os.environ.get("WORLD_SIZE", 1)) > 1


@contextmanager
def together() -> Iterator[None]:
    """Be one of the processes that torchrun started; alone, or where Ray did so, nothing to do.

    Raises:
        TrainingError: another one is gone; torchrun starts all again, as often as it may.
    """
    if not started() or size() > 1:
        yield
        return
    from torch import distributed
    from torch.distributed.distributed_c10d import PrefixStore
    from torch.distributed.rendezvous import rendezvous

    store, number, count = next(rendezvous("env://"))
    # torchrun keeps the store when it starts all again, and with it addresses of dead processes.
    fresh = PrefixStore(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"), store)
    distributed.init_process_group(
        backend(), store=fresh, rank=number, world_size=count, timeout=PATIENCE
    )
    try:
        yield
    except RuntimeError as error:
        if "onnection" not in str(error):
            raise
        raise TrainingError("a process that trains together with this one is gone") from None
    finally:
        distributed.destroy_process_group()


def backend() -> str:
    """What they talk through: gloo, and NCCL between GPUs."""
    import torch

    return "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"


def size() -> int:
    """How many processes train together."""
    distributed = sys.modules.get("torch.distributed")
    running = distributed is not None and distributed.is_initialized()
    return int(distributed.get_world_size()) if distributed is not None and running else 1


def rank() -> int:
    """The number of this process among them, from 0."""
    return int(sys.modules["torch.distributed"].get_rank()) if size() > 1 else 0


def is_first() -> bool:
    """Whether this is the process that writes; also outside of `together`."""
    return rank() == 0 if size() > 1 or not started() else os.environ["RANK"] == "0"


def wait() -> None:
    """Until all processes are here."""
    agreed(lambda: None)


def agreed(make: Callable[[], T]) -> T:
    """What the first process makes, in all of them."""
    if size() == 1:
        return make()
    from torch import distributed

    content: list[T | None] = [make() if is_first() else None]
    distributed.broadcast_object_list(content)
    return content[0]  # type: ignore[return-value]


def exchanged(make: Callable[[Sequence[int]], Sequence[T]], count: int) -> list[T]:
    """A list of `count` values of which each process makes its share.

    Args:
        make: places -> their values.
        count: of all places.
    """
    if size() == 1:
        return list(make(range(count)))
    from torch import distributed

    shares: list[Sequence[T]] = [()] * size()
    distributed.all_gather_object(shares, make(range(rank(), count, size())))
    return [shares[index % size()][index // size()] for index in range(count)]
