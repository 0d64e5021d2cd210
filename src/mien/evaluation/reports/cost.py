"""`cost.json` of a run folder: what an answer of each system costs, and how that was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from mien.core.atomic import atomic
from mien.core.checked import MisfitError, checked_json, json_bytes
from mien.errors import UsageError
from mien.evaluation.reports.result import Cost

__all__ = ["Costs", "read_costs", "write_costs"]


@dataclass(frozen=True)
class Costs:
    """A measurement.

    Args:
        hardware: the processor, of which one core was used.
        clips: how many were measured.
        length: their mean length in s.
        systems: {system: cost}.
    """

    hardware: str
    clips: int
    length: float
    systems: Mapping[str, Cost]

    @property
    def words(self) -> str:
        """How it was measured, for people."""
        return (
            f"processor time for a clip, from the file to the answer: mean of {self.clips} clips "
            f"of {self.length:.1f} s on one core of {self.hardware}; size of what was fitted"
        )


def write_costs(costs: Costs, run: Path) -> None:
    """Write `cost.json`; raises `OutputError` if that cannot be."""
    with atomic(run / "cost.json") as partial:
        partial.write_bytes(msgspec.json.format(json_bytes(costs), indent=1) + b"\n")


def read_costs(run: Path) -> Costs | None:
    """Read `cost.json`; None where there is none.

    Raises:
        UsageError: it is damaged.
    """
    path = run / "cost.json"
    if not path.is_file():
        return None
    try:
        return checked_json(path.read_bytes(), Costs)
    except (OSError, MisfitError) as error:
        raise UsageError(
            f"{path}: damaged ({error}); 'mien evaluate {run}' measures anew"
        ) from None
