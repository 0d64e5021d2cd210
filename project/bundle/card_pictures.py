"""The pictures of the card: how true probabilities are, and what is wrong among sure answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.evaluation.reports.build import build_report
from mien.evaluation.reports.plots import reliability, risk_coverage
from mien.evaluation.scores import ScoreTable
from mien.labels import EMOTIONS

__all__ = ["draw_reliability", "draw_risk"]

_STYLE = """
svg{color-scheme:light dark;--ink:#14171c;--soft:#5d636d;--line:#dfe2e7;--plate:#fff;--sad:#2f70bd;
background:var(--plate);font-family:system-ui,sans-serif}
@media(prefers-color-scheme:dark){svg{--ink:#f1f3f6;--soft:#a7abb3;--line:#343a43;--plate:#14171c;
--sad:#6ea3e0}}
text{font-size:12.5px;fill:var(--soft)}
text.value{fill:var(--ink);font-weight:600;paint-order:stroke;stroke:var(--plate);stroke-width:3px}
text.aside{font-style:italic}
.rule{stroke:var(--line)}
.ideal{stroke:var(--soft);stroke-width:1.5;stroke-dasharray:4 4}
.curve{fill:none;stroke:var(--sad);stroke-width:2.5}
.curve.thin{stroke-width:1.2;stroke-opacity:.55}
polygon.under{fill:var(--sad);fill-opacity:.12}
.dot{fill:var(--sad);stroke:var(--plate);stroke-width:1.5}
.whisker{stroke:var(--sad);stroke-opacity:.45;stroke-width:2}
"""


def draw_reliability(
    labels: NDArray[np.int64], probabilities: NDArray[np.float64], path: Path
) -> None:
    """Part right against confidence, of pictures with true columns (n,) and (n,C)."""
    n = len(labels)
    names = tuple(map(str, range(n)))
    zeros = np.zeros(n, np.int64)
    log_probs = {"face": np.log(np.maximum(probabilities, 1e-12))}
    table = ScoreTable(EMOTIONS, names, ("",) * n, labels, zeros, zeros, log_probs)
    report = build_report(table, title="face")
    _write(reliability(report.systems[0], seeds=1), path)


def draw_risk(table: ScoreTable, system: str, path: Path) -> tuple[float, tuple[float, ...]]:
    """Part wrong among the surest answers of a system.

    Returns:
        the area under the curve, and the curve at 1 %, 2 %, ... 100 % answered.
    """
    report = build_report(table, title=system)
    chosen = next(s for s in report.systems if s.name == system)
    _write(risk_coverage(chosen, report), path)
    return chosen.aurc.mean, chosen.risk


def _write(picture: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    head, rest = picture.split(">", 1)
    name = head.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    # On a page the last tick's "100%" may stand over the edge; in a file of its own it is cut off.
    name = name.replace('viewBox="0 0 460 ', 'viewBox="0 0 474 ', 1)
    path.write_text(f"{name}><style>{_STYLE}</style>{rest}\n", encoding="utf-8")
