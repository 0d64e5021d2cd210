"""Limits of the operating system for a process that decodes what strangers send."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["confine", "is_short_of_memory"]

_NICE = 5  # so that the server itself answers at once
_MARGIN = 2**29  # bytes; the largest picture that is allowed takes 2**27 x 3


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
        limit = _address_space(resource.getpagesize()) + memory
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def is_short_of_memory() -> bool:
    """Whether this process has ever come so near its limit that an allocation may have failed.

    FFmpeg calls a packet damaged when it has no memory for its picture, so that "damaged" alone
    does not say which of the two it was. Known on Linux only; elsewhere nothing is limited.
    """
    if sys.platform != "linux":
        return False
    import resource

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit == resource.RLIM_INFINITY:
        return False
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = next(line for line in status.splitlines() if line.startswith("VmPeak:"))
    return int(peak.split()[1]) * 1024 + _MARGIN > limit


def _address_space(page: int) -> int:
    with open("/proc/self/statm", encoding="ascii") as stream:  # noqa: PTH123 (one read)
        return int(stream.read().split()[0]) * page
