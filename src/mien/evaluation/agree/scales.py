"""ICC(2,1) of what is a number: intensities, and the share of a label beside its probability."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mien.evaluation.agree.estimates import Draws, estimate
from mien.evaluation.agree.material import Material
from mien.evaluation.agree.result import ANSWERS, Scale
from mien.evaluation.agree.windows import Windows
from mien.evaluation.interrater import absolute_icc, icc_sums

__all__ = ["scales"]

Values = NDArray[np.float64]


def scales(material: Material, cut: Windows, drawn: Draws) -> list[Scale]:
    """All that can be compared.

    In turn: the intensities of all coders, in windows to which they gave one label; for each
    coder with intensities, these over the coder's highest one beside mien's probability of the
    label that the coder gave; and for each label the share of the coders' time beside mien's
    probability.

    Args:
        material: the units.
        cut: their windows.
        drawn: clips of each draw.
    """
    return [
        Scale(
            quantity,
            raters,
            int(np.isfinite(ratings).all(0).sum()),
            estimate(icc_sums(ratings, cut.clip), absolute_icc, drawn),
        )
        for quantity, raters, ratings in _ratings(material, cut)
        if np.isfinite(ratings).all(0).sum() >= 2
    ]


def _ratings(material: Material, cut: Windows) -> Iterator[tuple[str, tuple[str, ...], Values]]:
    """What is compared, whose it is, and the numbers (R,N), NaN where there is none."""
    coders = len(cut.coders)
    labels, intensity = cut.label[:coders], cut.intensity[:coders]
    if coders > 1:
        same = (labels == labels[0]).all(0) & (labels[0] >= 0)
        yield "intensity, same label", cut.coders, np.where(same, intensity, np.nan)
    if ANSWERS not in cut.raters:
        return
    answered = cut.label[-1] >= 0
    probabilities = cut.shares[-1]
    for k, coder in enumerate(cut.coders):
        if np.isfinite(intensity[k]).any():
            label_probability = probabilities[np.arange(len(answered)), np.maximum(labels[k], 0)]
            scaled = intensity[k] / max(np.nanmax(np.abs(intensity[k])), 1e-9)
            both = answered & (labels[k] >= 0)
            rows = np.where(both, np.stack([scaled, label_probability]), np.nan)
            yield "intensity over the highest, and probability of the label", (coder, ANSWERS), rows
    yield from _shares(material, cut, answered, probabilities)


def _shares(
    material: Material, cut: Windows, answered: NDArray[np.bool_], probabilities: Values
) -> Iterator[tuple[str, tuple[str, ...], Values]]:
    """The coders' mean share of each label that one of them gave, beside mien's probability."""
    coded = cut.covered[: len(cut.coders)] > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        share = cut.shares[: len(cut.coders)].sum(0) / coded.sum(0)[:, None]
    both = answered & coded.any(0)
    for k, name in enumerate(material.labels.names):
        if np.nansum(share[both][:, k]) > 0:
            rows = np.where(both, np.stack([share[:, k], probabilities[:, k]]), np.nan)
            yield f"share and probability of {name}", ("coders", ANSWERS), rows
