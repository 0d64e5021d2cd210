"""The final system of a run on the clips of another manifest."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from mien.core.atomic import atomic
from mien.core.hashes import file_sha256
from mien.data.manifest import Manifest
from mien.errors import UsageError
from mien.evaluation.scores import ScoreTable, write_scores
from mien.features.store import Store, load_features
from mien.labels import LabelSet
from mien.training.experiment.joint import read_joint
from mien.training.experiment.run import Experiment
from mien.training.experiment.score import final_unit, rows_of
from mien.training.experiment.work import extractor_of
from mien.types import Clip

__all__ = ["SEEN", "check_labels", "final_scores", "seen_speakers", "write_scored"]

SEEN = "speakers seen in training"
"""The stamp of figures on speakers that the system was trained on."""


def check_labels(labels: LabelSet, manifest: Manifest) -> None:
    """Refuse clips whose labels a run cannot answer.

    Raises:
        UsageError: such labels, with how many clips, or no clip with a label.
    """
    counts = Counter(c.label for c in manifest.clips if c.label)
    strange = {name: n for name, n in counts.items() if name not in labels.names}
    known = ", ".join(labels.names)
    if not counts:
        raise UsageError(f"{manifest.name}: no clip has a label, so nothing can be scored")
    if len(strange) == len(counts):
        raise UsageError(
            f"{manifest.name}: has other labels ({', '.join(sorted(counts))}) than the run "
            f"({known}); name them alike, or train on these labels"
        )
    if strange:
        listed = ", ".join(f"{n} '{name}'" for name, n in sorted(strange.items()))
        raise UsageError(
            f"{manifest.name}: clips with labels that the run does not know: {listed}; it knows "
            f"{known}; leave those clips out of the manifest, or relabel them"
        )


def seen_speakers(plan: Experiment, manifest: Manifest) -> list[str]:
    """Speakers (or ids, of clips without one) that the final system was trained on.

    Speakers of two corpora (column "corpus") are different ones even if they are called alike.
    A clip of a file that was trained on is seen too.
    """
    trained = [plan.manifest.clips[i] for i in plan.final.train]
    files = {plan.manifest.path(clip).resolve() for clip in trained}
    corpora: dict[str, set[str]] = {}
    for clip in trained:
        if clip.speaker:
            corpora.setdefault(clip.speaker, set()).add(_corpus(clip))

    def seen(clip: Clip) -> bool:
        where, corpus = corpora.get(clip.speaker, set()), _corpus(clip)
        same = bool(where) and (not corpus or bool(where & {corpus, ""}))
        return same or manifest.path(clip).resolve() in files

    return sorted({clip.speaker or clip.id for clip in manifest.clips if seen(clip)})


def _corpus(clip: Clip) -> str:
    return clip.extra.get("corpus", "")


def final_scores(plan: Experiment, manifest: Manifest, store: Path) -> ScoreTable:
    """What the final system says about the clips of a manifest that `check_labels` let pass.

    Raises:
        UsageError: features are not in the store.
    """
    labels, clips = plan.manifest.labels, manifest.clips
    rows = {}
    for b, branch in plan.task.recipe.branches.items():
        features = load_features(manifest, extractor_of(branch), Store(store))
        rows[b] = rows_of(plan, final_unit(plan, b), features)
    joint = read_joint(plan.task.run / "fusion" / "final")
    return ScoreTable(
        labels=labels,
        ids=tuple(c.id for c in clips),
        speakers=tuple(c.speaker for c in clips),
        truth=np.array([labels.index(c.label) if c.label else -1 for c in clips]),
        fold=np.zeros(len(clips), np.int64),
        seed=np.full(len(clips), plan.seeds[0]),
        systems=joint.systems(rows),
    )


def write_scored(
    plan: Experiment, manifest: Manifest, path: Path, table: ScoreTable, seen: bool
) -> Path:
    """Write RUN/on/MANIFEST, which reports like a run folder; gives that folder.

    Args:
        plan: the run.
        manifest: the clips.
        path: of the manifest.
        table: their scores.
        seen: whether speakers of them were trained on, which stamps every figure.
    """
    run = plan.task.run
    folder = run / "on" / manifest.name
    folder.mkdir(parents=True, exist_ok=True)
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    nameless = sum(not clip.speaker for clip in manifest.clips)
    unknown = f"; of {nameless} clips nobody knows the speaker" if nameless else ""
    record |= {
        "title": f"{run.resolve().name} on {manifest.name}",
        "manifest": {
            "name": manifest.name,
            "path": str(path),
            "sha256": file_sha256(path),
            "clips": len(manifest),
            "speakers": sorted({c.speaker for c in manifest.clips} - {""}),
        },
        "folds": f"none: the final system, trained on {plan.manifest.name}{unknown}",
        "seeds": [plan.seeds[0]],
        "date": datetime.now(UTC).date().isoformat(),
        "stamp": SEEN if seen else "",
        "prior": _final(plan)["prior"],
    }
    with atomic(folder / "run.json") as partial:
        partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    write_scores(table, folder / "scores.csv")
    return folder


def _final(plan: Experiment) -> dict[str, dict[str, float]]:
    text = (plan.task.run / "final.json").read_text(encoding="utf-8")
    content: dict[str, dict[str, float]] = json.loads(text)
    return content
