"""What was tried so that `reliable` keeps its word on corpora never heard or seen.

    python -m project.bundle.confidence_tries thresholds
    python -m project.bundle.confidence_tries distances DATA [--each 70]

`thresholds` goes by the stored answers in `reports/`; `distances` listens to some recordings of
each corpus in DATA. What they print is kept in `reports/logs/confidence_ideas.md`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.data.datasets.speech_corpora import LANGUAGES
from mien.evaluation.verify.transfer import UnseenCorpus, fit_numbers, least_from, unseen
from mien.features.extractors.voice_embedding import VoiceEmbedding
from project.bundle.release_paths import CHECKOUT

__all__ = ["by_class", "distances", "thresholds", "wrong_lie_further"]

Rows = NDArray[np.float64]
Flags = NDArray[np.bool_]

SHARES = (2 / 3, 0.7, 0.75, 0.8, 0.85, 0.9)
_MANY = 4  # corpora, from which on the worst may be left without a say
_COMPONENTS = 50
_LEAST_ROWS = 15


def thresholds(reports: Path) -> Iterator[str]:
    """A line for each share that is asked for, and for whether the worst corpus has a say."""
    answers = unseen(reports)
    for share in SHARES:
        for worst in (False, True):
            cells = [_left_out(corpus, answers, share, worst) for corpus in answers]
            say = "the worst counts" if worst else "the worst of four or more does not"
            yield f"{share:.2f} asked for, {say}: " + ", ".join(filter(None, cells))


def _left_out(
    corpus: UnseenCorpus, answers: Sequence[UnseenCorpus], share: float, worst: bool
) -> str:
    others = [other for other in answers if other.name != corpus.name]
    fitted, alike = fit_numbers(others), [o for o in others if o.branches == corpus.branches]
    if not alike:
        return ""
    needed = []
    for other in alike:
        probabilities = fitted.probabilities(other)
        needed.append(
            least_from(probabilities.max(1), probabilities.argmax(1) == other.labels, share)
        )
    needed.sort()
    least = needed[-2] if len(needed) >= _MANY and not worst else needed[-1]
    probabilities = fitted.probabilities(corpus)
    return _cell(corpus, probabilities.max(1) >= least, probabilities.argmax(1) == corpus.labels)


def _cell(corpus: UnseenCorpus, sure: Flags, right: Flags) -> str:
    part = f"{100 * right[sure].mean():.0f} % of {sure.sum()}" if sure.any() else "none"
    return f"{corpus.name} {corpus.branches} {part}"


def by_class(reports: Path, share: float = 2 / 3, floor: float = 0.6, enough: int = 5) -> str:
    """A threshold for each answered class, the highest that any other corpus asks for."""
    answers, cells = unseen(reports), []
    for corpus in answers:
        others = [other for other in answers if other.name != corpus.name]
        fitted, alike = fit_numbers(others), [o for o in others if o.branches == corpus.branches]
        if not alike:
            continue
        parts = [(fitted.probabilities(other), other.labels) for other in alike]
        probabilities = fitted.probabilities(corpus)
        least = [
            max(_of_class(rows, labels, k, share, enough) for rows, labels in parts)
            for k in range(probabilities.shape[1])
        ]
        chosen = probabilities.argmax(1)
        sure = probabilities.max(1) >= np.maximum(least, floor)[chosen]
        cells.append(_cell(corpus, sure, chosen == corpus.labels))
    return ", ".join(cells)


def _of_class(
    probabilities: Rows, labels: NDArray[np.int64], column: int, share: float, enough: int
) -> float:
    answered = probabilities.argmax(1) == column
    return least_from(probabilities[answered].max(1), labels[answered] == column, share, enough)


def wrong_lie_further(known: Rows, new: Rows, wrong: Flags) -> tuple[float, float, float]:
    """How far new recordings are from known ones, and whether the wrongly answered are further.

    The distance is what is left of the standardised state outside of the space of the first
    50 principal components of the known ones (root mean square).

    Args:
        known: (m,D) states of the recordings that the head learned from.
        new, wrong: (n,D) and (n,) those that it did not, and whether its answer is wrong.

    Returns:
        median distance of the new ones and of the known ones, and the area under the curve with
        which distance tells wrong from right answers; 0.5 is chance.
    """
    mean, spread = known.mean(0), known.std(0) + 1e-6
    first, second = (known - mean) / spread, (new - mean) / spread
    space = np.linalg.svd(first, full_matrices=False)[2][:_COMPONENTS]
    old, far = (np.sqrt(((x - x @ space.T @ space) ** 2).mean(1)) for x in (first, second))
    rank = far.argsort().argsort() + 1
    count = int(wrong.sum())
    pairs = max(1, count * (len(wrong) - count))
    area = float((rank[wrong].sum() - count * (count + 1) / 2) / pairs)
    return float(np.median(far)), float(np.median(old)), area


def distances(data: Path, reports: Path, each: int) -> Iterator[str]:
    """A line for each corpus of speech, by what the four others give."""
    answers = [corpus for corpus in unseen(reports) if corpus.branches == "voice"]
    draw = np.random.default_rng(0)
    chosen = {
        corpus.name: draw.permutation(len(corpus.labels))[:each].tolist() for corpus in answers
    }
    states = {
        corpus.name: _states(data / corpus.name, corpus, chosen[corpus.name]) for corpus in answers
    }
    for corpus in answers:
        others = unseen(reports)
        probabilities = fit_numbers([o for o in others if o.name != corpus.name]).probabilities(
            corpus
        )
        indices, heard = states[corpus.name]
        known = np.concatenate([rows for name, (_, rows) in states.items() if name != corpus.name])
        wrong = probabilities.argmax(1)[indices] != corpus.labels[indices]
        far, near, area = wrong_lie_further(known, heard, wrong)
        yield (
            f"{corpus.name}: n {len(heard)}, distance {far:.2f} (of the known {near:.2f}), "
            f"area under the curve {area:.2f}"
        )


def _states(
    folder: Path, corpus: UnseenCorpus, chosen: Sequence[int]
) -> tuple[NDArray[np.int64], Rows]:
    """Places among the answers, and (n,2E) mean and deviation over time of the encoder's states."""
    files: Mapping[str, Path] = {path.stem: path for path in sorted(folder.rglob("*.*"))}
    extract, ids = VoiceEmbedding().extract, corpus.windows.ids
    indices, rows = [], []
    for index in chosen:
        states = extract(files[ids[index].rsplit("/", 1)[-1]], None, None)
        heard = states.values[states.valid]
        if len(heard) >= _LEAST_ROWS:
            indices.append(index)
            rows.append(np.concatenate([heard.mean(0), heard.std(0)]))
    return np.array(indices), np.array(rows)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("thresholds", "distances"))
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--each", type=int, default=70)
    options = parser.parse_args()
    if options.what == "thresholds":
        print("\n".join(thresholds(CHECKOUT.reports)))
        print("2/3 for each class, from 0.6 on:", by_class(CHECKOUT.reports))
        return
    if options.data is None or not all((options.data / name).is_dir() for name in LANGUAGES):
        parser.error(f"distances needs a folder with {', '.join(LANGUAGES)}")
    for line in distances(options.data, CHECKOUT.reports, options.each):
        print(line, flush=True)


if __name__ == "__main__":
    main()
