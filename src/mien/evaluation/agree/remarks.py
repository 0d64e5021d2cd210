"""What has to be known beside the figures: above all what such material cannot tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from mien.evaluation.agree.material import Material
from mien.evaluation.agree.result import ANSWERS
from mien.evaluation.agree.windows import Windows

__all__ = ["FEW", "remarks"]

FEW = 10
"""Clips below which an interval by clip is a rough one."""


def remarks(material: Material, cut: Windows) -> list[str]:
    """In words for people, the weightiest first."""
    return [
        *_clips(material),
        *_people(material),
        *_coders(material, cut),
        *_answers(material, cut),
    ]


def _clips(material: Material) -> Iterator[str]:
    clips = len(material.clips)
    if clips == 1:
        yield "one clip only: no interval can be given, and nothing is known of other clips"
    elif clips < FEW:
        yield f"{clips} clips only: intervals from so few are rough, and often too narrow"


def _people(material: Material) -> Iterator[str]:
    people = {unit.person for unit in material.units}
    several = sum(n > 1 for n in Counter(unit.clip for unit in material.units).values())
    if people == {""}:
        yield (
            "no coding names a person (column person, BORIS's subject, ELAN's participant): "
            "whether the clips show one person or many cannot be known, nor whom the figures are of"
        )
    elif len(people - {""}) == 1 and "" not in people:
        person = next(iter(people))
        clips = len(material.clips)
        if clips > 1:
            yield (
                f"{person} is in every clip: how far mien and coders agree on anybody else cannot "
                "be known from this, and the intervals are of this person alone"
            )
    if several and material.units[0].answer is not None:
        yield (
            f"in {several} clips several people are coded; mien's answer for the clip, which "
            "follows the main face and all speech, is compared with each of them"
        )


def _coders(material: Material, cut: Windows) -> Iterator[str]:
    coders = material.coders
    if len(coders) == 1:
        yield (
            f"one coder only ({coders[0]}): how far people agree on these clips is not known, so a "
            "low agreement may be mien's or the task's"
        )
    for k, coder in enumerate(coders):
        labels = {s.label for u in material.units for s in u.tracks.get(coder, ())}
        if len(labels) == 1:
            yield (
                f"{coder} gave one label only ('{next(iter(labels))}'): kappa and alpha with this "
                "coder say little or are not defined, and other labels cannot be judged"
            )
        others = [j for j in range(len(coders)) if j != k]
        labelled = cut.label[k] >= 0
        if others and not any((labelled & (cut.label[j] >= 0)).any() for j in others):
            yield f"{coder} labelled nothing that another coder labelled too"


def _answers(material: Material, cut: Windows) -> Iterator[str]:
    if ANSWERS not in cut.raters:
        return
    coded = (cut.label[: len(material.coders)] >= 0).any(0)
    silent = int((coded & (cut.label[-1] < 0)).sum())
    if silent:
        share = 100 * silent / max(1, int(np.count_nonzero(coded)))
        yield (
            f"in {silent} of {int(coded.sum())} coded windows ({share:.0f} %) mien had nothing to "
            "go by, neither face nor voice; they count neither for nor against it"
        )
