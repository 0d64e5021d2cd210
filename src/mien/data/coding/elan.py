"""ELAN annotation files (.eaf), read with pympi-ling (Lubbers & Torreira 2013)."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path, PureWindowsPath
from typing import Any
from urllib.parse import unquote

from mien.data.coding.quantities import stretch_times
from mien.data.coding.stretch import CodedStretch, Entry, plain_label
from mien.errors import MissingExtraError, UsageError
from mien.types import Reason

__all__ = ["Tiers", "open_elan", "read_elan"]

Tiers = Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any], Mapping[str, str], int]]


def open_elan(path: Path, name: str) -> Any:
    """An annotation file as `pympi.Elan.Eaf`.

    Args:
        path: of the file.
        name: of it, for messages.

    Raises:
        UsageError: not an annotation file of ELAN.
        MissingExtraError: without the extra `coding`.
    """
    try:
        from pympi.Elan import Eaf
    except ImportError:
        raise MissingExtraError("pympi-ling", "coding") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of versions of the form that only differ in extras
            return Eaf(str(path), suppress_version_warning=True)
    except OSError as error:
        raise UsageError(f"{name}: cannot be read ({error.strerror})") from None
    except Exception:  # pympi raises bare ones, and KeyError where an attribute is missing
        text = "not an annotation file of ELAN; open it there and save it again"
        raise UsageError(f"{name}: {text}") from None


def read_elan(path: Path) -> tuple[list[Entry], list[str]]:
    """Stretches and problems of all tiers, and the coders: a tier's annotator, or its name.

    An annotation that hangs on another one has that one's time. The participant of a tier is the
    person who is coded.

    Raises:
        UsageError: not an annotation file of ELAN.
        MissingExtraError: without the extra `coding`.
    """
    document = open_elan(path, str(path))
    coders = [_coder(name, document.tiers) for name in document.tiers]
    return list(_entries(path, document)), list(dict.fromkeys(coders))


def _coder(tier: str, tiers: Tiers) -> str:
    return tiers[tier][2].get("ANNOTATOR", "").strip() or tier


def _entries(path: Path, document: Any) -> Iterator[Entry]:
    clip, origin = _media(path, document)
    spans = dict(_spans(document))
    for tier, (aligned, hanging, attributes, _) in document.tiers.items():
        values = {key: a[2] for key, a in aligned.items()}
        values |= {key: a[1] for key, a in hanging.items()}
        for key, value in values.items():
            where = f"{path}: tier '{tier}': annotation {key}"
            label = plain_label(value or "")
            if not label:
                continue
            try:
                start, end = _times(spans, key, origin)
            except ValueError as error:
                yield Reason("coding_row", f"{where}: {error}")
                continue
            yield CodedStretch(
                clip=clip,
                start=start,
                end=end,
                label=label,
                coder=_coder(tier, document.tiers),
                person=attributes.get("PARTICIPANT", "").strip(),
                where=where,
            )


def _media(path: Path, document: Any) -> tuple[str, float]:
    """Name of the first media file, and what of it lies before the annotations' 0, in s."""
    for media in document.media_descriptors:
        address = media.get("RELATIVE_MEDIA_URL") or media.get("MEDIA_URL") or ""
        if name := PureWindowsPath(unquote(address)).name:
            return name, int(media.get("TIME_ORIGIN") or 0) / 1000
    return path.stem, 0.0


def _spans(document: Any) -> Iterator[tuple[str, tuple[str | None, str | None, str | None]]]:
    """{annotation: its start, its end (ids of time slots), the annotation that it hangs on}."""
    for aligned, hanging, _, _ in document.tiers.values():
        for key, (start, end, *_rest) in aligned.items():
            yield key, (document.timeslots.get(start), document.timeslots.get(end), None)
        for key, (parent, *_rest) in hanging.items():
            yield key, (None, None, parent)


def _times(spans: Mapping[str, tuple[Any, Any, Any]], key: str, origin: float) -> tuple[float, Any]:
    """Start and end in s.

    Raises:
        ValueError: it has no time, or an end that is not after its start.
    """
    for _ in range(len(spans)):
        start, end, parent = spans[key]
        if parent is None or parent not in spans:
            break
        key = parent
    if start is None or end is None:
        raise ValueError("has no time of its own; give it one in ELAN")
    return stretch_times(start / 1000 + origin, end / 1000 + origin)
