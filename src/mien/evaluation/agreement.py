"""How well annotators agree with each other and with known labels.

Paper 002, section 3.1.1, scored its annotators on AFEW's validation set: 60 to 80 % right.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from mien.errors import UsageError
from mien.evaluation.interrater import cohen_kappa, confusion, fleiss_kappa
from mien.evaluation.metrics import wilson
from mien.labels import LabelSet
from mien.types import Clip

__all__ = ["Agreement", "Annotator", "agreement", "votes_of"]

COLUMN = "annotator_"
NOT_USABLE = "-"
Votes = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Annotator:
    """The result of one annotator.

    Args:
        name: of the annotator.
        labelled: clips.
        known: of these, clips whose label is known.
        right: of these, clips labelled so.
        interval: Wilson 95 % interval of right / known.
    """

    name: str
    labelled: int
    known: int
    right: int
    interval: tuple[float, float]


@dataclass(frozen=True)
class Agreement:
    """The agreement of annotators.

    Args:
        clips: with two or more labels.
        agreed: share of the pairs of labels of one clip that are the same, mean over the clips.
        fleiss: Fleiss's kappa (1971), 0 for chance and 1 for full agreement; clips may have
            different numbers of labels.
        cohen: {(annotator, annotator): Cohen's kappa (1960)} on the clips both labelled; pairs
            without such clips are left out.
        annotators: each against the known labels.
        majority: {clip: label} where more than half of all annotators agree.
    """

    clips: int
    agreed: float
    fleiss: float
    cohen: Mapping[tuple[str, str], float]
    annotators: tuple[Annotator, ...]
    majority: Mapping[str, str]


def votes_of(
    clips: Sequence[Clip], labels: LabelSet, where: str = "sheet"
) -> tuple[list[str], dict[str, list[str]]]:
    """Names of the annotators, and {clip: a label each, "" for none} from a filled-in sheet.

    A cell is empty where nobody looked yet, and "-" where the clip is of no use; both count as
    no label.

    Raises:
        UsageError: fewer than two annotators, or a label that is not in the set.
    """
    columns = [key for key in (clips[0].extra if clips else {}) if key.startswith(COLUMN)]
    if len(columns) < 2:
        raise UsageError(f"{where}: needs two or more columns {COLUMN}NAME")
    votes = {}
    for c in clips:
        cells = [c.extra[column].strip().lower() for column in columns]
        votes[c.id] = ["" if cell == NOT_USABLE else cell for cell in cells]
        for label in filter(None, votes[c.id]):
            try:
                labels.index(label)
            except UsageError as error:
                raise UsageError(f"{where}: clip {c.id}: {error}") from None
    return [column.removeprefix(COLUMN) for column in columns], votes


def agreement(
    names: Sequence[str], votes: Votes, truth: Mapping[str, str] | None = None
) -> Agreement:
    """Score annotators.

    Args:
        names: of the annotators.
        votes: {clip: one label each, "" for none}.
        truth: {clip: known label}, for clips put in to test the annotators.

    Raises:
        UsageError: no clip has two labels.
    """
    shared = {clip: cast for clip, cast in votes.items() if sum(map(bool, cast)) >= 2}
    if not shared:
        raise UsageError("no clip was labelled by two annotators; fill in the sheet first")
    agreed, fleiss = _fleiss(shared)
    return Agreement(
        clips=len(shared),
        agreed=agreed,
        fleiss=fleiss,
        cohen=_all_cohen(names, votes),
        annotators=tuple(_annotator(k, name, votes, truth or {}) for k, name in enumerate(names)),
        majority=_majority(votes),
    )


def _fleiss(votes: Votes) -> tuple[float, float]:
    """Share of agreeing pairs, and kappa: its distance from chance."""
    labels = sorted({label for cast in votes.values() for label in cast if label})
    rows = [[list(cast).count(label) for label in labels] for cast in votes.values()]
    agreed, kappa = fleiss_kappa(np.array(rows, np.float64))
    return agreed, _defined(kappa)


def _all_cohen(names: Sequence[str], votes: Votes) -> dict[tuple[str, str], float]:
    result = {}
    for i, j in combinations(range(len(names)), 2):
        pairs = [(cast[i], cast[j]) for cast in votes.values() if cast[i] and cast[j]]
        if pairs:
            result[names[i], names[j]] = _cohen(pairs)
    return result


def _cohen(pairs: Sequence[tuple[str, str]]) -> float:
    labels = sorted({label for pair in pairs for label in pair})
    first, second = np.array([[labels.index(label) for label in pair] for pair in pairs]).T
    return _defined(float(cohen_kappa(confusion(first, second, len(labels)))))


def _defined(kappa: float) -> float:
    """Kappa; 1 where it is not defined because all gave one and the same label."""
    return 1.0 if math.isnan(kappa) else kappa


def _annotator(column: int, name: str, votes: Votes, truth: Mapping[str, str]) -> Annotator:
    labels = {clip: cast[column] for clip, cast in votes.items() if cast[column]}
    known = [clip for clip in labels if truth.get(clip)]
    right = sum(labels[clip] == truth[clip] for clip in known)
    return Annotator(name, len(labels), len(known), right, wilson(right, len(known)))


def _majority(votes: Votes) -> dict[str, str]:
    result = {}
    for clip, cast in votes.items():
        best = Counter(filter(None, cast)).most_common(1)
        if best and 2 * best[0][1] > len(cast):
            result[clip] = best[0][0]
    return result
