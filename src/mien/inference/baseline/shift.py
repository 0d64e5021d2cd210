"""By how much somebody's log-probabilities are usually off, estimated from few of their windows.

The model: what a branch says of a window is the mean of all people's for the emotion that is shown
there, plus a shift that is this person's own, plus noise. Which emotion is shown is not known; it
is weighed by the probabilities that the windows have once the shift is taken out, again and again
until they agree (expectation-maximisation). So a short recording of one mood shifts the answer far
less than its plain mean would, which takes the mood itself out; the longer it is, the more of the
mood counts as the person's own. The shift is shrunk towards none: the share s / (s + k) of it
counts, for s seconds.

`benchmarks/baseline.py` measures what it gives, chooses k and writes `reference.json`, which has
the means: all from answers about corpora that the networks had not learned from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.fusion.log_pool import softmax

__all__ = ["Reference", "centred", "estimate", "reference"]

_ROUNDS = 30
_STILL = 1e-4  # change of a shift at which the rounds end

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Reference:
    """What a branch says of people in general.

    Args:
        means: (C,C) mean log-probabilities, centred, of windows of each class.
        seconds: k, at which half of a shift counts.
    """

    means: Rows
    seconds: float


def centred(rows: Rows) -> Rows:
    """Rows (..., C) less their means."""
    return np.asarray(rows - rows.mean(-1, keepdims=True))


def estimate(rows: Rows, seconds: float, known: Reference) -> Rows:
    """The shift (C,) of somebody, shrunk; it sums to 0.

    Args:
        rows: (n,C) log-probabilities of windows that do not overlap, n >= 1.
        seconds: that they rest on.
        known: of the branch.
    """
    share, log_probs = seconds / (seconds + known.seconds), centred(rows)
    shift = np.zeros(rows.shape[1])
    for _ in range(_ROUNDS):
        shown = softmax(log_probs - shift)
        new = share * centred((log_probs - shown @ known.means).mean(0))
        moved, shift = float(np.abs(new - shift).max()), new
        if moved < _STILL:
            break
    return shift


@cache
def reference(model: str) -> Mapping[str, tuple[tuple[str, ...], Reference]]:
    """{branch: its labels, and what it says of people in general}; empty for other models."""
    text = (resources.files("mien.inference.baseline") / "reference.json").read_text("utf-8")
    content: dict[str, Any] = json.loads(text)
    if content["model"] != model:
        return {}
    labels = tuple(content["labels"])
    return {
        branch: (labels, Reference(np.array(entry["means"], np.float64), float(entry["seconds"])))
        for branch, entry in content["branches"].items()
    }
