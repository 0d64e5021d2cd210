"""Labels of answers put together: sad, angry and fear as one label "negative"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mien.errors import UsageError
from mien.labels import LabelSet
from mien.types import Prediction, Span

__all__ = ["merged", "merged_labels"]

Probabilities = Mapping[str, float]


def merged_labels(labels: Sequence[str], mapping: Mapping[str, str]) -> LabelSet:
    """The label set that is left; a label without an entry stays as it is.

    Raises:
        UsageError: the mapping names a label that the answers do not have, or takes one away.
    """
    known = LabelSet("answers", tuple(labels))
    for old, new in mapping.items():
        known.index(old)
        if not new:
            raise UsageError(f"--merge {old}=: a label of the answers cannot be left out")
    return LabelSet("answers", tuple(dict.fromkeys(mapping.get(name, name) for name in labels)))


def merged(answer: Prediction, mapping: Mapping[str, str]) -> Prediction:
    """An answer with the probabilities of merged labels added up: clip and timeline."""
    if not mapping:
        return answer
    probabilities = _added(answer.probabilities, mapping)
    label = None if probabilities is None else max(probabilities, key=probabilities.__getitem__)
    return replace(
        answer,
        label=label,
        probabilities=probabilities,
        confidence=None if probabilities is None or label is None else probabilities[label],
        timeline=tuple(_span(span, mapping) for span in answer.timeline),
        labels=merged_labels(answer.labels, mapping).names,
    )


def _span(span: Span, mapping: Mapping[str, str]) -> Span:
    values = _added(span.probabilities, mapping)
    label = None if values is None else max(values, key=values.__getitem__)
    return Span(span.start, span.end, label, values)


def _added(values: Probabilities | None, mapping: Mapping[str, str]) -> dict[str, float] | None:
    if values is None:
        return None
    result: dict[str, float] = {}
    for name, value in values.items():
        new = mapping.get(name, name)
        result[new] = result.get(new, 0.0) + value
    return result
