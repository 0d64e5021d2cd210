"""What adapting gained, as data, a page and Markdown, and in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from mien.core.atomic import atomic
from mien.evaluation.reports import build_report, write_report
from mien.evaluation.scores import ScoreTable, write_scores
from mien.training.adapt.adapt import Adaptation
from mien.training.adapt.new_bundle import counts

__all__ = ["clips_line", "headline", "table_of", "write_adaptation"]

BEFORE, AFTER = "before", "adapted"
_LEAST = 1e-9  # probability


def table_of(adaptation: Adaptation) -> ScoreTable:
    """What the bundle before and the adapted one say of each clip left out."""
    clips = adaptation.clips
    return ScoreTable(
        labels=adaptation.labels,
        ids=clips.ids,
        speakers=tuple(str(name) for name in clips.groups.tolist()),
        truth=clips.labels,
        fold=adaptation.left_out.folds.astype(np.int64),
        seed=np.zeros(len(clips), np.int64),
        systems={
            BEFORE: _logs(adaptation.left_out.before),
            AFTER: _logs(adaptation.left_out.after),
        },
    )


def _logs(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.log(np.maximum(probabilities, _LEAST)))


def clips_line(adaptation: Adaptation) -> str:
    """How many clips of how many people, and of which labels."""
    by_label = ", ".join(f"{name} {count}" for name, count in counts(adaptation).items() if count)
    if adaptation.grouping.by == "windows":
        return f"{len(adaptation.clips)} windows of one file: {by_label}"
    groups = f"{adaptation.gain.groups} {adaptation.grouping.by}"
    return f"{len(adaptation.clips)} clips of {groups}: {by_label}"


def headline(adaptation: Adaptation) -> str:
    """The result in a line or two."""
    gain = adaptation.gain
    span = (
        ""
        if gain.interval is None
        else (f" (95 % {100 * gain.interval[0]:+.1f} to {100 * gain.interval[1]:+.1f})")
    )
    figures = (
        f"UAR {100 * gain.before.uar:.1f} % before, {100 * gain.after.uar:.1f} % adapted: "
        f"{100 * gain.points:+.1f} points{span}; only before right {gain.only_before}, only "
        f"adapted {gain.only_after}, McNemar p = {gain.p:.2g}"
    )
    return figures if adaptation.out else f"no gain; nothing changed. {figures}"


def write_adaptation(adaptation: Adaptation, folder: Path, title: str) -> list[Path]:
    """Write `report.html`, `report.md`, `report.json`, `scores.csv` and `adapted.json`.

    Args:
        adaptation: what came of adapting.
        folder: made if need be; files of these names in it are replaced.
        title: of the page.

    Raises:
        OutputError: a file cannot be written.
    """
    stamp = adaptation.known if adaptation.grouping.alone else ""
    report = build_report(
        table_of(adaptation), title=title, stamp=stamp, prior=None, facts=_facts(adaptation)
    )
    files = write_report(report, folder)
    write_scores(table_of(adaptation), folder / "scores.csv")
    with atomic(folder / "adapted.json") as partial:
        partial.write_text(json.dumps(_plain(adaptation), indent=1) + "\n", encoding="utf-8")
    return [*files, folder / "scores.csv", folder / "adapted.json"]


def _facts(adaptation: Adaptation) -> dict[str, str]:
    """Rows for people at the end of the page."""
    taken = [step.name for step in adaptation.steps if step.taken]
    left = [step.name for step in adaptation.steps if not step.taken]
    facts = {
        "result": headline(adaptation),
        "steps taken": ", ".join(taken) or "none",
        "steps that do not help on people left out": ", ".join(left) or "none",
        "labels": ", ".join(f"{name} {count}" for name, count in counts(adaptation).items()),
        "not known": adaptation.known,
        "clips that could not be used": "; ".join(
            failure.reason for failure in adaptation.failures
        ),
        "rows without a label": str(adaptation.unlabelled) if adaptation.unlabelled else "",
    }
    return {name: text for name, text in facts.items() if text}


def _plain(adaptation: Adaptation) -> dict[str, Any]:
    """The result in plain JSON types."""
    gain = adaptation.gain
    return {
        "written": str(adaptation.out) if adaptation.out else None,
        "clips": len(adaptation.clips),
        "groups": gain.groups,
        "labels": dict(counts(adaptation)),
        "uar": {"before": gain.before.uar, "adapted": gain.after.uar},
        "points": 100 * gain.points,
        "interval": None if gain.interval is None else [100 * v for v in gain.interval],
        "log_loss": {"before": gain.loss_before, "adapted": gain.loss_after},
        "mcnemar": {
            "only_before": gain.only_before,
            "only_adapted": gain.only_after,
            "p": gain.p,
        },
        "steps": [msgspec.to_builtins(step) for step in adaptation.steps],
        "not_known": adaptation.known,
        "failures": [msgspec.to_builtins(failure) for failure in adaptation.failures],
        "rows_without_label": adaptation.unlabelled,
    }
