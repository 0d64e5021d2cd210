"""The shipped weights, from the file to the answer, on any machine."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sample_prediction import STORED, sample_prediction

TOLERANCE = 0.01
"""Of a probability: decoders and processors differ in the last bits, weights do not."""


def test_the_sample_clip_gets_the_stored_answer() -> None:
    stored: dict[str, Any] = json.loads(STORED.read_text(encoding="utf-8"))
    now = sample_prediction()
    for name in ("model", "label", "reliable"):
        assert now[name] == stored[name]
    assert now["branches"].keys() == stored["branches"].keys()
    assert len(now["timeline"]) == len(stored["timeline"])
    assert len(now["people"]) == len(stored["people"])
    for here, there in zip(vectors(now), vectors(stored), strict=True):
        assert here == pytest.approx(there, abs=TOLERANCE)


def vectors(answer: dict[str, Any]) -> list[dict[str, float] | None]:
    parts = (*answer["branches"].values(), *answer["timeline"], *answer["people"])
    return [answer["probabilities"], *parts]
