"""From labelled clips to a bundle that is better on their kind of material, or to none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mien.errors import UsageError
from mien.inference.bundle import Bundle, bundle_path
from mien.labels import LabelSet
from mien.training.adapt.choice import LeftOut, Step, choose, leave_out
from mien.training.adapt.clips import Base, LabelledClips
from mien.training.adapt.fitting import Fits, Fitted, Plan
from mien.training.adapt.gain import Gain, gain_of
from mien.training.adapt.gather import Failure, Measured, gather
from mien.training.adapt.labelled import (
    LEAST,
    Grouping,
    Labelled,
    check_enough,
    groups_of,
    read_labelled,
)
from mien.training.adapt.material import base_of, material
from mien.training.adapt.measure import Collecting
from mien.training.adapt.new_bundle import new_bundle
from mien.training.adapt.write import check_place, write_bundle

__all__ = ["Adaptation", "adapt"]

Progress = Callable[[str, int, int], None]

_STORE = "features"


@dataclass(frozen=True)
class Adaptation:
    """What came of adapting.

    Args:
        labels: what the bundle answers with.
        clips: that were used.
        base: what the bundle before joins its branches with.
        fitted: what was fitted by the steps that were taken, on all clips.
        steps: what was tried, in order, fitted and judged on all clips by folds.
        plan: the steps that were taken.
        gain: before and after, on groups left out, the choice of steps included.
        left_out: what both say of each clip that was left out.
        grouping: what was left out together, and on whom the figures hold.
        failures: clips that could not be used.
        unlabelled: rows of the table without a label.
        out: the new bundle; None where there was no gain, and nothing was written.
    """

    labels: LabelSet
    clips: LabelledClips
    base: Base
    fitted: Fitted
    steps: tuple[Step, ...]
    plan: Plan
    gain: Gain
    left_out: LeftOut
    grouping: Grouping
    failures: tuple[Failure, ...]
    unlabelled: int
    out: Path | None

    @property
    def known(self) -> str:
        """On whom the figures hold, and what cannot be known; "" where persons are told."""
        return self.grouping.note


def adapt(
    table: str | Path,
    out: str | Path,
    *,
    model: str | Path | None = None,
    labels: Sequence[str] | None = None,
    mapping: Mapping[str, str] | None = None,
    store: str | Path | None = None,
    jobs: int = 0,
    progress: Progress | None = None,
) -> Adaptation:
    """Adapt a bundle to labelled clips, and write it if that helps on people left out.

    Steps in their order: a bias for each class; weights of the branches and temperatures; a linear
    head on the mean embedding of each branch, which starts from what the bundle says. Each is
    kept if it lowers the log-loss on people left out, and all are drawn to the bundle the more,
    the fewer labels there are. What is reported are clips of people that neither the fits nor the
    choice of steps had seen.

    Args:
        table: .csv or .parquet with the columns path and label, and perhaps start and end in s,
            person, id; relative paths start from its folder.
        out: folder of the new bundle; must not exist, or be empty.
        model: a bundle's folder or name; None is the default.
        labels: a label set of one's own; None is the bundle's.
        mapping: {label in the table: label that it stands for}.
        store: folder that keeps what was measured of the clips; None is `features` beside the
            table. The same call goes on where one was interrupted.
        jobs: files at a time; 0 is the cores.
        progress: called with ("clips" or "folds", done, in all).

    Returns:
        What was gained; its `out` is None where nothing was, and then no bundle is written.

    Raises:
        UsageError: the table or an option cannot be used, there are fewer than ten clips that can
            be read, or one label only.
        BundleError: the model is damaged.
        OutputError: a file cannot be written.
    """
    table, out, say = Path(table), Path(out), progress or (lambda *_: None)
    check_place(out)
    bundle = Collecting(bundle_path(model))
    wanted = None if labels is None else _label_set(labels)
    read = read_labelled(table, bundle.labels, wanted, mapping)
    kept_in = table.parent / _STORE if store is None else Path(store)
    measured = gather(bundle, read, kept_in, jobs, say)
    _check_usable(table, measured)
    adaptation = adapted(bundle, read, measured, say)
    if not adaptation.gain.is_one or adaptation.plan.nothing:
        return adaptation
    write_bundle(bundle, new_bundle(bundle, adaptation, measured, table), out)
    return replace(adaptation, out=out)


def _label_set(names: Sequence[str]) -> LabelSet:
    """A label set of one's own.

    Raises:
        UsageError: fewer than two names, or one twice.
    """
    plain = tuple(name.strip().lower() for name in names if name.strip())
    if len(plain) < 2:
        raise UsageError(f"labels {', '.join(plain) or 'none'}: give two or more")
    return LabelSet("own", plain)


def _check_usable(table: Path, measured: Measured) -> None:
    """Refuse what is left too few of once the clips were read."""
    where = str(table)
    if failures := measured.failures:
        where = f"{table}: {len(failures)} clips cannot be used ({failures[0].reason}); of the rest"
    check_enough(where, [clip.label for clip in measured.clips])
    if not any(evidence.branches for evidence in measured.found):
        raise UsageError(f"{where}: neither a face nor a voice was found in any clip")


def adapted(bundle: Bundle, table: Labelled, measured: Measured, say: Progress) -> Adaptation:
    """What would be gained, before anything is written."""
    clips = material(bundle, measured.clips, measured.found, table.labels)
    base = base_of(bundle, clips, table.labels)
    if not base.branches:
        raise UsageError(
            f"fewer than {LEAST} of the clips have a face or a voice, from which labels of one's "
            "own could be learned"
        )
    fits = Fits(clips, base)
    left_out = leave_out(fits, say)
    plan, steps = choose(fits, np.arange(len(clips)))
    return Adaptation(
        labels=table.labels,
        clips=clips,
        base=base,
        fitted=fits.fit(plan, np.arange(len(clips))),
        steps=tuple(steps),
        plan=plan,
        gain=gain_of(left_out.before, left_out.after, clips.labels, clips.groups),
        left_out=left_out,
        grouping=groups_of(measured.clips),
        failures=measured.failures,
        unlabelled=table.unlabelled,
        out=None,
    )
