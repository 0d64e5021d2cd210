"""What every corpus file declares, and how its folder is found."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from itertools import chain
from pathlib import Path

from mien.data.manifest_files import delimiter_of
from mien.errors import UsageError
from mien.types import Clip

__all__ = ["Corpus", "clip", "demand", "files", "mapped", "once", "table", "within"]

Folds = tuple[frozenset[str], ...]


@dataclass(frozen=True)
class Corpus:
    """A labelled corpus.

    Args:
        name: as typed in `mien data prepare NAME`.
        title: in full.
        source: where it is had; "" for anybody's own.
        licence: of the media, in short.
        citation: author, year, venue.
        marks: patterns relative to the corpus folder; one of them finds something in it.
        find: corpus folder -> clips, paths relative to that folder.
        folds: test speakers of each published speaker-independent fold.
        note: what has to be known to read a score on it.
        unpack: (corpus folder, new folder) -> folder to find clips in, for corpora whose
            pictures are packed into one file; None where nothing has to be unpacked.
    """

    name: str
    title: str
    source: str
    licence: str
    citation: str
    marks: tuple[str, ...]
    find: Callable[[Path], list[Clip]]
    folds: Folds = field(default=())
    note: str = ""
    unpack: Callable[[Path, Path], Path] | None = None

    def folder(self, root: Path) -> Path:
        """The corpus folder: `root` itself, or the one folder in it that looks like it.

        It is one above `root`, or `root` itself, where that is a part of the corpus with clips.

        Raises:
            UsageError: not there; says what was looked for.
        """
        if not root.is_dir():
            raise UsageError(f"{root}: no such folder")
        inside = sorted(p for p in root.iterdir() if p.is_dir())
        named = [p for p in inside if self.name in p.name.lower()]
        is_named = self.name in root.name.lower()
        candidates = [root, *named, *inside] if is_named else [*named, root, *inside]
        for folder in [root] if self.name == "folders" else candidates:
            if self._looks_like(folder):
                return folder
        if self.unpack is None:
            for folder in [*root.absolute().parents[:2], root]:
                if (folder == root or self._looks_like(folder)) and self._has_clips(folder, root):
                    return folder
        hint = f"; it is had at {self.source}" if self.source else ""
        raise UsageError(
            f"{root}: does not look like {self.title}; looked for {' or '.join(self.marks)} in it "
            f"and in its folders{hint}"
        )

    def _looks_like(self, folder: Path) -> bool:
        return any(next(folder.glob(mark), None) for mark in self.marks)

    def _has_clips(self, folder: Path, root: Path) -> bool:
        """Whether a corpus folder has clips of which some lie right in `root` or below."""
        names = {mark.rpartition("/")[2] for mark in self.marks}
        if folder == root and not any(next(root.glob(name), None) for name in names):
            return False
        try:
            return bool(within(self.find(folder), folder, root))
        except UsageError:
            return False


def within(clips: Sequence[Clip], folder: Path, root: Path) -> list[Clip]:
    """The clips of a corpus folder that lie in `root` or below."""
    within_root = root.resolve()
    return [c for c in clips if (folder / c.path).resolve().is_relative_to(within_root)]


def clip(
    root: Path,
    path: Path,
    label: str,
    speaker: str,
    licence: str,
    split: str = "",
    **extra: str,
) -> Clip:
    """A clip whose id is its path within the corpus folder, without the suffix."""
    inside = path.relative_to(root)
    return Clip(
        id=inside.with_suffix("").as_posix(),
        path=inside.as_posix(),
        label=label,
        speaker=speaker,
        split=split,
        licence=licence,
        extra=extra,
    )


def files(root: Path, suffixes: Iterable[str], pattern: str = "**/*") -> list[Path]:
    """Files below `root` with one of the suffixes, sorted by path; hidden ones are left out."""
    wanted = set(suffixes)
    return sorted(
        p
        for p in root.glob(pattern)
        if p.suffix.lower() in wanted
        and not any(part.startswith(".") for part in p.relative_to(root).parts)
        and p.is_file()
    )


def demand(clips: Sequence[Clip], root: Path, wanted: str) -> list[Clip]:
    """The clips, or a `UsageError` where there are none.

    Where two files differ in their suffix only, it becomes part of their ids.
    """
    if not clips:
        raise UsageError(f"{root}: no {wanted} found; is the corpus unpacked?")
    times = Counter(c.id for c in clips)
    return [replace(c, id=c.path) if times[c.id] > 1 else c for c in clips]


def once(clips: Iterable[Clip]) -> list[Clip]:
    """One clip for each file name: widespread copies hold all files twice, a folder deeper."""
    shallow = sorted(clips, key=lambda c: c.path.count("/"))
    first = {c.path.rsplit("/", 1)[-1]: c for c in reversed(shallow)}
    return sorted(first.values(), key=lambda c: c.path)


def mapped(table: Mapping[str, str], name: str, where: str | Path) -> str:
    """The label that a corpus's own name for an emotion stands for.

    Raises:
        UsageError: the corpus has no such emotion; says where, and the nearest one.
    """
    if name in table:
        return table[name]
    near = get_close_matches(name, table, 1, 0.5)
    hint = f"did you mean '{near[0]}'? " if near else ""
    raise UsageError(f"{where}: unknown emotion '{name}'; {hint}known are {', '.join(table)}")


def table(path: Path, needed: Iterable[str]) -> list[dict[str, str]]:
    """Rows of a corpus's own CSV; cells that are not there are empty.

    Raises:
        UsageError: not a table, or a needed column is missing.
    """
    wanted = list(needed)
    try:
        with path.open(newline="", encoding="utf-8-sig", errors="replace") as stream:
            header = stream.readline()
            delimiter = delimiter_of(header, [name.lower() for name in wanted])
            reader = csv.DictReader(chain([header], stream), restval="", delimiter=delimiter)
            rows, names = list(reader), reader.fieldnames or ()
    except (OSError, csv.Error) as error:
        raise UsageError(f"{path}: cannot be read as a table ({error})") from None
    missing = [name for name in wanted if name not in names]
    if missing:
        raise UsageError(f"{path}: no column {', '.join(missing)}; is it the corpus's own table?")
    return rows
