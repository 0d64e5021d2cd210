"""How much the scores of the voice encoder move with the seed of its training."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from mien.atomic import atomic
from mien.metrics import mean_sd
from mien.recipes.mien.voice_scores import CHOSEN_ON, NEVER_SEEN, Recordings, recordings, scored

__all__ = ["folder_of", "seeds_say", "write_seeds"]

_TABLES = {
    "RAVDESS speech, unseen actors": "voice_ravdess.csv",
    "Java-SED sound, unseen actors": "voice_java_sed.csv",
    "RAVDESS, trained on the two other corpora": "voice_left_out_ravdess.csv",
    "EMO-DB, trained on the two other corpora": "voice_left_out_emodb.csv",
    "Java-SED, trained on the two other corpora": "voice_left_out_java_sed.csv",
}
_FILE = "voice_seeds.csv"


def folder_of(out: Path, seed: int) -> Path:
    """Where the trainings with a seed lie in a run."""
    return out / f"seed_{seed}" if seed else out


def write_seeds(out: Path, seeds: int) -> None:
    """Score every table of every seed that is there: `voice_seeds.csv`."""
    lines: list[list[object]] = []
    for title, name in _TABLES.items():
        for seed in range(seeds):
            path = folder_of(out, seed) / name
            if path.is_file():
                found = recordings(path)
                lines += [[t, seed, *_numbers(part)] for t, part in _parts(title, found)]
    out.mkdir(parents=True, exist_ok=True)
    with atomic(out / _FILE) as partial, partial.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["system", "seed", "n", "accuracy", "uar"])
        writer.writerows(lines)


def _parts(title: str, found: Recordings) -> list[tuple[str, Recordings]]:
    """All recordings; of RAVDESS by folds also those of the folds never looked at."""
    if not title.startswith("RAVDESS speech"):
        return [(title, found)]
    fresh = ~np.isin(found.folds, [str(fold) for fold in CHOSEN_ON])
    return [(title, found), (f"RAVDESS speech, {NEVER_SEEN}", found.where(fresh))]


def _numbers(found: Recordings) -> list[object]:
    result = scored(found)
    return [result.n, round(result.accuracy, 4), round(result.uar, 4)]


def seeds_say(folder: Path) -> dict[str, str]:
    """{system: mean and deviation of accuracy and UAR over the seeds} of a folder of reports."""
    if not (folder / _FILE).is_file():
        return {}
    with (folder / _FILE).open(newline="") as stream:
        lines = list(csv.DictReader(stream))
    result = {}
    for title in dict.fromkeys(line["system"] for line in lines):
        mine = [line for line in lines if line["system"] == title]
        parts = []
        for key, name in (("accuracy", "accuracy"), ("uar", "UAR")):
            mean, spread = mean_sd([float(line[key]) for line in mine])
            more = "" if spread is None else f" +- {100 * spread:.1f}"
            parts.append(f"{name} {100 * mean:.1f}{more}")
        result[title] = (
            f"{', '.join(parts)} % ({len(mine)} seed{'s' * (len(mine) > 1)}, n {mine[0]['n']})"
        )
    return result
