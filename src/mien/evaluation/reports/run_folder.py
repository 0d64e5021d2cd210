"""The files of a run folder that a report is made from.

    RUN/run.json            what was run: recipe, manifest, folds, seeds, versions, stamp
    RUN/scores.csv          what each system said about each clip
    RUN/final.json          the final system's prior, which answers for absent systems, and when
                            it is reliable
    RUN/cost.json           optional: what an answer costs
    RUN/altered/NAME.csv    optional: scores of altered clips, for example "muted" or "noise 10 dB"
    RUN/on/MANIFEST/        optional: the final system on other clips; a folder like RUN
    RUN/report/             the report

`run.json` may hold "title" and "prior" {label: share of the training clips}. A score table
without a run folder will do as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from mien.core.checked import MisfitError, checked
from mien.data.perturbation import ALTERATIONS
from mien.errors import UsageError
from mien.evaluation.reports.build import build_report
from mien.evaluation.reports.cost import read_costs
from mien.evaluation.reports.result import Cost, Report
from mien.evaluation.scores import ScoreTable, read_scores

__all__ = ["RunFolder", "read_run", "report_of"]

FORMAT = 1
"""Of `run.json`."""


@dataclass(frozen=True)
class RunFolder:
    """One run.

    Args:
        title: name of its folder, or of the file of scores.
        table: its scores.
        stamp: what makes its figures too good.
        prior: {label: share} of its training clips; None where it is not known.
        facts: {name: text} for people.
        costs: {system: what an answer costs}.
        altered: {alteration: scores}.
        report: folder that its report belongs in.
    """

    title: str
    table: ScoreTable
    stamp: str
    prior: Mapping[str, float] | None
    facts: Mapping[str, str]
    costs: Mapping[str, Cost]
    altered: Mapping[str, ScoreTable]
    report: Path


def read_run(path: Path) -> RunFolder:
    """Read a run folder, or a lone score table.

    Raises:
        UsageError: it is neither, was not finished, or is of another version.
    """
    if path.is_file():
        table = read_scores(path)
        target = path.with_name(f"{path.stem}-report")
        facts = {"protocol": "not known: a score table without its run folder"}
        return RunFolder(path.stem, table, "", None, facts, {}, {}, target)
    record, costs = _record(path), read_costs(path)
    if not (path / "scores.csv").is_file():
        raise UsageError(f"{path}: the run has no scores.csv yet; finish it with 'mien train'")
    table = read_scores(path / "scores.csv")
    return RunFolder(
        title=record.title or path.resolve().name,
        table=table,
        stamp=record.stamp,
        prior=record.prior or _final_prior(path, table),
        facts=_facts(record) | ({"time and size": costs.words} if costs else {}),
        costs=costs.systems if costs else {},
        altered={p.stem: read_scores(p) for p in _altered(path)},
        report=path / "report",
    )


def report_of(run: RunFolder) -> Report:
    """All figures of a run."""
    return build_report(
        run.table,
        title=run.title,
        stamp=run.stamp,
        prior=run.prior,
        facts=run.facts,
        costs=run.costs,
        alterations=run.altered,
    )


def _altered(path: Path) -> list[Path]:
    """The tables of altered clips, those of known alterations first and in their order."""
    order = list(ALTERATIONS)
    paths = (path / "altered").glob("*.csv")
    return sorted(paths, key=lambda p: (order.index(p.stem) if p.stem in order else 99, p.stem))


@dataclass(frozen=True)
class _Record:
    """The parts of `run.json` that a report shows."""

    format: int
    recipe: Mapping[str, Any] = field(default_factory=dict)
    manifest: Mapping[str, Any] = field(default_factory=dict)
    folds: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    commit: str = ""
    date: str = ""
    hardware: str = ""
    stamp: str = ""
    prior: Mapping[str, float] | None = None
    title: str = ""


def _record(path: Path) -> _Record:
    file = path / "run.json"
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{file}: cannot be read ({error.strerror}); give a run folder of 'mien train', "
            "or a score table (.csv)"
        ) from None
    try:
        plain = msgspec.json.decode(content)
        version = plain.get("format")
        if version != FORMAT:
            raise UsageError(
                f"{file}: a run folder of another version of mien (format {version}, this one "
                f"reads {FORMAT}); train it anew"
            )
        return checked(plain, _Record)
    except MisfitError as error:
        raise UsageError(f"{file}: damaged at '{error.where}': {error.what}") from None
    except (ValueError, AttributeError, RecursionError) as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"{file}: damaged, not a JSON object ({error})") from None


def _final_prior(path: Path, table: ScoreTable) -> Mapping[str, float] | None:
    """The final system's prior, where the table has no other folds to take one from."""
    if len(set(table.fold.tolist())) > 1:
        return None
    try:
        prior = msgspec.json.decode((path / "final.json").read_bytes())["prior"]
        return checked(prior, dict[str, float])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _facts(record: _Record) -> dict[str, str]:
    """Facts of the run as text; what it did not record is left out."""
    data = record.manifest
    speakers = data.get("speakers", [])
    shown = ", ".join(f"{name} {version}" for name, version in record.versions.items())
    facts = {
        "recipe": str(record.recipe.get("name", "")),
        "data": f"{data.get('name', '')}: {data.get('clips', '?')} clips, {len(speakers)} speakers"
        if data
        else "",
        "folds": record.folds,
        "protocol": record.stamp or "nothing was tuned on the reported clips",
        "date": record.date,
        "hardware": record.hardware,
        "versions": shown,
        "commit": record.commit[:12],
    }
    return {name: text for name, text in facts.items() if text}
