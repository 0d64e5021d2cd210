"""Two coders made from a corpus's votes: real people who do not agree, without names.

    python benchmarks/coders.py MANIFEST.csv CODED.csv [--clips 400] [--split test]

The manifest is one of `mien data prepare`, with columns vote_X. Of CREMA-D these hold the label
that a crowd gave to the voice, the face, and both: each crowd is a coder. Of FER+ they hold how
many of ten people gave each label: two of the ten are drawn for each picture, without putting the
first one back. Writes a sheet with a column for each coder, and prints the clips' paths.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from mien.data.manifest import Manifest, read_manifest, write_manifest
from mien.evaluation.agreement import COLUMN
from mien.labels import FERPLUS
from mien.types import Clip

VOTE = "vote_"


def main() -> None:
    """Read, draw, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("coded", type=Path)
    parser.add_argument("--clips", type=int, default=0, help="draw so many; 0 takes all")
    parser.add_argument("--split", default="", help="take clips of this side only")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    manifest = read_manifest(options.manifest)
    random = np.random.default_rng(options.seed)
    clips = [c for c in manifest.clips if options.split in ("", c.split)]
    if 0 < options.clips < len(clips):
        chosen = random.choice(len(clips), options.clips, replace=False)
        clips = [clips[k] for k in sorted(chosen)]
    coded = tuple(coded_by_two(clip, random) for clip in clips)
    write_manifest(
        Manifest(options.coded.stem, coded, manifest.labels, manifest.root), options.coded
    )
    for clip in coded:
        print(manifest.root / clip.path)
    print(f"{options.coded}: {len(coded)} clips", file=sys.stderr)


def coded_by_two(clip: Clip, random: np.random.Generator) -> Clip:
    """The clip with a column for each coder, and without its label."""
    votes = {k.removeprefix(VOTE): v for k, v in clip.extra.items() if k.startswith(VOTE)}
    if set(votes) <= set(FERPLUS.names):
        votes = drawn(votes, random)
    extra = {f"{COLUMN}{name}": label for name, label in votes.items()}
    return replace(clip, label="", extra=extra)


def drawn(counts: dict[str, str], random: np.random.Generator) -> dict[str, str]:
    """The labels of two of the people who voted; empty where fewer than two did."""
    people = [name for name, n in counts.items() for _ in range(int(n))]
    if len(people) < 2:
        return {"first": "", "second": ""}
    first, second = random.choice(people, 2, replace=False).tolist()
    return {"first": first, "second": second}


if __name__ == "__main__":
    main()
