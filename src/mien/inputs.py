"""From what was typed (files, folders, globs, a list on stdin) to the files to analyse."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mien.errors import UsageError

__all__ = ["SUFFIXES", "Input", "expand"]

SUFFIXES = frozenset(
    [
        ".3g2",
        ".3gp",
        ".aac",
        ".aif",
        ".aiff",
        ".amr",
        ".asf",
        ".avi",
        ".f4v",
        ".flac",
        ".flv",
        ".m2ts",
        ".m4a",
        ".m4v",
        ".mka",
        ".mkv",
        ".mov",
        ".mp3",
        ".mp4",
        ".mpeg",
        ".mpg",
        ".mts",
        ".mxf",
        ".oga",
        ".ogg",
        ".ogv",
        ".opus",
        ".ts",
        ".vob",
        ".wav",
        ".webm",
        ".wma",
        ".wmv",
    ]
)
"""What is taken for video or sound inside a folder; a file that is named is always tried."""


@dataclass(frozen=True)
class Input:
    """One file to analyse.

    Args:
        path: where it is.
        name: its place in the output folder, relative; mirrors the input tree.
    """

    path: Path
    name: Path


def expand(arguments: Iterable[str], stdin: Iterable[str] = ()) -> list[Input]:
    """Files to analyse, each once, in a stable order.

    A folder is searched to all depths for the suffixes in `SUFFIXES`, without hidden files. A file
    that is not there, and a folder that cannot be read, are kept, so that their failure is reported
    with the others.

    Args:
        arguments: files, folders, globs; "-" reads `stdin`, one path a line.
        stdin: the lines.

    Raises:
        UsageError: a glob that matches nothing, or a folder with nothing to analyse.
    """
    found: list[Input] = []
    for argument in arguments:
        if argument == "-":
            lines = (line.rstrip("\r\n") for line in stdin)
            found += [one for line in lines if line.strip() for one in _one(line)]
        else:
            found += _one(argument)
    return _named_apart(list({one.path: one for one in found}.values()))


def _one(argument: str) -> list[Input]:
    path = Path(argument)
    try:
        if path.is_dir():
            return _folder(path)
        here = path.exists() or not glob.has_magic(argument)
    except OSError:  # it lies in a folder that may not be entered
        here = True
    if here:
        return [Input(path, Path(path.name))]
    matches = sorted(glob.glob(argument, recursive=True))  # noqa: PTH207 (keeps ** and absolute)
    if not matches:
        raise UsageError(f"{argument}: no file matches")
    return [
        one
        for match in map(Path, matches)
        for one in (_folder(match) if match.is_dir() else [Input(match, Path(match.name))])
    ]


def _folder(root: Path) -> list[Input]:
    shut: list[Path] = []
    files: list[Path] = []
    for place, folders, names in os.walk(root, onerror=lambda e: shut.append(Path(e.filename))):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files += [Path(place, n) for n in names if not n.startswith(".") and _may_be_clip(n)]
    found = sorted([*shut, *filter(_is_file, files)])
    if not found:
        raise UsageError(f"{root}: no video or sound files in this folder")
    return [Input(path, path.relative_to(root)) for path in found]


def _may_be_clip(name: str) -> bool:
    return Path(name).suffix.lower() in SUFFIXES


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # which is told when it is tried
        return True


def _named_apart(inputs: list[Input]) -> list[Input]:
    """Where two inputs would get one name, put the folders that tell them apart before it."""
    result = inputs
    for _ in range(64):
        names = [one.name for one in result]
        if len(set(names)) == len(names):
            return result
        twice = {name for name in names if names.count(name) > 1}
        result = [
            Input(one.path, Path(*_tail(one.path, len(one.name.parts) + 1)))
            if one.name in twice
            else one
            for one in result
        ]
    raise UsageError(f"{inputs[0].path}: several inputs would get the same output name")


def _tail(path: Path, parts: int) -> tuple[str, ...]:
    return path.resolve().parts[1:][-parts:]
