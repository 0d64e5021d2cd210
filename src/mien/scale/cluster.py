"""The Ray cluster that a command uses: an existing one, or one on this machine."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from mien.errors import MissingExtraError, UsageError

__all__ = ["cluster", "here"]

_STORE = 256 * 2**20  # bytes of Ray's object store; results are small


@contextmanager
def cluster(address: str | None, cores: int = 0) -> Iterator[None]:
    """Connect to Ray; an existing connection is used and kept.

    Args:
        address: "auto", "HOST:PORT" or "ray://HOST:PORT"; None starts a cluster on this machine.
        cores: of that one; 0 is all.

    Raises:
        MissingExtraError: Ray is not installed.
        UsageError: there is no cluster.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would report to its makers
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # and warns without this
    try:
        import ray
    except ImportError:
        raise MissingExtraError("ray", "scale") from None
    if ray.is_initialized():
        yield
        return
    if address:
        _knock(address)
    try:
        ray.init(
            address=address or "local",
            num_cpus=None if address else cores or os.cpu_count(),
            object_store_memory=None if address else _STORE,
            include_dashboard=None if address else False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (ConnectionError, ValueError, RuntimeError) as error:
        text = (str(error) or type(error).__name__).splitlines()[0]
        raise UsageError(f"--address {address or 'local'}: {text}") from None
    try:
        yield
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Fail at once if nothing listens there; Ray itself tries for minutes."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon or not port.isdigit():
        return
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except OSError as error:
        text = error.strerror or error
        raise UsageError(f"--address {address}: no Ray cluster there ({text})") from None


def here() -> object:
    """The scheduling strategy that places an actor on this machine."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    node = ray.get_runtime_context().get_node_id()
    return NodeAffinitySchedulingStrategy(node, soft=True)
