"""Limits of the operating system for a process that decodes what strangers send."""

from __future__ import annotations

import os
import sys

__all__ = ["confine"]

_NICE = 5  # so that the server itself answers at once


def confine(memory: int, file_bytes: int) -> None:
    """Allow this process no more than so much; on Windows nothing of it can be done.

    Args:
        memory: bytes of address space above what it has now (on Linux).
        file_bytes: size of one file; writing more fails with EFBIG.
    """
    try:
        import resource
    except ImportError:
        return
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    if sys.platform == "linux":
        most = _address_space(resource.getpagesize()) + memory
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _address_space(page: int) -> int:
    with open("/proc/self/statm", encoding="ascii") as stream:  # noqa: PTH123 (one read)
        return int(stream.read().split()[0]) * page
