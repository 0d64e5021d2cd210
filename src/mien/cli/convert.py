"""`mien convert`: write stored answers in the formats of other programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from mien.core.inputs import Input, named_apart
from mien.errors import MienError, OutputError, UsageError
from mien.output.answer import prediction_from_dict
from mien.output.formats import FORMATS, Format
from mien.types import Prediction

__all__ = ["convert"]

_FAILED = 1
_CHOICES = ", ".join(FORMATS)
_LINES = (".jsonl", ".ndjson")


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
    for file, name in _files(answers):
        for answer in _answers(file, name):
            try:
                if isinstance(answer, MienError):
                    raise answer
                prediction = _located(_read(answer), file)
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


@dataclass(frozen=True)
class _Answer:
    """One answer before it is parsed.

    Args:
        where: the file, and the line where it has several.
        name: what its files are called, without their suffix; with folders where it needs them.
        content: from JSON.
    """

    where: str
    name: Path
    content: Any


def _files(answers: list[Path]) -> Iterator[tuple[Path, Path]]:
    """(file of answers, its name under the output folder); a folder stands for those in it."""
    own_suffixes = tuple(form.suffix for form in FORMATS.values())
    for argument in answers:
        if not argument.exists():
            raise UsageError(f"{argument}: there is no such file or folder")
        if not argument.is_dir():
            yield argument, Path(argument.name)
            continue
        for path in sorted(argument.rglob("*.json*")):
            wanted = path.suffix in (".json", *_LINES) and not path.name.endswith(own_suffixes)
            if wanted and not path.name.startswith("."):
                yield path, path.relative_to(argument)


def _answers(file: Path, name: Path) -> Iterator[_Answer | MienError]:
    """The answers in a file: one, a list of them, or one a line; or what is wrong with a part."""
    try:
        text = _text(file)
    except UsageError as error:
        yield error
        return
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        lines = [(k, line) for k, line in enumerate(text.splitlines(), 1) if line.strip()]
        if len(lines) < 2 and file.suffix not in _LINES:
            yield UsageError(f"{file}: cannot be read as JSON")
            return
        parts = [(f"{file}: line {k}", _parsed(f"{file}: line {k}", line)) for k, line in lines]
    else:
        if not isinstance(document, list) and file.suffix not in _LINES:
            yield _Answer(str(file), Path(name.with_suffix("").name), document)
            return
        several = document if isinstance(document, list) else [document]
        parts = [(f"{file}: answer {k}", content) for k, content in enumerate(several, 1)]
    yield from _named(parts)


def _text(file: Path) -> str:
    """The text of a file; a shell may have written it in UTF-16."""
    try:
        content = file.read_bytes()
        return content.decode(json.detect_encoding(content))
    except (ValueError, OSError):
        raise UsageError(f"{file}: cannot be read as JSON") from None


def _parsed(where: str, line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return UsageError(f"{where}: cannot be read as JSON")


def _named(parts: list[tuple[str, Any]]) -> Iterator[_Answer | MienError]:
    """Answers named after the files that they are about, each with a unique name."""
    paths: dict[Path, list[tuple[str, Any]]] = {}
    for where, content in parts:
        if isinstance(content, UsageError):
            yield content
            continue
        try:
            paths.setdefault(Path(str(content["source"]["path"])), []).append((where, content))
        except (TypeError, KeyError):
            paths.setdefault(Path("answer"), []).append((where, content))
    names = named_apart([Input(path, Path(path.name or "answer")) for path in paths])
    for item in names:
        for number, (where, content) in enumerate(paths[item.path]):
            name = item.name.with_name(f"{item.name.name} {number + 1}") if number else item.name
            yield _Answer(where, name, content)


def _read(answer: _Answer) -> Prediction:
    try:
        # halves of characters cannot be written
        json.dumps(answer.content, ensure_ascii=False).encode()
        return prediction_from_dict(answer.content)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, MienError) else "cannot be read as JSON"
        raise UsageError(f"{answer.where}: {reason}") from None


def _located(prediction: Prediction, file: Path) -> Prediction:
    """The answer with the folder that its clip's path starts from.

    It is the one that the answer names where the clip is still there, else the working folder, or
    one above the answer.
    """
    path, folder_name = Path(str(prediction.source["path"])), prediction.source.get("folder")
    folders = [Path(str(folder_name))] if folder_name else []
    folders += [Path.cwd(), *file.absolute().parents]
    folder = next((candidate for candidate in folders if _is_file(candidate / path)), folders[0])
    return replace(prediction, source={**prediction.source, "folder": str(folder)})


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _write(form: Format, prediction: Prediction, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"cannot be made ({error.strerror}); choose another folder with --out"
        raise OutputError(f"{path.parent}: {reason}") from None
    form.write(prediction, path)
