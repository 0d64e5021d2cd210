"""The command `mien`, also as `python -m mien`: a quick start, a quick end."""

from __future__ import annotations

import atexit
import gc
import os
import sys
import threading
from typing import NoReturn

__all__ = ["command"]


def command() -> NoReturn:
    """Entry point of the command."""
    gc.disable()  # imports make many objects and next to no garbage
    from mien.core.streams import settle

    settle()
    try:
        from mien.cli.app import FAILED, main
    except KeyboardInterrupt:
        print("mien: interrupted before it began", file=sys.stderr)
        _leave(130)
    code = main()
    try:
        sys.stdout.flush()
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            print(f"mien: the output: {error.strerror}", file=sys.stderr)
        code = code or FAILED
    _leave(code)


def _leave(code: int) -> NoReturn:
    """End as Python does, but for the taking down of modules, which takes as long as their imports.

    Threads are waited for, and what asked to be called at the end is called.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    command()
