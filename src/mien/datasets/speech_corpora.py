"""Acted speech corpora whose file names carry the label: RAVDESS, EMO-DB and Java-SED.

- RAVDESS (Livingstone & Russo 2018), CC BY-NC-SA 4.0: English, 24 actors; calm counts as neutral.
- EMO-DB (Burkhardt et al. 2005), research: German, 10 speakers; boredom has no place among the
  seven emotions and is left out.
- Java-SED, MIT: Javanese and Indonesian audio-video clips, 10 actors, six emotions, no disgust.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mien.datasets.folds import folds_of
from mien.errors import UsageError

__all__ = [
    "JAVA_SED_FOLDS",
    "RAVDESS_FOLDS",
    "Utterance",
    "emodb",
    "is_woman",
    "java_sed",
    "ravdess",
]

RAVDESS_FOLDS = folds_of("ravdess")
"""Test actors of each fold (the folds of EmoBox, speaker-independent)."""

JAVA_SED_FOLDS = folds_of("java_sed")
"""Test actors of each fold, a woman and a man each; video and sound together."""

_RAVDESS = {
    "01": "neutral",
    "02": "neutral",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fear",
    "07": "disgust",
    "08": "surprise",
}
_WOMEN = {
    "ravdess": frozenset(f"{actor:02}" for actor in range(2, 25, 2)),
    "emodb": frozenset({"08", "09", "13", "14", "16"}),
    "java_sed": frozenset({"01", "02", "03", "04", "05"}),
}
_RAVDESS_COPY = "03-01-03-01-02-02-07"  # the same recording as 03-01-03-01-02-01-07
_EMODB = {"W": "angry", "E": "disgust", "A": "fear", "F": "happy", "T": "sad", "N": "neutral"}
_JAVA_SED = {
    "01": "neutral",
    "02": "sad",
    "03": "happy",
    "04": "surprise",
    "05": "fear",
    "06": "angry",
}


@dataclass(frozen=True)
class Utterance:
    """One labelled recording.

    Args:
        id: unique within its corpus.
        path: the file.
        label: a name of `mien.labels.EMOTIONS`.
        speaker: number of the speaker within the corpus.
        corpus: "ravdess", "emodb" or "java_sed".
        video: whether the file has a picture.
    """

    id: str
    path: Path
    label: str
    speaker: str
    corpus: str
    video: bool = False


def ravdess(root: Path) -> list[Utterance]:
    """RAVDESS speech under `root/Actor_NN`; one of two identical recordings is left out."""
    return [
        Utterance(p.stem, p, _RAVDESS[p.stem.split("-")[2]], p.stem.split("-")[6], "ravdess")
        for p in _files(root, "Actor_*/03-01-*")
        if p.stem != _RAVDESS_COPY
    ]


def emodb(root: Path) -> list[Utterance]:
    """EMO-DB under `root`, without boredom."""
    return [
        Utterance(p.stem, p, _EMODB[p.stem[5]], p.stem[:2], "emodb")
        for p in _files(root, "[01][0-9]*.*")
        if p.stem[5] in _EMODB
    ]


def java_sed(root: Path) -> list[Utterance]:
    """Java-SED under `root/video` and `root/audio`."""
    result = []
    for kind in ("video", "audio"):
        for p in _files(root / kind, "*-*-*_*.*"):
            actor, _, last = p.stem.split("-")
            label = _JAVA_SED[last.split("_")[0]]
            name = f"{kind}/{p.stem}"
            result.append(Utterance(name, p, label, actor, "java_sed", kind == "video"))
    return result


def is_woman(corpus: str, speaker: str) -> bool:
    """What the corpus states about a speaker: a woman, or else a man."""
    return speaker in _WOMEN[corpus]


def _files(root: Path, pattern: str) -> list[Path]:
    found = sorted(p for p in root.glob(pattern) if p.is_file())
    if not found:
        raise UsageError(f"{root}: no files like {pattern}; is this the corpus folder?")
    return found
