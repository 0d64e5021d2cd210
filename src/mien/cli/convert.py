"""`mien convert`: stored answers in the shapes that other programs read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mien.errors import MienError, OutputError, UsageError
from mien.output.formats import FORMATS, Format
from mien.output.stored_answers import answer_files, located, read_answer, stored_answers
from mien.types import Prediction

__all__ = ["convert"]

_FAILED = 1
_CHOICES = ", ".join(FORMATS)
_MADE = tuple(form.suffix for form in FORMATS.values())


def convert(
    answers: Annotated[
        list[Path],
        typer.Argument(
            help="Answers of 'mien predict' (.json, or .jsonl with one a line), or folders of them."
        ),
    ],
    to: Annotated[list[str], typer.Option(help=f"{_CHOICES}; may be repeated.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder; otherwise beside each answer.")
    ] = None,
) -> None:
    """Turn answers into files for ELAN, Praat, and code written for other tools.

    Exit code: 0 all done, 1 some answers failed (the others are written), 2 wrong usage.
    """
    formats = [_format(name) for name in to]
    errors, failed, done = Console(stderr=True, highlight=False, soft_wrap=True), 0, 0
    for file, name in answer_files(answers, _MADE):
        for answer in stored_answers(file, name):
            try:
                if isinstance(answer, MienError):
                    raise answer
                prediction = located(read_answer(answer), file)
                base = (file.parent if out is None else out / name.parent) / answer.name
                for form in formats:
                    _write(form, prediction, base.with_name(base.name + form.suffix))
                done += 1
            except MienError as error:
                errors.print(f"mien: {error}", markup=False)
                failed += 1
    typer.echo(f"{done} done, {failed} failed", err=True)
    if failed:
        raise typer.Exit(_FAILED)


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise UsageError(f"--to {name}: must be one of {_CHOICES}")
    return FORMATS[name]


def _write(form: Format, prediction: Prediction, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"cannot be made ({error.strerror}); choose another folder with --out"
        raise OutputError(f"{path.parent}: {reason}") from None
    form.write(prediction, path)
