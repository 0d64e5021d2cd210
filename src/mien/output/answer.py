"""An answer as JSON text, and read back from it."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

import msgspec
import numpy as np

from mien.core.checked import MisfitError, checked
from mien.core.published import JPEG
from mien.errors import UsageError
from mien.labels import EMOTIONS
from mien.output.answer_schema import (
    BranchModel,
    PersonModel,
    PredictionModel,
    SourceModel,
    SpanModel,
    SpeechModel,
)
from mien.output.relative_schema import to_relative
from mien.types import BranchSay, Held, Person, Prediction, Reason, Span, Speech

__all__ = ["answer_text", "prediction_from_dict"]


def answer_text(p: Prediction, *, ascii_only: bool = False) -> Iterator[str]:
    """The answer as JSON text in pieces, the same as `json.dumps(p.to_dict())`.

    A long timeline is never there a second time, as dicts or as one string.

    Args:
        p: the answer.
        ascii_only: write all other characters as escapes.
    """
    fields = replace(p, timeline=(), people=()).to_dict()
    lists = {"timeline": map(_spelt, p.timeline), "people": map(_person_text, p.people)}
    pieces = _object(fields, lists)
    return map(_escaped, pieces) if ascii_only else pieces


def _escaped(text: str) -> str:
    """JSON text in ASCII; all of its characters beyond that are within strings."""
    return re.sub(r"[^\x00-\x7f]+", lambda match: json.dumps(match[0])[1:-1], text)


def _person_text(person: Person) -> Iterator[str]:
    fields = replace(person, timeline=()).to_dict()
    return _object(fields, {"timeline": map(_spelt, person.timeline)})


def _spelt(span: Span) -> Iterator[str]:
    yield json.dumps(span.to_dict(), ensure_ascii=False, allow_nan=False)


def _object(
    fields: Mapping[str, Any], lists: Mapping[str, Iterator[Iterator[str]]]
) -> Iterator[str]:
    """A JSON object; the fields named in `lists` are written item by item."""
    for k, (name, value) in enumerate(fields.items()):
        yield f'{", " if k else "{"}"{name}": '
        if name not in lists:
            yield json.dumps(value, ensure_ascii=False, allow_nan=False)
            continue
        yield "["
        for number, item in enumerate(lists[name]):
            yield ", " if number else ""
            yield from item
        yield "]"
    yield "}"


def prediction_from_dict(answer: Mapping[str, Any]) -> Prediction:
    """Read an answer back, for example one that `mien predict --json` has written.

    Args:
        answer: as from `json.loads`.

    Raises:
        UsageError: it is not an answer of schema version 1; names the first place that is wrong.
    """
    try:
        m = checked(answer, PredictionModel)
        people = tuple(_to_person(person) for person in m.people)
        labels = _labels(m)
    except MisfitError as error:
        place = error.where or "top level"
        raise UsageError(
            f"not an answer of mien, schema version 1: {place}: {error.what}; see 'mien schema'"
        ) from None
    except binascii.Error as error:
        raise UsageError(f"people.thumbnail: not base64 ({error}); write the answer anew") from None
    return Prediction(
        source=_to_source(m.source),
        model=msgspec.structs.asdict(m.model),
        label=m.label,
        probabilities=m.probabilities or None,
        confidence=m.confidence,
        reliable=m.reliable,
        reasons=tuple(Reason(r.code, r.message, tuple(r.spans)) for r in m.reasons),
        branches={name: _to_say(one) for name, one in m.branches.items()},
        timeline=tuple(_to_span(span) for span in m.timeline),
        people=people,
        size=m.size,
        labels=labels,
        relative=None if m.relative is None else to_relative(m.relative),
        by=tuple(Held(one.person, one.seconds) for one in m.by),
    )


def _labels(m: PredictionModel) -> tuple[str, ...]:
    """The names in the probabilities; an answer that has none is taken to be one of the seven."""
    spans = chain(m.timeline, *(person.timeline for person in m.people))
    every = chain(
        [m.probabilities],
        (say.probabilities for say in m.branches.values()),
        (person.probabilities for person in m.people),
        chain.from_iterable((s.probabilities, s.fused) for p in m.people if (s := p.speech)),
        chain.from_iterable((span.probabilities, *span.branches.values()) for span in spans),
    )
    label_sets = {frozenset(values): tuple(values) for values in every if values}
    if len(label_sets) > 1:
        a, b = list(label_sets.values())[:2]
        name = next(iter(set(a) ^ set(b)))
        raise UsageError(f"probabilities: '{name}' is in some of them only; write the answer anew")
    return next(iter(label_sets.values()), EMOTIONS.names)


def _to_source(m: SourceModel) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(m)
    return {name: value for name, value in fields.items() if value is not None}


def _to_say(m: BranchModel) -> BranchSay:
    spans = None if m.spans is None else tuple(m.spans)
    return BranchSay(m.present, m.reason, m.weight, m.probabilities or None, m.seconds, spans)


def _to_span(m: SpanModel) -> Span:
    branches = {name: values or None for name, values in m.branches.items()}
    label, probabilities = m.label, m.probabilities or None
    return Span(m.start, m.end, label, probabilities, branches, m.person, m.speaker)


def _to_person(m: PersonModel) -> Person:
    jpeg = (m.thumbnail or "").removeprefix(JPEG)
    return Person(
        id=m.id,
        start=m.start,
        end=m.end,
        probabilities=m.probabilities,
        timeline=tuple(_to_span(span) for span in m.timeline),
        times=np.array(m.track.times, np.float64),
        boxes=np.array(m.track.boxes, np.float32).reshape(-1, 4),
        thumbnail=base64.b64decode(jpeg, validate=True),
        speech=None if m.speech is None else _to_speech(m.speech),
    )


def _to_speech(m: SpeechModel) -> Speech:
    return Speech(m.seconds, tuple(m.spans), m.probabilities or None, m.fused or None)
