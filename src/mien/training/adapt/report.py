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


def table_of(found: Adaptation) -> ScoreTable:
    """What the bundle before and the adapted one say of each clip left out."""
    clips = found.clips
    return ScoreTable(
        labels=found.labels,
        ids=clips.ids,
        speakers=tuple(str(name) for name in clips.groups.tolist()),
        truth=clips.labels,
        fold=found.left_out.folds.astype(np.int64),
        seed=np.zeros(len(clips), np.int64),
        systems={BEFORE: _logs(found.left_out.before), AFTER: _logs(found.left_out.after)},
    )


def _logs(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.log(np.maximum(probabilities, _LEAST)))


def clips_line(found: Adaptation) -> str:
    """How many clips of how many people, and of which labels."""
    who = "people" if any(g.startswith("person ") for g in found.clips.groups) else "files"
    told = ", ".join(f"{name} {count}" for name, count in counts(found).items() if count)
    return f"{len(found.clips)} clips of {found.gain.groups} {who}: {told}"


def headline(found: Adaptation) -> str:
    """The result in a line or two."""
    gain = found.gain
    span = (
        ""
        if gain.interval is None
        else (f" (95 % {100 * gain.interval[0]:+.1f} to {100 * gain.interval[1]:+.1f})")
    )
    told = (
        f"UAR {100 * gain.before.uar:.1f} % before, {100 * gain.after.uar:.1f} % adapted: "
        f"{100 * gain.points:+.1f} points{span}; only before right {gain.only_before}, only "
        f"adapted {gain.only_after}, McNemar p = {gain.p:.2g}"
    )
    return told if found.out else f"no gain; nothing changed. {told}"


def write_adaptation(found: Adaptation, folder: Path, title: str) -> list[Path]:
    """Write `report.html`, `report.md`, `report.json`, `scores.csv` and `adapted.json`.

    Args:
        found: what came of adapting.
        folder: made if need be; files of these names in it are replaced.
        title: of the page.

    Raises:
        OutputError: a file cannot be written.
    """
    stamp = found.known if found.known.startswith("all clips") else ""
    report = build_report(
        table_of(found), title=title, stamp=stamp, prior=None, facts=_facts(found)
    )
    files = write_report(report, folder)
    write_scores(table_of(found), folder / "scores.csv")
    with atomic(folder / "adapted.json") as partial:
        partial.write_text(json.dumps(_plain(found), indent=1) + "\n", encoding="utf-8")
    return [*files, folder / "scores.csv", folder / "adapted.json"]


def _facts(found: Adaptation) -> dict[str, str]:
    """Rows for people at the end of the page."""
    taken = [step.name for step in found.steps if step.taken]
    left = [step.name for step in found.steps if not step.taken]
    facts = {
        "result": headline(found),
        "steps taken": ", ".join(taken) or "none",
        "steps that do not help on people left out": ", ".join(left) or "none",
        "labels": ", ".join(f"{name} {count}" for name, count in counts(found).items()),
        "not known": found.known,
        "clips that could not be used": "; ".join(one.reason for one in found.failures),
        "rows without a label": str(found.unlabelled) if found.unlabelled else "",
    }
    return {name: text for name, text in facts.items() if text}


def _plain(found: Adaptation) -> dict[str, Any]:
    """The result in plain JSON types."""
    gain = found.gain
    return {
        "written": str(found.out) if found.out else None,
        "clips": len(found.clips),
        "groups": gain.groups,
        "labels": dict(counts(found)),
        "uar": {"before": gain.before.uar, "adapted": gain.after.uar},
        "points": 100 * gain.points,
        "interval": None if gain.interval is None else [100 * v for v in gain.interval],
        "log_loss": {"before": gain.loss_before, "adapted": gain.loss_after},
        "mcnemar": {
            "only_before": gain.only_before,
            "only_adapted": gain.only_after,
            "p": gain.p,
        },
        "steps": [msgspec.to_builtins(step) for step in found.steps],
        "not_known": found.known,
        "failures": [msgspec.to_builtins(one) for one in found.failures],
        "rows_without_label": found.unlabelled,
    }
