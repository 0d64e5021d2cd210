"""Files for the EmotiW challenge: one text file for each clip, with the label's name in it.

The form is that of the challenges' test labels as they were handed in: `012345678.txt` for
`012345678.avi`, holding one of the folder names of AFEW. It is written down from memory, since
the rules were sent to registered teams only; compare it with those of your year.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mien.core.atomic import atomic
from mien.data.manifest import Manifest
from mien.errors import UsageError
from mien.training.experiment.external_eval import final_scores
from mien.training.experiment.joint import main_system
from mien.training.experiment.run import Experiment

__all__ = ["OFFICIAL_NAMES", "submit"]

OFFICIAL_NAMES = {
    "angry": "Angry",
    "disgust": "Disgust",
    "fear": "Fear",
    "happy": "Happy",
    "neutral": "Neutral",
    "sad": "Sad",
    "surprise": "Surprise",
}


def submit(plan: Experiment, manifest: Manifest, store: Path, out: Path) -> int:
    """Write what the final system says of each clip; gives how many say the prior's class.

    A clip without any branch, no face and no sound, gets the commonest class of the training.

    Args:
        plan: a finished run on the seven emotions.
        manifest: the clips, which need no labels; their features are in the store.
        store: the feature store.
        out: folder for the files.

    Raises:
        UsageError: other labels, two clips of one name, or features that are missing.
    """
    labels = plan.manifest.labels.names
    strange = sorted(set(labels) - set(OFFICIAL_NAMES))
    if strange:
        raise UsageError(f"{plan.task.run}: the run has labels that AFEW has not: {strange}")
    stems = [Path(clip.path).stem for clip in manifest.clips]
    twice = sorted({stem for stem in stems if stems.count(stem) > 1})
    if twice:
        raise UsageError(f"{manifest.name}: several clips are called {twice[0]}; submit one split")
    table = final_scores(plan, manifest, store)
    log_probs = table.systems[main_system(plan.task.recipe)]
    absent = np.isnan(log_probs[:, 0])
    answers = np.where(absent[:, None], _prior(plan), log_probs).argmax(1)
    out.mkdir(parents=True, exist_ok=True)
    for stem, answer in zip(stems, answers.tolist(), strict=True):
        with atomic(out / f"{stem}.txt") as partial:
            partial.write_text(OFFICIAL_NAMES[labels[answer]] + "\n", encoding="utf-8")
    return int(absent.sum())


def _prior(plan: Experiment) -> list[int]:
    """Clips of each class in the training of the final system."""
    labels = [plan.manifest.clips[index].label for index in plan.final.train]
    return [labels.count(name) for name in plan.manifest.labels.names]
