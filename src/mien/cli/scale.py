"""`mien predict --engine ray`: analyse a corpus on a cluster."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import typer
from rich.console import Console
from rich.status import Status

from mien.cli.extras import need
from mien.errors import OutputError, UsageError

if TYPE_CHECKING:
    from mien.inference.analysis import Options
    from mien.scale import State

__all__ = ["RayOptions", "predict_corpus", "shown"]

_FAILED = 1
_PERIOD = 10.0  # s between two lines where there is no terminal, and in the log


@dataclass(frozen=True)
class RayOptions:
    """How the command is to use the cluster; see `mien.scale.Run`.

    Args:
        address: of the cluster.
        workers: how many; 0 is as many as it holds.
        threads: of one worker.
        device: where networks run.
        again: try again what failed.
        log: a file for lines of JSON.
    """

    address: str | None
    workers: int
    threads: int
    device: str
    again: bool
    log: Path | None


def predict_corpus(
    paths: Sequence[str], out: str | None, model: str | None, options: Options, cluster: RayOptions
) -> None:
    """Analyse a corpus, show how far it is, and end with exit code 1 where inputs failed."""
    need("scale", "ray", "pyarrow", "fsspec")
    from mien.scale import Run, analyze_corpus

    if out is None:
        raise UsageError("--engine ray: name the data set with --out, a folder or an address")
    corpus = [line.strip() for line in sys.stdin] if list(paths) == ["-"] else list(paths)
    run = Run(
        cluster.address, cluster.workers, cluster.threads, cluster.device, again=cluster.again
    )
    with shown(cluster.log) as progress:
        state = analyze_corpus(
            filter(None, corpus), out, model=model, options=options, run=run, progress=progress
        )
    notes = Console(stderr=True, highlight=False, soft_wrap=True)
    notes.print(
        f"{state.done} done, {state.copies} copies, {state.skipped} settled before, "
        f"{state.failed} failed; {state.media / 3600:.2f} h of media in {out}",
        markup=False,
    )
    if state.failed:
        raise typer.Exit(_FAILED)


@contextmanager
def shown(log: Path | None) -> Iterator[Callable[[State], None]]:
    """Show progress: a status line on a terminal, else a line now and then; and a log of JSON.

    Raises:
        OutputError: the file cannot be written.
    """
    notes = Console(stderr=True, highlight=False, soft_wrap=True)
    with ExitStack() as stack:
        stream: IO[str] | None = None
        try:
            stream = None if log is None else stack.enter_context(log.open("a", encoding="utf-8"))
        except OSError as error:
            raise OutputError(f"{log}: cannot be written ({error.strerror})") from None
        status: Status | None = None
        if notes.is_terminal:
            status = stack.enter_context(notes.status("waiting for workers"))
        last = 0.0

        def show(state: State) -> None:
            nonlocal last
            if status is not None:
                status.update(state.line())
            over = state.total is not None and state.skipped + state.settled >= state.total
            if time.monotonic() - last < _PERIOD and not over:
                return
            last = time.monotonic()
            if stream is not None:
                stream.write(state.json() + "\n")
                stream.flush()
            elif status is None:
                notes.print(state.line(), markup=False)

        yield show
