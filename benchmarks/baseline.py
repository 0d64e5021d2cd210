"""How many seconds of a person make a baseline, and what it gives.

    python benchmarks/baseline.py DATA [--json reports/baseline.json] [--reference FILE]
        [--lengths FILE]

Answers about corpora that the networks had not learned from (`reports/face_*.csv`,
`reports/voice_left_out_*.csv`) are corrected by `mien.inference.baseline`. Each speaker's clips are
cut into two halves by chance: a baseline is drawn from the one until it has so many seconds, and
the other is scored. The means of people in general, and k, come from the other corpora. What is in
a baseline makes a difference: each emotion equally often, seven in ten neutral, neutral alone, one
other emotion alone, or (auto) the scored clips themselves, seven in ten of them neutral.

The figure is the gain in UAR, pooled over speakers, in points, with an interval by resampling
speakers. `--reference` writes what `mien` ships: the means of all corpora, and k chosen on all.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

import mien
from mien.core.progress import progress_bar
from mien.evaluation.verify.transfer import Unseen, unseen
from mien.inference.baseline.shift import Reference, centred, estimate
from mien.labels import EMOTIONS
from mien.training.experiment.record import hardware

REPORTS = Path(__file__).resolve().parents[1] / "reports"
SECONDS = (4, 8, 15, 30, 60, 120)
MIXES = ("equal", "mostly neutral", "neutral alone", "one other alone", "auto")
CHOOSING = MIXES[:4]
GRID = (5.0, 10.0, 20.0, 40.0, 80.0)
DRAWS = 3
LEAST_CLIPS = 12  # of a speaker
RESAMPLES = 1000
PICTURE = 1.0  # s that a still picture counts for
NEUTRAL = EMOTIONS.index("neutral")
SUFFIXES = (".mp4", ".flac", ".ogg", ".wav")

Rows = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Corpus:
    """Answers about one corpus.

    Args:
        name, branch: of it.
        rows: (n,C) log-probabilities over the branch's temperature, centred.
        labels: (n,) columns.
        speakers: (n,) names.
        seconds: (n,) of the clips.
    """

    name: str
    branch: str
    rows: Rows
    labels: Ints
    speakers: NDArray[np.str_]
    seconds: Rows


def corpora(lengths: Mapping[str, Mapping[str, float]]) -> list[Corpus]:
    """All that are stored, with faces or voices alone."""
    spec = mien.load().spec
    return [
        _corpus(stored, lengths.get(stored.name, {}), spec.branches[stored.branches].temperature)
        for stored in unseen(REPORTS)
        if stored.branches in spec.branches
    ]


def _corpus(stored: Unseen, lengths: Mapping[str, float], temperature: float) -> Corpus:
    present = ~np.isnan(stored.windows.rows[:, 0])
    windows = stored.windows.where(present)
    return Corpus(
        stored.name,
        stored.branches,
        centred(windows.rows / temperature),
        windows.labels,
        np.array(windows.speakers),
        np.array([lengths.get(name, PICTURE) for name in windows.ids]),
    )


def clip_lengths(data: Path) -> dict[str, dict[str, float]]:
    """{corpus: {clip: seconds}}, from the headers of the files."""
    result: dict[str, dict[str, float]] = {}
    with progress_bar() as bar:
        for name in bar.track(sorted({stored.name for stored in unseen(REPORTS)})):
            root = data / name
            files = [f for f in root.rglob("*") if f.suffix in SUFFIXES]
            result[name] = dict(_length(root, file) for file in files)
    return result


def _length(root: Path, file: Path) -> tuple[str, float]:
    key = file.stem
    if root.name == "java_sed":
        key = file.relative_to(root).with_suffix("").as_posix()
    with av.open(str(file)) as container:
        return key, (container.duration or 0) / av.time_base


def means_of(group: Sequence[Corpus]) -> Rows:
    """(C,C) mean rows of each class; each corpus that has it counts the same."""
    result = np.zeros((len(EMOTIONS), len(EMOTIONS)))
    for label in range(len(EMOTIONS)):
        has = [c.rows[c.labels == label].mean(0) for c in group if (c.labels == label).sum() > 5]
        every = has or [c.rows.mean(0) for c in group]
        result[label] = np.mean(every, axis=0)
    return result


def drawn(rng: np.random.Generator, c: Corpus, among: Ints, seconds: float, mix: str) -> Ints:
    """Clips of one speaker, without one twice, until there are so many seconds; none: too few."""
    classes = np.unique(c.labels[among])
    other = rng.choice(classes[classes != NEUTRAL])
    left, chosen, total = set(among.tolist()), [], 0.0
    while total < seconds and left:
        label = {"neutral alone": NEUTRAL, "one other alone": other}.get(mix)
        if label is None:
            often = mix != "equal" and rng.random() < 0.7
            label = NEUTRAL if often else rng.choice(classes)
        pool = [k for k in sorted(left) if c.labels[k] == label]
        if not pool and mix in ("neutral alone", "one other alone"):
            break
        k = int(rng.choice(pool or sorted(left)))
        left.discard(k)
        chosen.append(k)
        total += c.seconds[k]
    return np.array(chosen if total >= 0.75 * seconds else [], np.int64)


@dataclass(frozen=True)
class Case:
    """A baseline and the clips that it is for."""

    speaker: str
    base: Ints
    test: Ints
    seconds: float


def cases(c: Corpus, seconds: float, mix: str) -> list[Case]:
    """The same ones whatever is tried."""
    rng, result = np.random.default_rng(1), []
    for speaker in np.unique(c.speakers):
        clips = np.flatnonzero(c.speakers == speaker)
        if len(clips) < LEAST_CLIPS:
            continue
        for _ in range(DRAWS):
            shuffled = rng.permutation(clips)
            half = len(clips) // 2
            base = drawn(rng, c, shuffled if mix == "auto" else shuffled[:half], seconds, mix)
            test = base if mix == "auto" else shuffled[half:]
            if len(base):
                result.append(Case(str(speaker), base, test, float(c.seconds[base].sum())))
    return result


def shifted(c: Corpus, case: Case, known: Reference | None) -> Rows:
    """Rows of the scored clips, corrected; without a reference by the whole plain mean."""
    if known is None:
        return c.rows[case.test] - c.rows[case.base].mean(0)
    return c.rows[case.test] - estimate(c.rows[case.base], case.seconds, known)


def counts(c: Corpus, case_list: Sequence[Case], known: Reference | None) -> dict[str, Rows]:
    """{speaker: (3,C) clips of each class, right before, right after}."""
    result: dict[str, Rows] = {}
    for case in case_list:
        truth = c.labels[case.test]
        before = c.rows[case.test].argmax(1) == truth
        after = shifted(c, case, known).argmax(1) == truth
        table = result.setdefault(case.speaker, np.zeros((3, len(EMOTIONS))))
        for k, values in enumerate((np.ones(len(truth)), before, after)):
            np.add.at(table[k], truth, values)
    return result


def gain(tables: Iterable[Rows]) -> float:
    """UAR after less UAR before, in points."""
    total = np.sum(list(tables), axis=0)
    present = total[0] > 0
    return float(100 * ((total[2] - total[1])[present] / total[0][present]).mean())


def interval(tables: Sequence[Rows]) -> tuple[float, float]:
    """95 % by resampling speakers."""
    rng, stack = np.random.default_rng(2), np.stack(tables)
    picks = rng.integers(0, len(stack), (RESAMPLES, len(stack)))
    gains = [gain(stack[pick]) for pick in picks]
    return float(np.quantile(gains, 0.025)), float(np.quantile(gains, 0.975))


def chosen_k(group: Sequence[Corpus]) -> float:
    """The one with the best gain, on average over corpora and lengths, of the worst mix."""
    scores = {k: float(np.mean([_worst(c, group, k) for c in group])) for k in GRID}
    return max(scores, key=lambda k: scores[k])


def _worst(c: Corpus, group: Sequence[Corpus], k: float) -> float:
    others = [corpus for corpus in group if corpus is not c] or [c]
    known = Reference(means_of(others), k)
    worst = []
    for seconds in SECONDS:
        gains = [
            gain(counts(c, case_list, known).values())
            for mix in CHOOSING
            if (case_list := _CASES[c.branch, c.name, seconds, mix])
        ]
        if gains:
            worst.append(min(gains))
    return float(np.mean(worst))


_CASES: dict[tuple[str, str, int, str], list[Case]] = {}


def curve(c: Corpus, known: Reference | None) -> list[dict[str, Any]]:
    """The gain at each length and mix."""
    result = []
    for mix in MIXES:
        for seconds in SECONDS:
            case_list = _CASES[c.branch, c.name, seconds, mix]
            if not case_list:
                continue
            tables = counts(c, case_list, known)
            low, high = interval(list(tables.values()))
            result.append(
                {
                    "mix": mix,
                    "seconds": seconds,
                    "speakers": len(tables),
                    "clips": int(sum(t[0].sum() for t in tables.values()) / DRAWS),
                    "gain": round(gain(tables.values()), 2),
                    "interval": [round(low, 2), round(high, 2)],
                }
            )
    return result


def measure(group: Sequence[Corpus]) -> list[dict[str, Any]]:
    """Every corpus by what the others give, and by the whole plain mean."""
    for c in group:
        for seconds in SECONDS:
            for mix in MIXES:
                _CASES[c.branch, c.name, seconds, mix] = cases(c, seconds, mix)
    result = []
    with progress_bar() as bar:
        for c in bar.track(group, description="corpora"):
            others = [corpus for corpus in group if corpus.branch == c.branch and corpus is not c]
            k = chosen_k(others)
            known = Reference(means_of(others), k)
            result.append(
                {
                    "corpus": c.name,
                    "branch": c.branch,
                    "speakers": len(set(c.speakers.tolist())),
                    "uar": round(100 * _uar(c), 1),
                    "k": k,
                    "curve": curve(c, known),
                    "plain_mean": curve(c, None),
                }
            )
    return result


def _uar(c: Corpus) -> float:
    right = c.rows.argmax(1) == c.labels
    return float(np.mean([right[c.labels == label].mean() for label in np.unique(c.labels)]))


def shipped(group: Sequence[Corpus]) -> dict[str, Any]:
    """What `mien.inference.baseline` reads."""
    branches = {}
    for branch in dict.fromkeys(c.branch for c in group):
        branch_corpora = [c for c in group if c.branch == branch]
        means = means_of(branch_corpora).round(4).tolist()
        branches[branch] = {"seconds": chosen_k(branch_corpora), "means": means}
    spec = mien.load().spec
    return {"model": spec.name, "labels": list(EMOTIONS.names), "branches": branches}


def show(results: Sequence[Mapping[str, Any]], key: str) -> None:
    """The table of a method."""
    print(f"| {'corpus':18} | baseline | " + " | ".join(f"{s} s" for s in SECONDS) + " |")
    print("|---" * (len(SECONDS) + 2) + "|")
    for entry in results:
        for mix in MIXES:
            rows = {r["seconds"]: r for r in entry[key] if r["mix"] == mix}
            cells = [_cell(rows.get(seconds)) for seconds in SECONDS]
            print(f"| {entry['branch']}, {entry['corpus']} | {mix} | {' | '.join(cells)} |")


def _cell(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "–"
    low, high = row["interval"]
    return f"{row['gain']:+.1f} ({low:+.1f} to {high:+.1f})"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--reference", type=Path)
    parser.add_argument("--lengths", type=Path, help="of the clips, once they are read")
    args = parser.parse_args()
    if args.lengths and args.lengths.is_file():
        lengths = json.loads(args.lengths.read_text("utf-8"))
    else:
        lengths = clip_lengths(args.data)
        if args.lengths:
            args.lengths.write_text(json.dumps(lengths), "utf-8")
    every = corpora(lengths)
    results = measure(every)
    for entry in results:
        who = (
            f"{entry['branch']}, {entry['corpus']}: {entry['speakers']} speakers, "
            f"UAR {entry['uar']} %"
        )
        print(f"{who}; k = {entry['k']:g} s from the other corpora")
    print("\ngain in points of UAR\n")
    show(results, "curve")
    print("\nthe same by taking the whole plain mean away\n")
    show(results, "plain_mean")
    if args.reference:
        args.reference.write_text(json.dumps(shipped(every), indent=1) + "\n", "utf-8")
    if args.json:
        date = datetime.now(UTC).date().isoformat()
        report = {"date": date, "hardware": hardware(), "corpora": results}
        args.json.write_text(json.dumps(report, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
