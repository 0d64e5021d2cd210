"""`mien agree`: how far mien and people who coded the same clips agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mien.cli.annotate import parse_labels as label_set_of
from mien.core.progress import progress_bar
from mien.data.coding import Coding, coding_files, parse_mapping, read_coding
from mien.data.manifest import label_set
from mien.errors import MienError, UsageError
from mien.evaluation.agree import compare_raters, join
from mien.evaluation.agree.files import with_media, write_study
from mien.evaluation.agree.merge import merged
from mien.evaluation.agree.page import page
from mien.evaluation.agree.study import STAGES
from mien.evaluation.agree.terminal import show_study
from mien.labels import LabelSet
from mien.output.stored_answers import answer_files, located, read_answer, stored_answers
from mien.types import Prediction

__all__ = ["agree"]

_FAILED = 1
Answers = dict[str, Prediction]


def agree(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="CODING... ANSWERS",
            help="Files or folders of codings, as NAME=PATH to say who coded; last the answers of "
            "'mien predict' (.json, .jsonl, or a folder).",
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for page, JSON and CSV.")
    ] = None,
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", help="joy=happy: what coders wrote = label; 'x=' is no label."),
    ] = None,
    merge: Annotated[
        list[str] | None,
        typer.Option(help="sad=negative: labels of mien put together; may be repeated."),
    ] = None,
    window: Annotated[float, typer.Option(help="Seconds of a window.")] = 2.0,
    lag: Annotated[float, typer.Option(help="Seconds to search for the best lag; 0: none.")] = 3.0,
    coders_only: Annotated[
        bool, typer.Option("--coders-only", help="There are no answers: compare coders.")
    ] = False,
    labels: Annotated[
        str | None, typer.Option(help="With --coders-only: the labels, as in a,b,c.")
    ] = None,
) -> None:
    """Compare what people coded with what mien says, and people with each other.

    Reads ELAN, Praat, BORIS, The Observer's tables, plain CSV and annotation sheets. Exit code:
    0 all was used, 1 some rows or files could not be (the others were), 2 wrong usage.
    """
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    if len(paths) < 2 and not coders_only:
        raise UsageError("give one coding or more and, last, the answers of 'mien predict'")
    if not 0 <= lag <= 60:
        raise UsageError(f"--lag {lag:g}: must be 0 to 60 seconds")
    merging = parse_mapping(merge or (), "--merge")
    mapping = parse_mapping(map_ or ())
    mapping = {**merging, **{old: merging.get(new, new) for old, new in mapping.items()}}
    codings, broken = _codings(paths if coders_only else paths[:-1], mapping, errors)
    answers, unread = (None, 0) if coders_only else _answers(Path(paths[-1]), merging, errors)
    material = join(codings, answers, _labels(codings, answers, labels))
    with progress_bar() as shown:
        task = shown.add_task("reading", total=STAGES)
        result, cut = compare_raters(
            material, window, lag, lambda name: shown.update(task, advance=1, description=name)
        )
    files: list[Path] = []
    if out is not None:
        result = with_media(result, material, out)
        files = write_study(result, out, page(result, material, cut))
    show_study(Console(highlight=False, soft_wrap=False), result)
    for path in files:
        typer.echo(path)
    for fault in result.faults:
        errors.print(f"mien: {fault}", markup=False)
    if broken or unread or result.faults:
        raise typer.Exit(_FAILED)


def _codings(
    paths: Sequence[str], mapping: Mapping[str, str], errors: Console
) -> tuple[list[Coding], int]:
    """All codings, and how many files could not be read."""
    codings, broken = [], 0
    for text in paths:
        name, path = _named(text)
        for file in coding_files([path]):
            try:
                codings.append(read_coding(file, mapping, name))
            except UsageError as error:
                errors.print(f"mien: {error}", markup=False)
                broken += 1
    if not codings:
        raise UsageError("no coding could be read")
    return codings, broken


def _named(text: str) -> tuple[str, Path]:
    """The coder that is named, "" for none, and the path."""
    name, equals, rest = text.partition("=")
    named = equals and name.strip() and rest and not Path(text).exists()
    return (name.strip(), Path(rest)) if named else ("", Path(text))


def _answers(path: Path, merging: Mapping[str, str], errors: Console) -> tuple[Answers, int]:
    """{path of the clip: answer}, and how many could not be read."""
    answers: Answers = {}
    unread = 0
    for file, name in answer_files([path], (".json.json",)):
        for stored in stored_answers(file, name):
            try:
                if isinstance(stored, MienError):
                    raise stored
                answer = located(read_answer(stored), file)
            except MienError as error:
                errors.print(f"mien: {error}", markup=False)
                unread += 1
                continue
            answers[str(answer.source["path"])] = merged(answer, merging)
    if not answers:
        raise UsageError(f"{path}: holds no answer of 'mien predict'; give them last")
    return answers, unread


def _labels(codings: Sequence[Coding], answers: Answers | None, names: str | None) -> LabelSet:
    """The label set: that of the answers, the one that is given, or all that were coded."""
    if answers is not None:
        sets = {answer.labels for answer in answers.values()}
        if len(sets) > 1:
            raise UsageError("the answers are of models with different labels; give those of one")
        return LabelSet("answers", next(iter(sets)))
    if names is not None:
        return label_set_of(names)
    coded = {stretch.label for coding in codings for stretch in coding.stretches}
    if not coded:
        raise UsageError("the codings hold no label")
    return label_set("coded", coded)
