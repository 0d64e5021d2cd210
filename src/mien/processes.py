"""Worker processes that obey and do not outlive their parent."""

from __future__ import annotations

import os
import signal
import threading
import time

__all__ = ["worker"]


def worker(parent: int) -> None:
    """Initialiser of a pool: leave Ctrl-C to the parent, end when it is gone.

    A parent that is killed cannot tell its workers, so each looks for it every second.

    Args:
        parent: process number of the parent.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
