"""Praat's TextGrids, read with praatio (Mahrt 2016)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, count
from pathlib import Path
from typing import Any

from mien.data.coding.quantities import stretch_times
from mien.data.coding.stretch import CodedStretch, Entry, plain_label
from mien.errors import MissingExtraError, UsageError
from mien.types import Reason

__all__ = ["parse_textgrid", "read_textgrid"]


def parse_textgrid(text: str, name: str) -> list[Mapping[str, Any]]:
    """The tiers of a TextGrid, in its long or short form, without what is empty in them.

    Args:
        text: of the file.
        name: of it, for messages.

    Returns:
        For each tier its "class" ("IntervalTier", or of points), "name" and "entries".

    Raises:
        UsageError: not a TextGrid.
        MissingExtraError: without the extra `coding`.
    """
    try:
        from praatio.utilities.textgrid_io import parseTextgridStr
    except ImportError:
        raise MissingExtraError("praatio", "coding") from None
    try:
        return list(parseTextgridStr(text.replace("\r\n", "\n"), False)["tiers"])
    except Exception as error:  # praatio raises whatever a parser of its own stumbles over
        raise _damaged(name, error) from None


def _damaged(name: str, error: Exception) -> UsageError:
    kind = type(error).__name__
    return UsageError(f"{name}: not a TextGrid of Praat ({kind}); save it there again")


def read_textgrid(path: Path) -> tuple[list[Entry], list[str]]:
    """Stretches and problems of all tiers, and the names of the tiers, which stand for coders.

    A TextGrid does not name its sound: the clip is the one that is called like the file.

    Raises:
        UsageError: not a TextGrid.
        MissingExtraError: without the extra `coding`.
    """
    tiers = list(_checked(path, parse_textgrid(_text(path), str(path))))
    return [entry for tier in tiers for entry in _tier(path, tier)], [tier.name for tier in tiers]


def _text(path: Path) -> str:
    """Praat writes UTF-16 where a text is beyond ASCII."""
    try:
        try:
            return path.read_text("utf-16")
        except UnicodeError:
            return path.read_text("utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeError as error:
        raise _damaged(str(path), error) from None


def _checked(path: Path, tiers: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    """Tiers with names of their own, in the order of time and without overlaps."""
    from praatio.data_classes.interval_tier import IntervalTier
    from praatio.data_classes.point_tier import PointTier

    names: set[str] = set()
    for tier in tiers:
        name = str(tier["name"])
        further = (f"{name}_{number}" for number in count(2))
        name = next(n for n in chain([name], further) if n not in names)
        names.add(name)
        kind = IntervalTier if tier["class"] == "IntervalTier" else PointTier
        try:
            yield kind(name, tier["entries"], tier["xmin"], tier["xmax"])
        except Exception as error:  # of a tier that Praat would not write
            raise _damaged(str(path), error) from None


def _tier(path: Path, tier: Any) -> Iterator[Entry]:
    for number, entry in enumerate(tier.entries, 1):
        where = f"{path}: tier '{tier.name}': interval {number}"
        label = plain_label(str(entry.label))
        if not label:
            continue
        if not hasattr(entry, "end"):
            text = f"'{label}' is a point in time; use an interval tier"
            yield Reason("coding_point", f"{where}: {text}")
            continue
        try:
            start, end = stretch_times(float(entry.start), float(entry.end))
        except ValueError as error:
            yield Reason("coding_row", f"{where}: {error}")
            continue
        yield CodedStretch(path.stem, start, end, label, str(tier.name), where=where)
