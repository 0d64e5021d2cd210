"""Expand arguments (files, folders, globs, a list on stdin) to the files to analyse."""

from __future__ import annotations

import codecs
import glob
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.request import url2pathname

from mien.core.walk import (
    EMPTY,
    PICTURES,
    RESULTS,
    STILL,
    SUFFIXES,
    TWICE,
    SkippedFiles,
    folder_contents,
    identity,
    is_own,
)
from mien.errors import UsageError

__all__ = [
    "NO_ADDRESS",
    "PICTURES",
    "SUFFIXES",
    "Input",
    "Selection",
    "expand",
    "is_address",
    "listed",
    "named_apart",
]

NO_ADDRESS = "is an address, and files only are read; fetch it first"

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Input:
    """One file to analyse.

    Args:
        path: where it is.
        name: its place in the output folder, relative; mirrors the input tree.
        problem: why it cannot even be tried; "" where it can.
    """

    path: Path
    name: Path
    problem: str = ""


@dataclass(frozen=True)
class Selection:
    """The files to analyse.

    Args:
        files: each once, in a stable order.
        passed: the skipped files, with counts, in words; "" if there are none.
    """

    files: list[Input]
    passed: str


def listed(text: bytes) -> list[str]:
    """The paths of a list, one a line (or between zero bytes, as of `find -print0`).

    They are taken as they are in the file system, whatever the encoding of the terminal; a byte
    order mark, of UTF-8 or UTF-16, is none of the first path, and a carriage return none of any.
    """
    if text.startswith(_UTF_16):
        lines = text.decode("utf-16", "replace").split("\n")
    else:
        text = text.removeprefix(codecs.BOM_UTF8)
        lines = os.fsdecode(text).split("\0" if b"\0" in text else "\n")
    return [line.rstrip("\r") for line in lines if line.strip()]


def expand(
    arguments: Iterable[str],
    stdin: bytes = b"",
    *,
    pictures: bool = False,
    results: Path | None = None,
) -> Selection:
    """Files to analyse, each once, in a stable order.

    A folder is searched to all depths for the suffixes in `SUFFIXES`, without hidden files, and for
    those in `PICTURES` where they are asked for or nothing else is there. A file that is not there,
    and a folder that cannot be read, are kept, so that their failure is reported with the others;
    so is what is wrong in a list. What mien wrote is left out, unless nothing else was named.

    Args:
        arguments: files, folders, globs; "-" stands for what `listed` finds in `stdin`.
        stdin: the list.
        pictures: take pictures beside clips too.
        results: the folder for results.

    Raises:
        UsageError: an empty name, a glob that matches nothing, or a folder with nothing to analyse.
    """
    passed = SkippedFiles()
    search = _Search(passed, pictures, results)
    inputs: list[Input] = []
    for argument in arguments:
        if argument == "-":
            inputs += [item for line in listed(stdin) for item in search.tolerant(line)]
        else:
            inputs += search.strict(argument)
    sources = [item for item in inputs if not is_own(item.path)]
    if sources:
        passed.counts[RESULTS] += len(inputs) - len(sources)
    return Selection(named_apart(_deduplicated(sources or inputs, passed)), passed.line())


@dataclass(frozen=True)
class _Search:
    """How names become inputs."""

    passed: SkippedFiles
    pictures: bool
    results: Path | None

    def tolerant(self, name: str) -> Iterator[Input]:
        """Inputs of a line of a list; an invalid line does not stop the others."""
        try:
            yield from self.strict(name)
        except UsageError as error:
            yield Input(Path(name), Path(Path(name).name), str(error))

    def strict(self, name: str) -> list[Input]:
        """Inputs of an argument of the command line."""
        if not name.strip():
            raise UsageError("an empty name stands where a file or folder should; write . for here")
        if is_address(name):
            return [_addressed(name)]
        path = Path(name)
        if _is_folder(path):
            return self._folder(path)
        if os.path.lexists(path) or not glob.has_magic(name):
            return [Input(path, Path(path.name))]
        matches = sorted(glob.glob(name, recursive=True))  # noqa: PTH207 (keeps ** and absolute)
        if not matches:
            raise UsageError(f"{name}: no file matches")
        return [item for match in map(Path, matches) for item in self._match(match)]

    def _match(self, path: Path) -> list[Input]:
        """Inputs of one match of a glob; an empty folder is no error here."""
        if not _is_folder(path):
            return [Input(path, Path(path.name))]
        try:
            return self._folder(path)
        except UsageError:
            self.passed.counts[EMPTY] += 1
            return []

    def _folder(self, root: Path) -> list[Input]:
        passed = SkippedFiles()
        contents = folder_contents(root, passed, self.results)
        files = [*contents.shut, *contents.clips]
        if self.pictures or not files:
            files += contents.pictures
        else:
            passed.counts[STILL] += len(contents.pictures)
        if not files:
            skipped = passed.line()
            reason = f" (passed over: {skipped})" if skipped else ""
            raise UsageError(f"{root}: no video, sound or picture files in this folder{reason}")
        self.passed.counts += passed.counts
        self.passed.endings += passed.endings
        return [Input(path, path.relative_to(root)) for path in sorted(files)]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # it lies in a folder that may not be entered
        return False


def is_address(name: str) -> bool:
    """Whether a name is an address, such as https://example.org/clip.mp4, and no file here."""
    return bool(_ADDRESS.match(name)) and not os.path.lexists(name)


def _addressed(address: str) -> Input:
    """The input of an address: a file:// address is a file; others are not read."""
    if address.lower().startswith("file://"):
        path = Path(url2pathname(re.sub(r"^file://(localhost)?", "", address, flags=re.I)))
        return Input(path, Path(path.name))
    return Input(Path(address), Path(Path(address).name), f"{address}: {NO_ADDRESS}")


def _deduplicated(inputs: list[Input], passed: SkippedFiles) -> list[Input]:
    """One input for each file, by its first name that is no link, or the first of links."""
    chosen: dict[object, Input] = {}
    for item in inputs:
        key = item.problem or identity(item.path)
        earlier = chosen.setdefault(key, item)
        if earlier is not item:
            passed.counts[TWICE] += 1
            if earlier.path.is_symlink() and not item.path.is_symlink():
                chosen[key] = item
    return list(chosen.values())


def named_apart(inputs: list[Input]) -> list[Input]:
    """Make the names of inputs unique, with the folders before them where needed.

    Raises:
        UsageError: they cannot be told apart.
    """
    result = inputs
    for _ in range(64):
        counts = Counter(item.name for item in result)
        if len(counts) == len(result):
            return result
        twice = {name for name, count in counts.items() if count > 1}
        result = [
            Input(item.path, Path(*_last_parts(item.path, len(item.name.parts) + 1)), item.problem)
            if item.name in twice
            else item
            for item in result
        ]
    raise UsageError(f"{inputs[0].path}: several inputs would get the same output name")


def _last_parts(path: Path, parts: int) -> tuple[str, ...]:
    return Path(os.path.abspath(path)).parts[1:][-parts:]  # noqa: PTH100 (links keep their names)
