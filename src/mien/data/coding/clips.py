"""Which clip a coding is about, by names: coders rarely write whole paths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from mien.core.walk import PICTURES, SUFFIXES

__all__ = ["ClipNames"]

_BETWEEN = " ._-"


class ClipNames:
    """Finds clips by what codings call them.

    Args:
        paths: of the clips, as answers or tables name them.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        groups: dict[str, set[str]] = {}
        for path in paths:
            groups.setdefault(_name(path), set()).add(path)
        self._groups = groups
        self._by_name = {key: next(iter(g)) for key, g in groups.items() if len(g) == 1}
        self._by_stem = _unique((_stem(path), path) for g in groups.values() for path in g)
        self._lengths = sorted({len(n) for n in (*self._by_name, *self._by_stem)}, reverse=True)

    def find(self, name: str) -> tuple[str | None, str]:
        """The clip that is meant, and what else the name says (often the coder).

        In turn: the path or the end of it, the name of the file, the name without its ending, and
        the longest of those names that `name` begins with, as in "interview_anna". None where no
        clip, or more than one, fits.
        """
        slashed = name.replace("\\", "/")
        alike = self._groups.get(_name(slashed), ())
        if slashed in alike:
            return slashed, ""
        ends = [path for path in alike if path.endswith("/" + slashed)]
        if len(ends) == 1:
            return ends[0], ""
        for table, key in ((self._by_name, _name(slashed)), (self._by_stem, _stem(slashed))):
            if key in table:
                return table[key], ""
        return self._begun(_name(slashed))

    def _begun(self, name: str) -> tuple[str | None, str]:
        for length in self._lengths:
            start, rest = name[:length], name[length:]
            path = self._by_name.get(start) or self._by_stem.get(start)
            if path and start and rest[:1] in tuple(_BETWEEN):
                return path, rest.strip(_BETWEEN)
        return None, ""


def _name(path: str) -> str:
    return PurePosixPath(path.replace("\\", "/")).name.casefold()


def _stem(path: str) -> str:
    """The name without the ending of a media file; another ending may be a coder's name."""
    name = PurePosixPath(_name(path))
    return name.stem if name.suffix in SUFFIXES or name.suffix in PICTURES else name.name


def _unique(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Keys that stand for one path only."""
    groups: dict[str, set[str]] = {}
    for key, path in pairs:
        groups.setdefault(key, set()).add(path)
    return {key: next(iter(paths)) for key, paths in groups.items() if len(paths) == 1}
