"""Tiers of annotation programs: ELAN by pympi, Praat by praatio."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mien.data.coding.elan import open_elan
from mien.data.coding.praat import parse_textgrid
from mien.errors import UsageError
from mien.inference.transcript.cues import Cue

__all__ = ["elan", "praat"]

_PARTS = ("words", "phones", "phonemes", "syllables", "phone", "word", "phoneme", "syllable")
"""Tiers of a forced aligner that hold less than a line."""


@dataclass(frozen=True)
class _Tier:
    """One tier.

    Args:
        name: of the tier.
        speaker: who speaks in it; "" where the file does not say.
        stretches: (start in s, end in s, text) each.
        dependent: whether its annotations hang on those of another tier.
    """

    name: str
    speaker: str
    stretches: Sequence[tuple[float, float, str]]
    dependent: bool = False


def elan(text: str, name: str, wanted: Sequence[str]) -> list[Cue]:
    """The lines of an ELAN file (.eaf).

    Args:
        text: of the file, XML.
        name: of it, for messages.
        wanted: tiers to take; none takes all that are aligned with time and hold lines.

    Raises:
        MissingExtraError: pympi is not installed.
        UsageError: it cannot be read, or has no such tier.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder, "tiers.eaf")  # pympi reads files only
        path.write_text(text, "utf-8")
        document = open_elan(path, name)
    try:
        tiers = list(_elan_tiers(document))
    except (KeyError, TypeError):
        problem = "an annotation hangs on one that is not there, or has no time"
        raise UsageError(f"{name}: {problem}; open it in ELAN and save it again") from None
    return list(_chosen(tiers, name, wanted))


def _elan_tiers(eaf: Any) -> Iterator[_Tier]:
    for tier, (aligned, _, attributes, _) in eaf.tiers.items():
        if aligned:
            times = [(eaf.timeslots[a[0]], eaf.timeslots[a[1]], a[2]) for a in aligned.values()]
            known = [(a / 1000, b / 1000, t or "") for a, b, t in times if None not in (a, b)]
            yield _Tier(tier, attributes.get("PARTICIPANT", ""), known)
        else:
            spoken = eaf.get_annotation_data_for_tier(tier)
            rows = [(row[0] / 1000, row[1] / 1000, row[2] or "") for row in spoken]
            yield _Tier(tier, attributes.get("PARTICIPANT", ""), rows, dependent=True)


def praat(text: str, name: str, wanted: Sequence[str]) -> list[Cue]:
    """The lines of a Praat TextGrid, in its long or short form; see `elan`.

    Raises:
        MissingExtraError: praatio is not installed.
        UsageError: it cannot be read, or has no such tier.
    """
    tiers = [t for t in parse_textgrid(text, name) if t["class"] == "IntervalTier"]
    return list(_chosen([_praat_tier(tier) for tier in tiers], name, wanted))


def _praat_tier(tier: Mapping[str, Any]) -> _Tier:
    rows = [(float(start), float(end), str(text)) for start, end, text in tier["entries"]]
    return _Tier(str(tier["name"]), "", rows)


def _chosen(tiers: Sequence[_Tier], name: str, wanted: Sequence[str]) -> Iterator[Cue]:
    """Cues of the tiers that are wanted; where there are several, each is a speaker's."""
    names = [tier.name for tier in tiers]
    missing = [tier for tier in wanted if tier not in names]
    if missing:
        raise UsageError(f"{name}: has no tier '{missing[0]}'; it has {', '.join(names)}")
    kept = [t for t in tiers if t.name in wanted] if wanted else _of_lines(tiers)
    if not kept:
        raise UsageError(f"{name}: no tier holds lines; name one of {', '.join(names) or 'none'}")
    for tier in kept:
        speaker = tier.speaker or (tier.name if len(kept) > 1 else "")
        yield from (Cue(start, end, text, speaker) for start, end, text in tier.stretches)


def _of_lines(tiers: Sequence[_Tier]) -> list[_Tier]:
    def ends(tier: _Tier) -> str:
        return tier.name.lower().rpartition(" ")[2]

    return [t for t in tiers if t.stretches and not t.dependent and ends(t) not in _PARTS]
