"""The data of a report, as stored in `report.json`.

Shares and probabilities are in 0..1. A figure over several seeds is the mean of their figures,
with the sample standard deviation; no seed is picked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = [
    "Alteration",
    "Bin",
    "ClassReport",
    "Comparison",
    "Cost",
    "Document",
    "FoldReport",
    "Report",
    "Spread",
    "SystemReport",
]

Interval = tuple[float, float]


@dataclass(frozen=True)
class Spread:
    """A figure over the seeds.

    Args:
        mean: over the seeds.
        sd: sample standard deviation; None with one seed.
    """

    mean: float
    sd: float | None = None


@dataclass(frozen=True)
class ClassReport:
    """One class.

    Args:
        label: its name.
        n: clips of it.
        recall: part of them that is found; None where there are none.
        interval: Wilson 95 % interval of the recall, for n clips; None where there are none.
    """

    label: str
    n: int
    recall: Spread | None
    interval: Interval | None


@dataclass(frozen=True)
class Bin:
    """Answers of about one confidence: their mean confidence, part right, and number."""

    confidence: float
    accuracy: float
    n: int


@dataclass(frozen=True)
class FoldReport:
    """One test fold: its clips, and the accuracy on them."""

    fold: int
    n: int
    speakers: tuple[str, ...]
    accuracy: Spread


@dataclass(frozen=True)
class Cost:
    """Seconds for the answer to one clip, and megabytes of weights; None is not measured."""

    seconds_per_clip: float | None = None
    megabytes: float | None = None


@dataclass(frozen=True)
class SystemReport:
    """How well one system did on all clips, those included where it was absent.

    Args:
        name: of the system.
        stamp: what makes its figures too good; "" where nothing does.
        n: clips.
        absent: mean number of them, over the seeds, that were answered with the prior.
        accuracy, uar, macro_f1: see `mien.evaluation.metrics.Scores`.
        accuracy_interval: Wilson 95 %, for n clips whatever the number of seeds.
        uar_interval: 95 % bootstrap over speakers; None with fewer than two.
        classes: all of the label set, in its order.
        confusion: (C,C) counts, true classes in rows; the sum over the seeds.
        ece, ece_perfect, nll, brier: see `mien.evaluation.metrics.Calibration`; 15 equal-mass bins.
        reliability: the bins, of the answers of all seeds.
        risk: part of wrong answers among the most confident 1 %, 2 %, ... 100 % of the clips.
        aurc: area under the risk-coverage curve; less is better.
        folds: each test fold.
        cost: time and size.
    """

    name: str
    stamp: str
    n: int
    absent: float
    accuracy: Spread
    accuracy_interval: Interval
    uar: Spread
    uar_interval: Interval | None
    macro_f1: Spread
    classes: tuple[ClassReport, ...]
    confusion: tuple[tuple[int, ...], ...]
    ece: Spread
    ece_perfect: float
    nll: Spread
    brier: Spread
    reliability: tuple[Bin, ...]
    risk: tuple[float, ...]
    aurc: Spread
    folds: tuple[FoldReport, ...]
    cost: Cost = field(default_factory=Cost)


@dataclass(frozen=True)
class Alteration:
    """One system on altered clips, for example muted ones or with noise.

    Args:
        name: of the alteration.
        system: its name.
        stamp: as for the system.
        n, absent, accuracy, accuracy_interval, uar: as for a system.
        change: accuracy less that on the same clips unaltered.
    """

    name: str
    system: str
    stamp: str
    n: int
    absent: float
    accuracy: Spread
    accuracy_interval: Interval
    uar: Spread
    change: float


@dataclass(frozen=True)
class Comparison:
    """Two systems on the same clips (McNemar's exact test).

    With several seeds there is one test for each pair of trainings, and p is twice the median of
    their p-values, at most 1: valid however the tests depend on one another (Meinshausen, Meier &
    Bühlmann 2009).

    Args:
        first, second: names.
        stamp: what makes the figures of either too good.
        n: clips.
        counts: for each test: both right, only the first right, only the second, neither.
        difference: accuracy of the first less that of the second, mean over the tests.
        p: of the test or tests.
        p_holm: p adjusted for all pairs that were compared (Holm 1979).
    """

    first: str
    second: str
    stamp: str
    n: int
    counts: tuple[tuple[int, int, int, int], ...]
    difference: float
    p: float
    p_holm: float


@dataclass(frozen=True)
class Report:
    """One score table, read.

    Args:
        title: of the run.
        stamp: what makes its figures too good, for example "tuned on report"; else "".
        labels: names of the classes, in order.
        n: clips; every one of them counts for every system.
        unlabelled: clips left out since nobody knows their label.
        speakers: number of different ones; 0 where they are not known.
        folds: number of test folds.
        seeds: of the trainings.
        prior: in words, what answers for an absent system.
        chance: UAR of guessing, one over the classes present.
        majority: accuracy of always saying the commonest class of these clips.
        facts: further {name: text}: recipe, data, date, hardware, versions.
        systems: in the order of the table.
        comparisons: all pairs of them.
        alterations: the same systems on altered clips.
    """

    title: str
    stamp: str
    labels: tuple[str, ...]
    n: int
    unlabelled: int
    speakers: int
    folds: int
    seeds: tuple[int, ...]
    prior: str
    chance: float
    majority: float
    facts: Mapping[str, str]
    systems: tuple[SystemReport, ...]
    comparisons: tuple[Comparison, ...] = ()
    alterations: tuple[Alteration, ...] = ()


@dataclass(frozen=True)
class Document:
    """What the files of a report hold: one or more runs, and the comparisons across them."""

    title: str
    reports: tuple[Report, ...]
    comparisons: tuple[Comparison, ...] = ()
    format: int = 1
