"""Praat's TextGrids, read with praatio (Mahrt 2016)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mien.data.coding.quantities import stretch_times
from mien.data.coding.stretch import CodedStretch, Entry, plain_label
from mien.errors import MissingExtraError, UsageError
from mien.types import Problem

__all__ = ["read_textgrid"]


def read_textgrid(path: Path) -> tuple[list[Entry], list[str]]:
    """Stretches and problems of all tiers, and the names of the tiers, which stand for coders.

    A TextGrid does not name its sound: the clip is the one that is called like the file.

    Raises:
        UsageError: not a TextGrid.
        MissingExtraError: without the extra `coding`.
    """
    try:
        from praatio import textgrid
    except ImportError:
        raise MissingExtraError("praatio", "coding") from None
    try:
        grid = textgrid.openTextgrid(str(path), False, "silence", "rename")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    except Exception as error:  # praatio raises whatever a parser of its own stumbles over
        kind = type(error).__name__
        raise UsageError(f"{path}: not a TextGrid of Praat ({kind}); save it there again") from None
    entries = [entry for tier in grid.tiers for entry in _tier(path, tier)]
    return entries, [str(tier.name) for tier in grid.tiers]


def _tier(path: Path, tier: Any) -> Iterator[Entry]:
    for number, entry in enumerate(tier.entries, 1):
        where = f"{path}: tier '{tier.name}': interval {number}"
        label = plain_label(str(entry.label))
        if not label:
            continue
        if not hasattr(entry, "end"):
            text = f"'{label}' is a point in time; use an interval tier"
            yield Problem("coding_point", f"{where}: {text}")
            continue
        try:
            start, end = stretch_times(float(entry.start), float(entry.end))
        except ValueError as error:
            yield Problem("coding_row", f"{where}: {error}")
            continue
        yield CodedStretch(path.stem, start, end, label, str(tier.name), where=where)
