"""Which clip model ships: the simplest that is as good as the best, and that knows other faces.

Simple is what has few numbers fitted on clips. Those of one order of magnitude count as equally
simple; among them the lower negative log-likelihood goes first, since answers come with a
confidence. Two conditions have to hold. The UAR lies within the best one's 95 % interval
(bootstrap by actor); and on faces that were not in the few clips which the model learned from
(FER2013's private test), it is not worse than the face encoder is alone, beyond the 95 % interval
of that. The second is there since a network that learned from eight actors who never showed disgust
can be better on their fellows and worse for everybody else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mien.evaluate.result import Report
from mien.metrics import wilson

__all__ = ["Choice", "choose"]


@dataclass(frozen=True)
class Choice:
    """What ships, and why.

    Args:
        ships: name of the system.
        best: that of the highest UAR.
        within: all whose UAR lies within its interval, the simplest first.
        lost: those of them that lose on other faces.
        words: for people.
    """

    ships: str
    best: str
    within: tuple[str, ...]
    lost: tuple[str, ...]
    words: str


def choose(
    report: Report, numbers: Mapping[str, int], elsewhere: Mapping[str, float], alone: float, n: int
) -> Choice:
    """Choose among the systems that `numbers` names.

    Args:
        report: their figures.
        numbers: {system: how many numbers were fitted on clips}; fewer is simpler.
        elsewhere: {system: accuracy on n other faces}; a system that is not in it leaves the face
            encoder as it is.
        alone: accuracy of the face encoder alone on these.
        n: other faces.
    """
    found = {one.name: one for one in report.systems if one.name in numbers}
    best = max(found.values(), key=lambda one: one.uar.mean)
    low = best.uar_interval[0] if best.uar_interval else best.uar.mean
    names = sorted(found, key=lambda name: (_order(numbers[name]), found[name].nll.mean))
    within = tuple(name for name in names if found[name].uar.mean >= low)
    floor = wilson(alone * n, n)[0]
    lost = tuple(name for name in within if elsewhere.get(name, alone) < floor)
    kept = [name for name in within if name not in lost]
    # None keeps what the encoder knows: then what is fitted least harms it least.
    ships = kept[0] if kept else names[0]
    losers = "; ".join(f"{name} {100 * elsewhere[name]:.1f} %" for name in lost)
    words = (
        f"Best: {best.name}, UAR {100 * best.uar.mean:.1f} %, interval from {100 * low:.1f} %. "
        f"Within it, the simplest first: {', '.join(f'{w} ({numbers[w]})' for w in within)}. "
        + (
            f"On {n} other faces, where the encoder alone has {100 * alone:.1f} %: {losers}. "
            if lost
            else ""
        )
        + f"Ships: {ships}."
    )
    return Choice(ships, best.name, within, lost, words)


def _order(number: int) -> int:
    """Of magnitude."""
    return int(np.log10(number))
