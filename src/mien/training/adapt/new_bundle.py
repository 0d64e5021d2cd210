"""What an adapted bundle is called, how far its answers are to be trusted, and its card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from mien.evaluation.cards import ByFolds, CardScore, card_score
from mien.evaluation.metrics import Scores
from mien.inference.bundle import Bundle
from mien.training.adapt.trust import Trust, trust_of
from mien.training.adapt.write import NewBundle

if TYPE_CHECKING:
    from mien.training.adapt.adapt import Adaptation
    from mien.training.adapt.gather import Measured

__all__ = ["counts", "new_bundle"]


def new_bundle(
    bundle: Bundle, adaptation: Adaptation, measured: Measured, table: Path
) -> NewBundle:
    """All that goes into the folder.

    Args:
        bundle: the one that was adapted.
        adaptation: what was fitted.
        measured: the clips.
        table: their table, whose name goes into that of the bundle.
    """
    return NewBundle(
        name=f"{bundle.spec.name}-{table.stem}",
        labels=adaptation.labels,
        base=adaptation.base,
        fitted=adaptation.fitted,
        trust=_trust(bundle, adaptation, measured),
        card=_card(bundle, adaptation, table),
    )


def _trust(bundle: Bundle, adaptation: Adaptation, measured: Measured) -> Trust:
    """By the answers about clips left out."""
    kept = set(adaptation.base.branches)
    present = ["+".join(sorted(kept & set(evidence.branches))) for evidence in measured.found]
    sets = adaptation.base.temperatures
    usual = {name: bundle.spec.least_confidence(name.split("+")) for name in sets}
    return trust_of(adaptation.left_out.after, adaptation.clips.labels, np.array(present), usual)


def _card(bundle: Bundle, adaptation: Adaptation, table: Path) -> dict[str, Any]:
    """What card.json says: to what it was adapted, and what that gained."""
    before = _licence(bundle)
    command = f"mien adapt {table} --out OUT"
    scores = {
        f"{bundle.spec.name} before, people left out": adaptation.gain.before,
        "adapted, people left out": adaptation.gain.after,
    }
    return {
        "licence": f"{before}; adapted to the labels of {table.name}, whose own licence holds too",
        "scores": [msgspec.to_builtins(_score(n, s, command)) for n, s in scores.items()],
        "adapted": {
            "from": {"name": bundle.spec.name, "sha256": bundle.sha256},
            "table": table.name,
            "date": datetime.now(UTC).date().isoformat(),
            "clips": len(adaptation.clips),
            "groups": adaptation.gain.groups,
            "labels": dict(counts(adaptation)),
            "steps": [msgspec.to_builtins(step) for step in adaptation.steps],
            "points_of_uar": round(100 * adaptation.gain.points, 1),
            "interval": _points(adaptation.gain.interval),
            "mcnemar_p": adaptation.gain.p,
            "not_known": adaptation.known,
        },
    }


def _licence(bundle: Bundle) -> str:
    try:
        card = json.loads((bundle.path / "card.json").read_bytes())
        return str(card.get("licence", "not stated"))
    except (OSError, ValueError, AttributeError):
        return "not stated"


def _score(name: str, of_system: Scores, command: str) -> CardScore:
    figures = of_system.accuracy, of_system.interval, of_system.uar, of_system.macro_f1
    return card_score(name, of_system.n, *figures, ByFolds(command=command))


def _points(interval: tuple[float, float] | None) -> list[float] | None:
    return None if interval is None else [round(100 * value, 1) for value in interval]


def counts(adaptation: Adaptation) -> Mapping[str, int]:
    """{label: clips that have it}, in the order of the labels."""
    shares = np.bincount(adaptation.clips.labels, minlength=len(adaptation.labels)).tolist()
    return dict(zip(adaptation.labels.names, shares, strict=True))
