"""From what was measured of clips to what is fitted, in the labels that are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mien.fusion.log_opinion import FusedLogPool
from mien.inference.bundle import Bundle
from mien.labels import LabelSet
from mien.training.adapt.clips import Base, LabelledClips
from mien.training.adapt.labelled import LEAST, groups_of
from mien.training.adapt.measure import BranchEvidence, ClipEvidence
from mien.types import Clip

__all__ = ["base_of", "material", "transfer"]

Doubles = NDArray[np.float64]


def transfer(known: LabelSet, wanted: LabelSet) -> Doubles:
    """(C,K) matrix that makes log-probabilities of the wanted labels out of the known ones.

    A label that both have keeps its own; one that is new starts from the mean of the known ones
    that are not wanted, or of all.
    """
    result = np.zeros((len(known), len(wanted)))
    gone = [i for i, name in enumerate(known.names) if name not in wanted.names]
    others = gone or list(range(len(known)))
    for column, name in enumerate(wanted.names):
        if name in known.names:
            result[known.index(name), column] = 1.0
        else:
            result[others, column] = 1 / len(others)
    return result


def base_of(bundle: Bundle, clips: LabelledClips, labels: LabelSet) -> Base:
    """What the bundle joins its branches with.

    With other labels than the bundle's, branches that too few clips have are left out, since they
    cannot learn the labels.
    """
    same = labels.names == bundle.labels.names
    branches = [b for b in sorted(bundle.spec.branches) if same or b in clips.rows]
    weights, temperatures = _numbers(bundle, sorted(bundle.spec.branches))
    total = sum(weights[b] for b in branches) or 1.0
    if same:
        prior = bundle.labels.vector(bundle.spec.prior)
    else:
        prior = np.asarray(np.bincount(clips.labels, minlength=len(labels)) + 1.0, np.float64)
    kept = {n: t for n, t in temperatures.items() if set(n.split("+")) <= set(branches)}
    sizes = {branch: rows.shape[1] for branch, rows in clips.rows.items()}
    shares = {branch: weights[branch] / total for branch in branches}
    return Base(labels.names, shares, kept, prior / prior.sum(), sizes)


def _numbers(bundle: Bundle, branches: Sequence[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Weights and temperatures of a pool; plain ones where the bundle has another fusion."""
    fused = bundle.fused
    if isinstance(fused, FusedLogPool):
        cooled = {name: t * fused.temperature for name, t in fused.temperatures.items()}
        return dict(fused.weights), cooled
    alone = {b: bundle.spec.branches[b].temperature for b in branches}
    return dict.fromkeys(branches, 1 / len(branches)), {
        "+".join(chosen): float(np.exp(np.mean([np.log(alone[b]) for b in chosen])))
        for size in range(1, len(branches) + 1)
        for chosen in combinations(branches, size)
    }


def material(
    bundle: Bundle, clips: Sequence[Clip], evidence: Sequence[ClipEvidence], labels: LabelSet
) -> LabelledClips:
    """Labelled clips as arrays.

    Args:
        bundle: that measured them.
        clips, evidence: the same clips in the same order.
        labels: what the adapted bundle answers with.
    """
    same = labels.names == bundle.labels.names
    into = np.eye(len(labels)) if same else transfer(bundle.labels, labels)
    groups = groups_of(clips).names
    log_probs, linear, rows = {}, {}, {}
    for branch, spec in sorted(bundle.spec.branches.items()):
        parts = [of_clip.branches.get(branch) for of_clip in evidence]
        log_probs[branch] = _stacked(
            [None if p is None else _log_probs(p, same) @ into for p in parts], into
        )
        if _may_have_head(parts) and (spec.head is None or not same):
            rows[branch] = _embeddings(parts)
            starts = [None if p is None or p.rows is None else _linear(p) @ into for p in parts]
            linear[branch] = _stacked(starts, into)
    together = [of_clip.together for of_clip in evidence]
    return LabelledClips(
        ids=tuple(clip.id for clip in clips),
        groups=groups,
        labels=np.array([labels.index(clip.label) for clip in clips]),
        said=log_probs,
        linear=linear,
        rows=rows,
        before=_stacked(together, into) if same else None,
    )


def _may_have_head(parts: Sequence[BranchEvidence | None]) -> bool:
    """Whether enough clips have embeddings."""
    return sum(part is not None and part.rows is not None for part in parts) >= LEAST


def _log_probs(part: BranchEvidence, same: bool) -> Doubles:
    """What a branch says; as a linear head would have it, where one has to be written."""
    return part.said if same or part.linear is None else part.linear


def _linear(part: BranchEvidence) -> Doubles:
    """What a linear head starts from; nothing where the rows have no log-probabilities."""
    return np.zeros_like(part.said) if part.linear is None else part.linear


def _stacked(rows: Sequence[Doubles | None], into: Doubles) -> Doubles:
    """(n,K), a row of NaN for None."""
    absent = np.full(into.shape[1], np.nan)
    return np.stack([absent if row is None else row for row in rows])


def _embeddings(parts: Sequence[BranchEvidence | None]) -> Doubles:
    """(n,E), a row of NaN where there is none."""
    means = [None if part is None else part.rows for part in parts]
    size = next(len(row) for row in means if row is not None)
    absent = np.full(size, np.nan)
    return np.stack([absent if row is None else row for row in means])
