"""How well the tracks of a clip are joined into people, on interviews made of Java-SED's faces.

    python benchmarks/identity.py JAVA_SED [--scenes 300] [--looks 3] [--json FILE]

Each video is rendered in several sizes, places and lights, and each such shot goes the one path
that all clips go; interviews are then cut together from the tracks of the shots, hundreds of them.
In each fold the similarity from which tracks are one person is fitted on interviews of four actors,
and measured on interviews of the four others. Printed are the share of interviews with the right
number of people, the mean IDF1 (Ristani et al. 2016, "Performance measures and a data set for
multi-target, multi-camera tracking") of their sights, and the share of pairs of tracks of two
people that were joined; beside it what there was before: each track a person. Actors are few, so
that intervals by actor mean little: those printed (Wilson, 95 %) are of the scenes.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from made_scenes import ACTORS, clips, shot
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from mien.core.progress import progress_bar
from mien.evaluation.metrics import wilson
from mien.faces.people.identity import Identity
from mien.faces.people.joining import people_of
from mien.inference.bundle import load
from mien.inference.persons import in_order
from mien.inference.session import Session

FOLDS = (ACTORS[::2], ACTORS[1::2])
TRIED = np.round(np.arange(0.4, 0.72, 0.02), 2)


@dataclass(frozen=True)
class Shot:
    """One shot of one actor after it went the one path that all clips go.

    Args:
        actor: who it is.
        tracks: (looks, times) of each track that came of it, as `people_of` takes them; one, unless
            something else was taken for a face.
        pictures: that show the actor.
        seconds: its length.
    """

    actor: str
    tracks: list[tuple[NDArray[np.float32], NDArray[np.float64]]]
    pictures: int
    seconds: float


@dataclass(frozen=True)
class Scene:
    """An interview: whose each track is, its looks and sights, and how often who was shown."""

    owners: list[str]
    looks: list[NDArray[np.float32]]
    times: list[NDArray[np.float64]]
    shown: Counter[str]


def shots(data: Path, actor: str, count: int, fps: float) -> list[Shot]:
    """Each of an actor's videos in `count` sizes, places and lights."""
    rng, bundle, result = np.random.default_rng(int(actor)), load(), []
    network = Identity()
    for clip in range(len(clips(data, actor)) * count):
        frames = list(shot(data, [actor], rng, fps, clip // count))
        session = Session(bundle, identify="later")
        session.push_frames([f.picture for f in frames], np.array([f.time for f in frames]))
        session.finish()
        tracks = in_order(session.tracks.values())
        for track in tracks:
            track.looks.embed(network)
        found = [(t.looks.embeddings, np.array(t.times)) for t in tracks]
        result.append(Shot(actor, found, len(frames), len(frames) / fps))
    return result


def interview(pool: Mapping[str, Sequence[Shot]], rng: np.random.Generator) -> Scene:
    """Two to four people, 5 to 40 cuts; one shot in five shows two of them beside each other."""
    people = [str(one) for one in rng.choice(sorted(pool), int(rng.integers(2, 5)), replace=False)]
    count = int(rng.integers(5, 41)) + 1
    order = [*people, *map(str, rng.choice(people, max(0, count - len(people))))]
    scene, start = Scene([], [], [], Counter()), 0.0
    for one in order:
        others = [person for person in people if person != one]
        cast = [one, str(rng.choice(others))] if rng.random() < 0.2 else [one]
        parts = [pool[actor][int(rng.integers(len(pool[actor])))] for actor in cast]
        for part in parts:
            scene.shown[part.actor] += part.pictures
            for looks, times in part.tracks:
                scene.owners.append(part.actor)
                scene.looks.append(looks)
                scene.times.append(start + times)
        start += max(part.seconds for part in parts)
    return scene


def measured(found: Scene, groups: Sequence[Sequence[int]]) -> tuple[bool, float, int, int]:
    """Whether the number is right, IDF1, wrongly joined pairs of tracks, pairs of two people."""
    actors = sorted(found.shown)
    overlap = np.zeros((len(actors), len(groups)))
    for k, group in enumerate(groups):
        for n in group:
            overlap[actors.index(found.owners[n]), k] += len(found.times[n])
    matched = overlap[linear_sum_assignment(-overlap)].sum()
    total = sum(found.shown.values()) + sum(len(times) for times in found.times)
    place = {n: k for k, group in enumerate(groups) for n in group}
    pairs = [
        place[a] == place[b]
        for a in range(len(found.owners))
        for b in range(a)
        if found.owners[a] != found.owners[b]
    ]
    return len(groups) == len(actors), 2 * matched / total, sum(pairs), len(pairs)


def summary(scenes: Sequence[Scene], alike: float) -> dict[str, float | list[float]]:
    """All scenes at one similarity."""
    rows = [measured(s, people_of(s.looks, s.times, alike)) for s in scenes]
    right = sum(row[0] for row in rows)
    return {
        "scenes": len(rows),
        "number_right": right / len(rows),
        "interval": list(wilson(right, len(rows))),
        "idf1": float(np.mean([row[1] for row in rows])),
        "wrong_pairs": sum(row[2] for row in rows) / max(1, sum(row[3] for row in rows)),
        "pairs": sum(row[3] for row in rows),
    }


def fitted(scenes: Sequence[Scene]) -> float:
    """The middle of the similarities with the best number of people and IDF1."""
    values = []
    for alike in TRIED:
        found = summary(scenes, float(alike))
        values.append(float(found["number_right"]) + float(found["idf1"]))  # type: ignore[arg-type]
    best = np.flatnonzero(np.array(values) >= max(values) - 0.005)
    return float(np.median(TRIED[best]))


def pool_of(data: Path, count: int, fps: float) -> dict[str, list[Shot]]:
    """The shots of each actor."""
    pool = {}
    with progress_bar() as bar:
        task = bar.add_task("shots of each actor", total=len(ACTORS))
        for actor in ACTORS:
            pool[actor] = shots(data, actor, count, fps)
            bar.advance(task)
    return pool


def folded(pool: Mapping[str, Sequence[Shot]], count: int) -> dict[str, object]:
    """Both folds, and what all actors together would choose."""
    parts = [{actor: pool[actor] for actor in fold} for fold in FOLDS]
    made = []
    for number, part in enumerate(parts):
        rng = np.random.default_rng(number)
        made.append([interview(part, rng) for _ in range(count)])
    report: dict[str, object] = {}
    for k, actors in enumerate(FOLDS):
        alike = fitted(made[1 - k])
        report[f"actors {', '.join(actors)}"] = {"alike": alike} | summary(made[k], alike)
    rng = np.random.default_rng(9)
    mixed = [interview(pool, rng) for _ in range(count)]
    alike = fitted(made[0] + made[1])
    report["both, fitted on both"] = {"alike": alike} | summary(made[0] + made[1], alike)
    report["all eight mixed, at that"] = {"alike": alike} | summary(mixed, alike)
    report["all eight mixed, each track a person"] = summary(mixed, 2.0)
    return report


def main() -> None:
    """Print both folds, and what all scenes together would choose."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--scenes", type=int, default=300, help="interviews of each fold")
    parser.add_argument("--looks", type=int, default=3, help="sizes, places and lights of a video")
    parser.add_argument("--fps", type=float, default=4.0)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    report = folded(pool_of(given.data, given.looks, given.fps), given.scenes)
    print(json.dumps(report, indent=1))
    if given.json:
        given.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
