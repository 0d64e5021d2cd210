"""The driver of a run over a corpus: reads the listing, calls workers, writes their rows."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from mien import __version__
from mien.errors import UsageError
from mien.features.store.lock import locked
from mien.inference.analysis import Options, chosen
from mien.inference.bundle import load
from mien.scale.cluster import cluster, here
from mien.scale.dataset import FAILURES, MANIFEST, Dataset, settled
from mien.scale.input_index import InputIndex
from mien.scale.listing import Entry, entries
from mien.scale.long_file import LongFile
from mien.scale.state import State, count
from mien.scale.storage import is_local, local
from mien.scale.worker import (
    AnalysedFile,
    DuplicateFile,
    FailedFile,
    LongFilePlan,
    Worker,
    WorkerSettings,
)
from mien.scale.writer import Writer

__all__ = ["Run", "analyze_corpus"]

_POLL_SECONDS = 0.5  # s; how often things are looked at while nothing comes


@dataclass(frozen=True)
class Run:
    """How a run is carried out; none of it changes a result.

    Args:
        address: of a Ray cluster; None starts one on this machine.
        workers: how many; 0 is as many as the cluster has room for.
        threads: of one worker, and the cores that Ray counts for it.
        device: as for `mien.load`; on "cuda" each worker has a GPU, or `gpus` of one.
        gpus: that each worker takes on "cuda".
        tries: after which an input is given up.
        span: s of a piece of a long file; files of less than two are not cut.
        every: s between two parts of the data set; what a crash of the driver loses at most.
        limit: s after which a call counts as hung.
        again: try inputs again that were given up by an earlier run.
    """

    address: str | None = None
    workers: int = 0
    threads: int = 1
    device: str = "cpu"
    gpus: float = 1.0
    tries: int = 3
    span: float = 600.0
    every: float = 30.0
    limit: float = 6 * 3600.0
    again: bool = False

    def __post_init__(self) -> None:
        if self.workers < 0 or self.threads < 1 or self.tries < 1 or self.span < 20:
            raise UsageError("workers 0 or more, threads and tries 1 or more, span 20 s or more")


@dataclass(frozen=True)
class _CallTag:
    """What a call is for: an input, or a part of a long one."""

    entry: Entry
    lost: int = 0
    anyway: bool = False
    whole: bool = False
    long: LongFile | None = None
    part: int = 0


def analyze_corpus(
    corpus: str | Path | Iterable[str | Path],
    out: str | Path,
    *,
    model: str | None = None,
    options: Options | None = None,
    window: float | None = None,
    fps: float | None = None,
    people: int | None = None,
    max_side: int | None = None,
    video_track: int | None = None,
    audio_track: int | None = None,
    channel: str | int | None = None,
    keep_tracks: bool | None = None,
    run: Run | None = None,
    progress: Callable[[State], None] | None = None,
    worker: type[Worker] = Worker,
) -> State:
    """Analyse every input once and write the answers into a partitioned Parquet data set.

    Settled inputs are not done again, and no content has its rows twice, whatever dies. See
    `mien.scale.dataset` for what is written.

    Args:
        corpus: folders, files, tables of addresses, addresses; see `mien.scale.listing.entries`.
        out: folder or address of the data set.
        model: folder or name of a bundle, the same on every machine; None is the default.
        options: of the analysis.
        window, fps, people, max_side, video_track, audio_track, channel, keep_tracks: single
            options, which go before `options`.
        run: machines and patience.
        progress: called about twice a second, in this thread.
        worker: what works on the cluster.

    Returns:
        the counts at the end.

    Raises:
        UsageError: a corpus or cluster that is not there, or `out` holds results of another model.
        BundleError: the model is damaged or not supported.
        OutputError: `out` cannot be written.
        MienError: no worker comes up.
    """
    run = run or Run()
    options = chosen(
        options,
        window=window,
        fps=fps,
        people=people,
        max_side=max_side,
        video_track=video_track,
        audio_track=audio_track,
        channel=channel,
        keep_tracks=keep_tracks,
    )
    is_single = isinstance(corpus, str | Path)
    names = [str(corpus)] if is_single else [str(source) for source in corpus]  # type: ignore[union-attr]
    bundle = load(model, run.threads, run.device)
    made_by = {
        "model": {"name": bundle.spec.name, "sha256": bundle.sha256},
        "options": asdict(options),
        "version": __version__,
    }
    dataset = Dataset(str(out), made_by)
    work = WorkerSettings(model, run.device, run.threads, options, run.span)
    with ExitStack() as stack:
        if is_local(dataset.out) and not stack.enter_context(locked(local(dataset.out) / ".lock")):
            raise UsageError(f"{out}: another run is writing into it")
        stack.enter_context(cluster(run.address, run.workers * run.threads))
        return _Corpus(names, dataset, run, work, worker).analyse(progress)


class _Corpus:
    """One run."""

    def __init__(
        self,
        names: list[str],
        dataset: Dataset,
        run: Run,
        work: WorkerSettings,
        worker: type[Worker],
    ) -> None:
        import ray

        from mien.scale.claims import ClaimRegistry
        from mien.scale.worker_pool import WorkerPool

        self._run, self._index, self.state = run, InputIndex(), State()
        if run.again:
            dataset.forget_failures()
        for table in (MANIFEST, FAILURES):
            for rows in settled(dataset.out, table):
                self._index.add_settled(entry for entry, _ in rows)
                self._index.finish(media for _, media in rows if media)
        dataset.tidy()
        self._writer = Writer(dataset, self._index, run.every)
        self._inputs = self._new_calls(entries(names))
        self._next: deque[_CallTag] = deque()
        count(names, self.state)
        claims = (
            ray.remote(ClaimRegistry)
            .options(num_cpus=0, max_restarts=-1, max_task_retries=-1, scheduling_strategy=here())
            .remote(dataset.out)
        )
        self._pool: WorkerPool[_CallTag] = WorkerPool(
            worker,
            (work, claims),
            workers=run.workers,
            cpus=run.threads,
            gpus=run.gpus if run.device == "cuda" else 0,
            limit=run.limit,
        )

    def analyse(self, progress: Callable[[State], None] | None) -> State:
        """Run until nothing is left."""
        last_report = 0.0
        try:
            while self._submit_calls() or self._pool.open:
                for call, result in self._pool.wait(_POLL_SECONDS):
                    self._take(call.tag, result)
                self._writer.tick()
                self.state.workers, self.state.deaths = self._pool.workers, self._pool.deaths
                if progress is not None and time.monotonic() - last_report >= _POLL_SECONDS:
                    last_report = time.monotonic()
                    progress(self.state)
        finally:
            self._pool.close()
            self._writer.close()
        self.state.total = self.state.skipped + self.state.settled
        if progress is not None:
            progress(self.state)
        return self.state

    def _new_calls(self, listing: Iterator[Entry]) -> Iterator[_CallTag]:
        """Calls for the inputs that are not settled yet."""
        for entry in listing:
            if self._index.add(entry):
                yield _CallTag(entry)
            else:
                self.state.skipped += 1

    def _submit_calls(self) -> bool:
        """Submit calls while workers take them; whether some are left."""
        from mien.scale.worker_pool import Call

        while True:
            if not self._pool.takes(alone=bool(self._next and self._next[0].lost)):
                return True
            tag = self._next.popleft() if self._next else next(self._inputs, None)
            tag = tag or self._stranded_duplicate()
            if tag is None:
                return False
            self._pool.submit(Call(*_call(tag), tag, alone=tag.lost > 0))

    def _stranded_duplicate(self) -> _CallTag | None:
        """A call for a duplicate whose original failed, once everything else is settled."""
        if self._pool.open:
            return None
        self._writer.flush()
        duplicate = self._index.pop_stranded_duplicate()
        if duplicate is None:
            return None
        self.state.copies -= 1
        return _CallTag(duplicate[0], anyway=True)

    def _take(self, tag: _CallTag, result: object) -> None:
        from mien.scale.worker_pool import Lost

        if isinstance(result, AnalysedFile):
            self._writer.add(tag.entry, result.media, result.rows)
            self.state.done += 1
            self.state.media += result.length
            self.state.work += result.took
        elif isinstance(result, DuplicateFile):
            self._index.add_duplicate(tag.entry, result.media)
            self.state.copies += 1
        elif isinstance(result, LongFilePlan):
            long = LongFile(result)
            self._next.extend(_CallTag(tag.entry, long=long, part=n) for n in range(long.parts))
        elif isinstance(result, FailedFile):
            self._retry_or_fail(tag, result.reason)
        elif isinstance(result, Lost):
            self._retry_or_fail(tag, f"{tag.entry.address}: {result.reason}", result.blamed)
        elif tag.long is not None and not tag.long.given_up:
            self.state.pieces += 1
            if tag.long.put(tag.part, result):
                self._next.append(_CallTag(tag.entry, long=tag.long, part=LongFile.JOIN))

    def _retry_or_fail(self, tag: _CallTag, reason: str, blamed: bool = True) -> None:
        """Try an input again; read it whole if pieces fail; give it up after `tries`."""
        if tag.long is not None and tag.long.given_up:
            return
        self.state.tries_lost += 1
        lost = tag.lost + blamed
        if lost < self._run.tries:
            self._next.append(_CallTag(tag.entry, lost, tag.anyway, tag.whole, tag.long, tag.part))
        elif tag.long is not None:
            tag.long.given_up = True
            self._next.append(_CallTag(tag.entry, anyway=True, whole=True))
        else:
            self._writer.fail(tag.entry, reason, lost)
            self.state.failed += 1


def _call(tag: _CallTag) -> tuple[str, tuple[object, ...]]:
    if tag.long is None:
        return "process", (tag.entry, tag.anyway, tag.whole)
    return tag.long.call(tag.entry, tag.part)
