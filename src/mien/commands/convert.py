"""`mien convert`: stored answers in the shapes that other programs read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mien.answer import prediction_from_dict
from mien.errors import MienError, OutputError, UsageError
from mien.formats import FORMATS, Format
from mien.types import Prediction

__all__ = ["convert"]

_FAILED = 1
_CHOICES = ", ".join(FORMATS)


def convert(
    answers: Annotated[
        list[Path], typer.Argument(help="Answers (.json) of 'mien predict', or folders of them.")
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
    for answer, name in _found(answers):
        try:
            prediction = _read(answer)
            base = answer.with_suffix("") if out is None else out / name.with_suffix("")
            for one in formats:
                _write(one, prediction, base.with_name(base.name + one.suffix))
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


def _found(answers: list[Path]) -> Iterator[tuple[Path, Path]]:
    """(answer, its name under the output folder); a folder stands for the answers in it."""
    made = tuple(one.suffix for one in FORMATS.values())
    for given in answers:
        if not given.exists():
            raise UsageError(f"{given}: there is no such file or folder")
        if not given.is_dir():
            yield given, Path(given.name)
            continue
        for path in sorted(given.rglob("*.json")):
            if not path.name.endswith(made):
                yield path, path.relative_to(given)


def _read(path: Path) -> Prediction:
    try:
        answer = json.loads(path.read_text("utf-8"))
        json.dumps(answer, ensure_ascii=False).encode()  # halves of characters cannot be written
        return prediction_from_dict(answer)
    except (ValueError, OSError, RecursionError) as error:
        reason = str(error) if isinstance(error, MienError) else "cannot be read as JSON"
        raise UsageError(f"{path}: {reason}") from None


def _write(one: Format, prediction: Prediction, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"cannot be made ({error.strerror}); choose another folder with --out"
        raise OutputError(f"{path.parent}: {reason}") from None
    one.write(prediction, path)
