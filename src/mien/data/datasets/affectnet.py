"""AffectNet: faces from the web, labelled by hand, in the form given out since 2021."""

from pathlib import Path

import numpy as np

from mien.data.datasets.corpus import Corpus, clip, demand, files
from mien.errors import UsageError
from mien.types import Clip

_EMOTIONS = (
    "neutral",
    "happy",
    "sad",
    "surprise",
    "fear",
    "disgust",
    "angry",
    "contempt",
)
_SPLITS = {"train_set": "train", "val_set": "val"}


def find(root: Path) -> list[Clip]:
    """train_set and val_set: images/N.jpg, annotations/N_exp.npy (and _val, _aro).

    Contempt is none of the seven: such pictures are left out. Valence and arousal, -1..1, are
    further columns.
    """
    clips = []
    for folder, split in _SPLITS.items():
        for path in files(root / folder / "images", (".jpg", ".png", ".jpeg"), "*"):
            number = _value(path, "exp")
            if not 0 <= number < len(_EMOTIONS):
                raise UsageError(f"{path}: expression {number:g} is none of AffectNet's eight")
            label = _EMOTIONS[int(number)]
            if label == "contempt":
                continue
            extra = {"valence": f"{_value(path, 'val'):g}", "arousal": f"{_value(path, 'aro'):g}"}
            clips.append(clip(root, path, label, "", "research", split, **extra))
    return demand(clips, root, "pictures like train_set/images/0.jpg")


def _value(picture: Path, kind: str) -> float:
    path = picture.parent.parent / "annotations" / f"{picture.stem}_{kind}.npy"
    try:
        return float(np.load(path, allow_pickle=False).item())
    except (OSError, ValueError):
        raise UsageError(f"{path}: missing, or not a single number") from None


CORPUS = Corpus(
    name="affectnet",
    title="AffectNet",
    source="http://mohammadmahoor.com/affectnet (on request)",
    licence="research",
    citation="Mollahosseini et al. 2019, IEEE Transactions on Affective Computing 10(1)",
    marks=("train_set/annotations", "val_set/annotations"),
    find=find,
    note="Says nothing about who is seen. The official val set stands in for a test set.",
)
