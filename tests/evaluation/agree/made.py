"""Answers and codings made by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from mien.data.coding import CodedStretch, Coding
from mien.evaluation.agree import Material, join
from mien.labels import EMOTIONS
from mien.types import Prediction, Span
from tests.output.report.sample import prediction, sure

Run = tuple[float, float, str]


def answer(path: str, *runs: Run, p: float = 0.7, label: str = "happy") -> Prediction:
    """An answer with windows of half a second in the runs; a run of "" has nothing to go by."""
    spans = tuple(
        Span(k / 2, min(k / 2 + 0.5, end), name or None, sure(name, p) if name else None)
        for start, end, name in runs
        for k in range(round(2 * start), math.ceil(2 * end))
    )
    source = {**prediction().source, "path": path, "duration": runs[-1][1] if runs else 0.0}
    return replace(
        prediction(), source=source, timeline=spans, label=label, probabilities=sure(label, p)
    )


def coding(coder: str, clip: str, *runs: Run, person: str = "") -> Coding:
    """What one coder says of one clip."""
    stretches = tuple(
        CodedStretch(clip, start, end, label, coder, person, where=f"{coder}.csv: line {k}")
        for k, (start, end, label) in enumerate(runs, 2)
    )
    return Coding(Path(f"{coder}.csv"), stretches, (coder,))


def material(codings: list[Coding], *answers: Prediction) -> Material:
    """Both joined; without answers the coders alone."""
    by_path = {str(a.source["path"]): a for a in answers}
    return join(codings, by_path or None, EMOTIONS)
