"""`mien predict --same-person`, `--persons` and `--save-baseline`: what needs all answers first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from mien.cli.show import prediction_line, show_prediction
from mien.core.inputs import Input
from mien.core.progress import progress_bar
from mien.errors import UsageError, printable
from mien.inference.analysis import analyze
from mien.inference.baseline.compare import compared
from mien.inference.baseline.stored import Baseline, write_baseline
from mien.inference.batch import Job, Outcome, run
from mien.inference.bundle import Bundle, load
from mien.inference.same_person import compared_by_person, read_persons
from mien.output.report import WRITERS
from mien.types import Prediction

__all__ = ["Comparison", "predict_compared"]


@dataclass(frozen=True)
class Comparison:
    """What `mien predict` was asked for beside a job.

    Args:
        persons: see `mien.inference.same_person.read_persons`; None: all files are of one person.
        save: a file for the baseline.
        table: a file for a row of each clip.
        jobs: files at a time.
        force: do again what is done.
        passed: what was passed over, in words.
    """

    persons: Path | None
    save: Path | None
    table: Path | None
    jobs: int
    force: bool
    passed: str


def predict_compared(inputs: list[Input], job: Job, wanted: Comparison) -> int:
    """Analyse files, compare each with its person's, write and show; how many failed.

    Raises:
        UsageError: options that do not go together, or no baseline can be had.
    """
    persons = None if wanted.persons is None else read_persons(wanted.persons)
    if wanted.save is not None and wanted.save.suffix != ".json":
        raise UsageError(f"--save-baseline {wanted.save}: must end with .json")
    if job.baseline is not None and len(inputs) > 1:
        raise UsageError("--baseline with --save-baseline or --same-person: give one file")
    if wanted.save is not None and persons is not None:
        raise UsageError("--save-baseline: one baseline is written; use --same-person")
    notes = Console(stderr=True, highlight=False, emoji=False, soft_wrap=True)
    plain = replace(job, baseline=None)
    predictions, failed = _answers(inputs, plain, wanted, notes)
    if not predictions:
        return failed
    bundle = load(job.model, job.threads, job.device)
    if job.baseline is not None:
        ((path, prediction),) = predictions.items()
        answer, baseline = compared(prediction, bundle, job.baseline, _analyse(bundle, job))
        answers, baselines = {path: answer}, {"": baseline}
    else:
        answers, baselines = compared_by_person(predictions, bundle, persons)
    _write(inputs, answers, job, wanted)
    _show(answers)
    _save(baselines, wanted, notes)
    return failed


def _analyse(bundle: Bundle, job: Job) -> Callable[[Path], Prediction]:
    return lambda path: analyze(path, model=bundle, options=job.options)


def _answers(
    inputs: list[Input], job: Job, wanted: Comparison, notes: Console
) -> tuple[dict[Path, Prediction], int]:
    """{file: its answer}, and how many have none."""
    predictions: dict[Path, Prediction] = {}
    failed = 0
    if wanted.passed:
        notes.print(printable(f"passed over: {wanted.passed}"), markup=False)
    with progress_bar(notes) as bar:
        task = bar.add_task("files", total=len(inputs))
        outcomes: dict[Path, Outcome] = {}
        for outcome in run(inputs, job, jobs=wanted.jobs, force=wanted.force):
            bar.advance(task)
            outcomes[outcome.input.path] = outcome
            if outcome.error is not None:
                notes.print(printable(f"mien: {outcome.error}"), markup=False)
                failed += 1
    for file in inputs:
        prediction = outcomes[file.path].prediction
        if prediction is not None:
            predictions[file.path] = prediction
    return predictions, failed


def _write(
    inputs: Sequence[Input], answers: Mapping[Path, Prediction], job: Job, wanted: Comparison
) -> None:
    """The files that say something of the comparison, again."""
    for file in inputs:
        if file.path not in answers:
            continue
        for name, path in job.files(file).items():
            if name in ("json", "html"):
                WRITERS[name].write(answers[file.path], file.path, path)
    if wanted.table is not None:
        from mien.output.report.clip_table import clip_row, write_clips

        rows = [clip_row(answers[file.path]) for file in inputs if file.path in answers]
        write_clips(rows, wanted.table)


def _show(answers: Mapping[Path, Prediction]) -> None:
    console = Console(highlight=False, emoji=False)
    for prediction in answers.values():
        if len(answers) == 1:
            show_prediction(console, prediction)
        else:
            console.print(prediction_line(prediction), soft_wrap=True)


def _save(baselines: Mapping[str, Baseline], wanted: Comparison, notes: Console) -> None:
    for baseline in baselines.values():
        for missing in baseline.missing:
            notes.print(printable(f"  - {baseline.name}: {missing}"), markup=False)
    if wanted.save is not None:
        (baseline,) = baselines.values()
        if not baseline.people and not baseline.shared:
            raise UsageError(f"--save-baseline: {'; '.join(baseline.missing)}; nothing is written")
        write_baseline(baseline, wanted.save)
        notes.print(printable(f"  wrote {wanted.save}"), markup=False)
