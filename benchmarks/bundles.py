"""Processor time of an answer by several bundles, on the same clips in one run.

python benchmarks/bundles.py BUNDLE BUNDLE CLIP...

A bundle is a folder (of an earlier commit, say) or "default". Clips are read in turn by each
bundle, so that a busy machine is busy for all of them; the first round, which loads, is not
counted.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import mien
from mien.inference.bundle import Bundle, load

ROUNDS = 2


def main() -> None:
    """Print seconds of processor time for ten seconds of clip."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundles", nargs=2)
    parser.add_argument("clips", nargs="+", type=Path)
    given = parser.parse_args()
    bundles = [load(name, threads=2) for name in given.bundles]
    took, length = [0.0] * len(bundles), 0.0
    for number in range(ROUNDS + 1):
        for clip in given.clips:
            each = [seconds(bundle, clip) for bundle in bundles]
            if number:
                took = [sum(pair) for pair in zip(took, (one for one, _ in each), strict=True)]
                length += each[0][1]
    for bundle, total in zip(bundles, took, strict=True):
        print(
            f"{bundle.spec.name}: {10 * total / length:.3f} s for 10 s of {len(given.clips)} clips"
        )
    print(f"ratio: {took[1] / took[0]:.2f}")


def seconds(bundle: Bundle, clip: Path) -> tuple[float, float]:
    """Processor time of an answer, and the length of its clip, both in s."""
    before = time.process_time()
    answer = mien.analyze(clip, model=bundle)
    return time.process_time() - before, float(answer.to_dict()["source"]["duration"])


if __name__ == "__main__":
    main()
