"""Many files, several at a time: outputs, what is already done, failures that stop nothing else."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from pathlib import Path

from mien.core.atomic import fits, sweep
from mien.core.inputs import Input
from mien.core.sources import digest
from mien.core.walk import LEDGER
from mien.errors import MienError, OutputError, UsageError, printable
from mien.inference.analysis import Options, analyze
from mien.inference.bundle import Bundle, load
from mien.output.answer import prediction_from_dict
from mien.output.report import WRITERS
from mien.types import Prediction

__all__ = ["Job", "Ledger", "Outcome", "prepare_folder", "run"]

_log = logging.getLogger("mien")

Progress = Callable[[float, float | None], None]


@dataclass(frozen=True)
class Job:
    """What is done with every file.

    Args:
        model: folder or name of the bundle; None is the default one.
        device: see `mien.core.runtime.DEVICES`.
        threads: of one file; 0 is one a core, four at most.
        options: of the analysis.
        formats: keys of `mien.output.report.WRITERS`.
        out: the folder for results; None writes none.
        answer: whether to hand the whole prediction back.
        recall: whether to hand back that of a file which was done before too; it is done again
            where its JSON is not there.
        baseline: see `mien.analyze`; None compares with nothing.
    """

    model: str | None
    device: str
    threads: int
    options: Options
    formats: tuple[str, ...]
    out: Path | None
    answer: bool = True
    recall: bool = False
    baseline: str | None = None

    def files(self, one: Input) -> dict[str, Path]:
        """{format: the file it is written to}."""
        if self.out is None:
            return {}
        base = self.out / one.name
        return {f: base.with_name(base.name + WRITERS[f].suffix) for f in self.formats}


@dataclass(frozen=True)
class Outcome:
    """How it went with one file: a prediction, a failure in one line, or skipped as done before.

    One that is skipped has a prediction where the job recalls it.
    """

    input: Input
    prediction: Prediction | None = None
    error: str | None = None
    skipped: bool = False


class Ledger:
    """Which files in an output folder are done, and with what.

    A line is written after all outputs of a file have their final names. A key covers the media's
    hash, the bundle's hash, the options and the version of mien.
    """

    def __init__(self, job: Job, bundle: Bundle) -> None:
        self._job = job
        self._what = {
            "bundle": bundle.sha256,
            "options": asdict(job.options),
            "version": _version(),
        }
        if job.baseline is not None:
            self._what["baseline"] = _content_of(job.baseline)
        self._path = None if job.out is None else job.out / LEDGER
        self._done = dict(self._read())

    def key(self, one: Input) -> str | None:
        """The key of a file; None if the file cannot be read."""
        try:
            content = {"media": digest(one.path), **self._what}
        except MienError:
            return None
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def has(self, one: Input) -> bool:
        """Whether this file, with this job, needs nothing any more."""
        name = one.name.as_posix()
        files = self._job.files(one).values()
        if self._path is None or name not in self._done or not all(f.is_file() for f in files):
            return False
        key, formats = self._done[name]
        return set(self._job.formats) <= set(formats) and key == self.key(one)

    def recalled(self, one: Input) -> Prediction | None:
        """The answer for a file that is done, from its JSON; None where that was not written."""
        base = self._job.files(one)
        place = next(iter(base.values())).parent / f"{one.name.name}{WRITERS['json'].suffix}"
        if "json" not in self._done[one.name.as_posix()][1]:
            return None
        try:
            return prediction_from_dict(json.loads(place.read_bytes()))
        except (OSError, ValueError):
            return None

    def add(self, one: Input) -> None:
        """Note that a file is done; lines of several runs on one folder do not mix."""
        key = self.key(one)
        if self._path is None or key is None:
            return
        row = {"name": one.name.as_posix(), "key": key, "formats": list(self._job.formats)}
        try:
            with self._path.open("ab") as stream:
                stream.write(json.dumps(row).encode() + b"\n")
        except OSError as error:
            raise OutputError(_cannot_write(self._path, error)) from None

    def _read(self) -> Iterator[tuple[str, tuple[str, list[str]]]]:
        if self._path is None or not self._path.is_file():
            return
        try:
            text = self._path.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise OutputError(_cannot_write(self._path, error)) from None
        for line in text.splitlines():
            try:
                row = json.loads(line)
                yield row["name"], (row["key"], row["formats"])
            except (ValueError, KeyError, TypeError):
                continue  # a line cut off by a crash; that file is done again


def prepare_folder(out: Path) -> None:
    """Make the output folder and see that it can be written, before hours of work.

    Raises:
        OutputError: it cannot.
    """
    probe = out / f".mien-probe-{os.getpid()}"
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise OutputError(_cannot_write(out, error)) from None
    sweep(out)


def _cannot_write(path: Path, error: OSError) -> str:
    return f"{path}: cannot be written ({error.strerror}); choose another folder with --out"


def run(
    inputs: list[Input],
    job: Job,
    *,
    jobs: int = 1,
    force: bool = False,
    progress: Progress | None = None,
) -> Iterator[Outcome]:
    """Analyse files and write what was asked for; one outcome each, as they are finished.

    Args:
        inputs: the files.
        job: what to do with each.
        jobs: processes; a single file is analysed in this one.
        force: do again what is done.
        progress: (seconds done, seconds in all) within the file, where there is only one.
    """
    if jobs < 1:
        raise UsageError(f"jobs {jobs}: must be at least 1")
    ledger = Ledger(job, _bundle(job.model, job.threads, job.device))
    todo = []
    for one in inputs:
        if one.problem:
            yield Outcome(one, error=one.problem)
        elif force or not ledger.has(one):
            todo.append(one)
        elif not job.recall:
            yield Outcome(one, skipped=True)
        elif (answer := ledger.recalled(one)) is not None:
            yield Outcome(one, answer, skipped=True)
        else:
            todo.append(one)
    alone = len(todo) == 1  # of several, one that ends its process must not take the others along
    outcomes = _serial(todo, job, progress) if alone else _parallel(todo, job, jobs)
    for outcome in outcomes:
        if outcome.error is None:
            ledger.add(outcome.input)
        yield outcome


def _serial(todo: list[Input], job: Job, progress: Progress | None) -> Iterator[Outcome]:
    for one in todo:
        yield process(one, job, progress)


def _parallel(todo: list[Input], job: Job, jobs: int) -> Iterator[Outcome]:
    from mien.core.processes import deal_out

    for one, outcome in deal_out(partial(process, job=job), todo, jobs):
        died = _with_path(one, "the process that read it died; the file is skipped")
        yield outcome or Outcome(one, error=died)


@lru_cache(maxsize=2)
def _bundle(model: str | None, threads: int, device: str) -> Bundle:
    return load(model, threads, device)


def process(one: Input, job: Job, progress: Progress | None = None) -> Outcome:
    """Analyse one file and write its outputs; never raises for a file that cannot be read."""
    try:
        _check_names(one, job)
        bundle = _bundle(job.model, job.threads, job.device)
        prediction = analyze(
            one.path,
            model=bundle,
            options=job.options,
            baseline=job.baseline,
            progress=progress,
        )
        for name, path in job.files(one).items():
            _make_parent(path)
            WRITERS[name].write(prediction, one.path, path)
    except MienError as error:
        return Outcome(one, error=_with_path(one, str(error)))
    except MemoryError:
        return Outcome(
            one, error=_with_path(one, "not enough memory; try --jobs 1 or a smaller file")
        )
    except Exception as error:  # a fault of ours must not stop the other files
        _log.debug("%s", one.path, exc_info=True)
        text = f"an error in mien ({type(error).__name__}: {error}); please report it"
        return Outcome(one, error=_with_path(one, printable(text)))
    return Outcome(one, prediction if job.answer else None)


def _check_names(one: Input, job: Job) -> None:
    """See that the results can bear their names, before the work.

    Raises:
        OutputError: a name is longer than the file system takes.
    """
    for path in job.files(one).values():
        if job.out is not None and not (fits(path) and fits(job.out / path.name)):
            raise OutputError(
                f"its name is too long for a result: {path.name} has "
                f"{len(os.fsencode(path.name))} bytes; give the file a shorter name"
            )


def _make_parent(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(_cannot_write(path.parent, error)) from None


def _with_path(one: Input, message: str) -> str:
    path = printable(str(one.path))
    return message if path in message else f"{path}: {message}"


def _content_of(baseline: str) -> str:
    """A baseline as it is named, or the hash of the file that it is."""
    try:
        return digest(baseline)
    except MienError:
        return baseline


def _version() -> str:
    from mien import __version__

    return __version__
