"""What `mien adapt` gains with 12 to 192 labels on four corpora that the bundle never met.

    python -m project.bundle.adapt_curve DATA STORE [CORPUS...]

Prints the table of docs/guides/adapt.md, and writes reports/adapt_curve.json and the picture. DATA
has the corpora; STORE keeps what is measured of their clips, and a second run begins there. With
names of corpora only these are done, and the stored points of the others stay.

The labels of a draw are of seven in ten of the speakers, drawn anew each time; the scores are on
all clips of the others. The bundle that is adapted is the one that ships with the voice's answers
of a head that never heard the corpus (reports/voice_left_out_CORPUS.csv), and with weights and
temperatures from the other corpora; its face network never saw any of the four. What counts as
adapted is what the command would write: the same as before where it finds no gain.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from mien.core.progress import progress_bar
from mien.evaluation.metrics import confusion_counts, recalls_of
from mien.training.adapt.choice import choose, leave_out
from mien.training.adapt.clips import Base, LabelledClips
from mien.training.adapt.fitting import Fits
from mien.training.adapt.gain import gain_of
from mien.training.adapt.measure import Collecting
from project.bundle.adapt_picture import draw_curve
from project.bundle.adapt_unheard import unheard
from project.bundle.release_paths import CHECKOUT, ReleasePaths
from project.bundle.rows import facts, write_report

__all__ = ["COUNTS", "Point", "curve", "main"]

Ints = NDArray[np.int64]

COUNTS = (12, 24, 48, 96, 192)
"""Labels."""
_NAMES = {
    "java_sed": "Java-SED, face and voice",
    "nemo": "nEMO, voice",
    "ased": "ASED, voice",
    "emodb": "EMO-DB, voice",
}
_DRAWS = 10
_SHARE = 0.7  # of the speakers, whose clips may be labelled
_T9 = 2.262  # Student's t, 97.5 % of nine degrees of freedom


@dataclass(frozen=True)
class Point:
    """Draws with so many labels of a corpus.

    Args:
        corpus: its name.
        labels: how many.
        before, after: (draws,) UAR on speakers left out.
        adapted: draws in which a bundle was written.
    """

    corpus: str
    labels: int
    before: tuple[float, ...]
    after: tuple[float, ...]
    adapted: int

    @property
    def points(self) -> float:
        """Mean gain in points of UAR."""
        return 100 * float(np.subtract(self.after, self.before).mean())

    @property
    def half(self) -> float:
        """Half of its 95 % interval over the draws."""
        gains = np.subtract(self.after, self.before)
        return float(100 * _T9 * gains.std(ddof=1) / len(gains) ** 0.5)


def curve(
    data: Path, store: Path, corpus: str, release: ReleasePaths = CHECKOUT, jobs: int = 2
) -> list[Point]:
    """The points of a corpus.

    Args:
        data: folder of the corpora.
        store: keeps what is measured.
        corpus: its name.
        release: the bundle and the reports with the answers of heads that never heard a corpus.
        jobs: files at a time.
    """
    clips, base = unheard(Collecting(release.bundle), corpus, data, store, release, jobs)
    points = []
    with progress_bar() as bar:
        task = bar.add_task(_NAMES[corpus], total=len(COUNTS) * _DRAWS)
        for count in COUNTS:
            drawn = []
            for draw in range(_DRAWS):
                drawn.append(_draw(clips, base, count, draw))
                bar.advance(task)
            points.append(_point(corpus, count, drawn))
    return points


def _point(corpus: str, count: int, drawn: Sequence[tuple[float, float, bool, int]]) -> Point:
    before, after, adapted, used = zip(*drawn, strict=True)
    return Point(corpus, min(count, max(used)), before, after, sum(adapted))


def _draw(
    clips: LabelledClips, base: Base, count: int, number: int
) -> tuple[float, float, bool, int]:
    """UAR before and after on speakers left out, whether anything was gained, and labels used."""
    draw = np.random.default_rng([number, count])
    speakers = np.unique(clips.groups)
    draw.shuffle(speakers)
    inside = np.isin(clips.groups, speakers[: round(_SHARE * len(speakers))])
    known = draw.permutation(np.flatnonzero(inside))[:count]
    test = np.flatnonzero(~inside)
    fits = Fits(clips.where(known), base)
    every = np.arange(len(known))
    left_out = leave_out(fits, lambda *_: None)
    gain = gain_of(left_out.before, left_out.after, fits.clips.labels, fits.clips.groups)
    plan, _ = choose(fits, every)
    whole = Fits(clips, base)
    before = whole.before(test, known)
    adapted = gain.is_one and not plan.nothing
    after = whole.probabilities(fits.fit(plan, every), test) if adapted else before
    truth = clips.labels[test]
    return _uar(truth, before), _uar(truth, after), adapted, len(known)


def _uar(truth: Ints, probabilities: NDArray[np.float64]) -> float:
    """Mean recall of the classes that are there."""
    recalls = recalls_of(confusion_counts(truth, probabilities.argmax(1), probabilities.shape[1]))
    return float(np.nanmean(recalls))


def _shown(points: Sequence[Point]) -> Table:
    """A row a corpus, a column a number of labels."""
    table = Table("corpus", "no labels", box=None, pad_edge=False)
    for count in COUNTS:
        table.add_column(f"{count}", justify="right")
    rows = [[p for p in points if p.corpus == corpus] for corpus in _NAMES]
    rows = [row for row in rows if row]
    for row in rows:
        base = 100 * float(np.mean([p.before for p in row]))
        cells = [_cell(p, count) for p, count in zip(row, COUNTS, strict=True)]
        table.add_row(_NAMES[row[0].corpus], f"{base:.1f}", *cells)
    means = [np.mean([p.points for p in column]) for column in zip(*rows, strict=True)]
    table.add_row("mean", "", *(f"{value:+.1f}" for value in means))
    return table


def _cell(point: Point, count: int) -> str:
    """Points of UAR, their interval, and in how many draws there was a gain to be had."""
    fewer = f" of {point.labels}" if point.labels < count else ""
    return f"{point.points:+.1f} ± {point.half:.1f} ({point.adapted}){fewer}"


def _stored(path: Path) -> list[Point]:
    """The points of a report; none where there is none."""
    if not path.is_file():
        return []
    rows = json.loads(path.read_text(encoding="utf-8"))["points"]
    return [
        Point(r["corpus"], r["labels"], tuple(r["before"]), tuple(r["after"]), r["adapted"])
        for r in rows
    ]


def _plain(points: Sequence[Point]) -> list[Mapping[str, object]]:
    return [
        {
            "corpus": p.corpus,
            "labels": p.labels,
            "before": [round(v, 4) for v in p.before],
            "after": [round(v, 4) for v in p.after],
            "adapted": p.adapted,
            "points": round(p.points, 2),
            "half_interval": round(p.half, 2),
        }
        for p in points
    ]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("store", type=Path)
    parser.add_argument("corpora", nargs="*", metavar="CORPUS", help=", ".join(_NAMES))
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    path = CHECKOUT.reports / "adapt_curve.json"
    points = {p.corpus: [q for q in _stored(path) if q.corpus == p.corpus] for p in _stored(path)}
    for corpus in options.corpora or _NAMES:
        points[corpus] = curve(options.data, options.store, corpus, jobs=options.jobs)
    every = [p for corpus in _NAMES for p in points.get(corpus, [])]
    command = "python -m project.bundle.adapt_curve DATA STORE"
    write_report({**facts(command), "draws": _DRAWS, "points": _plain(every)}, path)
    draw_curve(_NAMES, every, CHECKOUT.docs / "guides" / "adapt_curve.svg")
    Console(width=140).print(_shown(every))


if __name__ == "__main__":
    main()
