"""Stored answers of `mien predict`: finding them in files and folders, and reading them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mien.core.inputs import Input, named_apart
from mien.errors import MienError, UsageError
from mien.output.answer import prediction_from_dict
from mien.types import Prediction

__all__ = ["StoredAnswer", "answer_files", "located", "read_answer", "stored_answers"]

_LINES = (".jsonl", ".ndjson")


@dataclass(frozen=True)
class StoredAnswer:
    """One answer before it is looked at.

    Args:
        where: the file, and the line where it has several.
        name: what its files are called, without their suffix; with folders where it needs them.
        content: from JSON.
    """

    where: str
    name: Path
    content: Any


def answer_files(answers: list[Path], skipped: tuple[str, ...] = ()) -> Iterator[tuple[Path, Path]]:
    """(file of answers, its name under the output folder); a folder stands for those in it.

    Args:
        answers: files, and folders of them.
        skipped: endings of files in a folder that are JSON and no answers.

    Raises:
        UsageError: a path is not there.
    """
    for source in answers:
        if not source.exists():
            raise UsageError(f"{source}: there is no such file or folder")
        if not source.is_dir():
            yield source, Path(source.name)
            continue
        for path in sorted(source.rglob("*.json*")):
            wanted = path.suffix in (".json", *_LINES) and not path.name.endswith(skipped)
            if wanted and not path.name.startswith("."):
                yield path, path.relative_to(source)


def stored_answers(file: Path, name: Path) -> Iterator[StoredAnswer | MienError]:
    """The answers in a file: one, a list of them, or one a line; or what is wrong with a part."""
    try:
        text = _text(file)
    except UsageError as error:
        yield error
        return
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        lines = [(k, line) for k, line in enumerate(text.splitlines(), 1) if line.strip()]
        if len(lines) < 2 and file.suffix not in _LINES:
            yield UsageError(f"{file}: cannot be read as JSON")
            return
        parts = [(f"{file}: line {k}", _parsed(f"{file}: line {k}", line)) for k, line in lines]
    else:
        if not isinstance(whole, list) and file.suffix not in _LINES:
            yield StoredAnswer(str(file), Path(name.with_suffix("").name), whole)
            return
        several = whole if isinstance(whole, list) else [whole]
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


def _named(parts: list[tuple[str, Any]]) -> Iterator[StoredAnswer | MienError]:
    """Answers called after the files that they are about, each another name."""
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
    for media in names:
        for number, (where, content) in enumerate(paths[media.path]):
            name = media.name.with_name(f"{media.name.name} {number + 1}") if number else media.name
            yield StoredAnswer(where, name, content)


def read_answer(answer: StoredAnswer) -> Prediction:
    """The answer as a data class.

    Raises:
        UsageError: it is none.
    """
    try:
        # halves of characters cannot be written
        json.dumps(answer.content, ensure_ascii=False).encode()
        return prediction_from_dict(answer.content)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, MienError) else "cannot be read as JSON"
        raise UsageError(f"{answer.where}: {reason}") from None


def located(prediction: Prediction, file: Path) -> Prediction:
    """The answer with the folder that its clip's path starts from.

    It is the one that the answer names where the clip is still there, else the working folder, or
    one above the answer.
    """
    path, noted = Path(str(prediction.source["path"])), prediction.source.get("folder")
    folders = [Path(str(noted))] if noted else []
    folders += [Path.cwd(), *file.absolute().parents]
    folder = next((candidate for candidate in folders if _is_file(candidate / path)), folders[0])
    return replace(prediction, source={**prediction.source, "folder": str(folder)})


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
