"""Two raters beside each other, and whether mien agrees as coders do with each other."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mien.evaluation.agree.estimates import Draws, agreed_of, alpha_of, by_clip, kappa_of
from mien.evaluation.agree.events import events
from mien.evaluation.agree.material import Material
from mien.evaluation.agree.result import ANSWERS, Estimate, Pair
from mien.evaluation.agree.windows import Windows
from mien.evaluation.interrater import cohen_kappa, coincidences
from mien.evaluation.interrater.bootstrap import percentiles

__all__ = ["Compared", "all_coders", "compared", "difference", "pairs_of"]

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Compared:
    """A pair, and the sums that it was made of.

    Args:
        pair: its figures.
        parts: (K,C,C) confusion within each clip.
    """

    pair: Pair
    parts: Values


def pairs_of(coders: Sequence[str], answers: bool) -> list[tuple[str, str]]:
    """Coders with each other, then each coder with the answers."""
    return [*combinations(coders, 2), *((coder, ANSWERS) for coder in coders if answers)]


def compared(
    material: Material, cut: Windows, by: Literal["window", "event"], drawn: Draws
) -> list[Compared]:
    """All pairs that have something in common.

    Args:
        material: the units.
        cut: their windows.
        by: what to compare.
        drawn: clips of each draw.
    """
    pairs = pairs_of(cut.coders, ANSWERS in cut.raters)
    clips, classes = len(material.clips), len(material.labels)
    result = []
    for first, second in pairs:
        if by == "window":
            labels, other = (cut.label[cut.raters.index(name)] for name in (first, second))
            parts, unmatched = by_clip(cut.clip, labels, other, clips, classes), 0
        else:
            matched = events(material, first, second)
            unmatched = matched.unmatched
            parts = by_clip(matched.clip, matched.first, matched.second, clips, classes)
        if parts.any():
            result.append(Compared(_pair(first, second, by, parts, unmatched, drawn), parts))
    return result


def _pair(
    first: str,
    second: str,
    by: Literal["window", "event"],
    parts: Values,
    unmatched: int,
    drawn: Draws,
) -> Pair:
    table = parts.sum(0).astype(int)
    return Pair(
        first=first,
        second=second,
        by=by,
        n=int(table.sum()),
        clips=int((parts.sum((1, 2)) > 0).sum()),
        agreed=agreed_of(parts, drawn),
        kappa=kappa_of(parts, drawn),
        alpha=alpha_of(parts + parts.transpose(0, 2, 1), drawn),
        confusion=tuple(tuple(map(int, row)) for row in table),
        unmatched=unmatched,
    )


def all_coders(material: Material, cut: Windows, drawn: Draws) -> Estimate | None:
    """Alpha of all coders together, by window; None with one coder."""
    if len(cut.coders) < 2:
        return None
    labels = cut.label[: len(cut.coders)]
    return alpha_of(coincidences(labels, len(material.labels), cut.clip), drawn)


def difference(pairs: Iterable[Compared], drawn: Draws) -> Estimate | None:
    """Mean kappa of mien with the coders minus that of coders with each other, on drawn clips.

    None where one of the two is not there or not defined.
    """
    groups: tuple[list[Values], list[Values]] = ([], [])
    for compared_pair in pairs:
        groups[compared_pair.pair.second == ANSWERS].append(compared_pair.parts)
    people, answers = groups
    if not people or not answers:
        return None
    values = [_mean_kappa(group, None) for group in (answers, people)]
    gap = float(values[0][0] - values[1][0])
    if np.isnan(gap):
        return None
    drawn_gaps = _mean_kappa(answers, drawn) - _mean_kappa(people, drawn)
    return Estimate(gap, percentiles(drawn_gaps) if len(people[0]) > 1 else None)


def _mean_kappa(group: Sequence[Values], drawn: Draws | None) -> Values:
    """(B,) mean over pairs of kappa on drawn clips, or (1,) on all; pairs without one left out."""
    tables = list(_tables(group, drawn))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a draw in which no pair has a kappa
        return np.asarray(np.nanmean([cohen_kappa(table) for table in tables], axis=0))


def _tables(group: Sequence[Values], drawn: Draws | None) -> Iterator[Values]:
    for parts in group:
        yield parts.sum(0)[None] if drawn is None else np.tensordot(drawn, parts, axes=1)
