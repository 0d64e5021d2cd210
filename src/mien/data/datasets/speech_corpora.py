"""Acted speech corpora whose file names carry the label: what the names stand for.

- RAVDESS (Livingstone & Russo 2018), CC BY-NC-SA 4.0: English, 24 actors; calm counts as neutral.
- EMO-DB (Burkhardt et al. 2005), research: German, 10 speakers; boredom has no place among the
  seven emotions and is left out.
- Java-SED, MIT: Javanese and Indonesian audio-video clips, 10 actors, six emotions, no disgust.
- nEMO (Christop 2024), CC BY-NC-SA 4.0: Polish, 9 actors, six emotions, no disgust.
- ASED (Retta et al. 2023), research: Amharic, 65 speakers, no disgust and no surprise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from mien.data.datasets.corpus import files
from mien.data.datasets.folds import folds_of
from mien.errors import UsageError

__all__ = [
    "EMODB",
    "JAVA_SED",
    "JAVA_SED_FOLDS",
    "LANGUAGES",
    "RAVDESS",
    "RAVDESS_FOLDS",
    "Utterance",
    "ased",
    "emodb",
    "is_woman",
    "java_sed",
    "nemo",
    "ravdess",
    "sex",
]

RAVDESS_FOLDS = folds_of("ravdess")
"""Test actors of each fold (the folds of EmoBox, speaker-independent)."""

JAVA_SED_FOLDS = folds_of("java_sed")
"""Test actors of each fold, a woman and a man each; video and sound together."""

LANGUAGES = {
    "ravdess": "English",
    "emodb": "German",
    "java_sed": "Javanese and Indonesian",
    "nemo": "Polish",
    "ased": "Amharic",
}
"""What is spoken in each corpus."""

RAVDESS = {
    "01": "neutral",
    "02": "neutral",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fear",
    "07": "disgust",
    "08": "surprise",
}
"""Numbers in the names of RAVDESS; 02 is calm."""
EMODB = {"W": "angry", "E": "disgust", "A": "fear", "F": "happy", "T": "sad", "N": "neutral"}
"""Letters in the names of EMO-DB; L, boredom, is none of the seven."""
JAVA_SED = {
    "01": "neutral",
    "02": "sad",
    "03": "happy",
    "04": "surprise",
    "05": "fear",
    "06": "angry",
}
"""Numbers in the names of Java-SED."""
_NEMO = {
    "anger": "angry",
    "fear": "fear",
    "happiness": "happy",
    "neutral": "neutral",
    "sadness": "sad",
    "surprised": "surprise",
}
_NEMO_NAME = re.compile(r"^([A-Z]{2}\d)_([a-z]+)_\d+$")
_ASED = {"n": "neutral", "f": "fear", "h": "happy", "s": "sad", "a": "angry"}
_ASED_NAME = re.compile(r"^([nfhsa])\d-\d\d-\d\d-\d\d-(\d\d)$", re.IGNORECASE)
_SOUNDS = (".wav", ".flac", ".ogg")
_WOMEN = {
    "ravdess": frozenset(f"{actor:02}" for actor in range(2, 25, 2)),
    "emodb": frozenset({"08", "09", "13", "14", "16"}),
    "java_sed": frozenset({"01", "02", "03", "04", "05"}),
    "nemo": frozenset({"EB0", "IC0", "KD0", "MK0"}),
    # 25 of 65, as most of their names say; one name each of 09, 15, 21, 23 and 25 says a man.
    "ased": frozenset(f"{number:02}" for number in (*range(1, 38, 2), 43, 47, 48, 49, 58, 62)),
}
_RAVDESS_COPY = "03-01-03-01-02-02-07"  # the same recording as 03-01-03-01-02-01-07


@dataclass(frozen=True)
class Utterance:
    """One labelled recording.

    Args:
        id: unique within its corpus.
        path: the file.
        label: a name of `mien.labels.EMOTIONS`.
        speaker: number or letters of the speaker within the corpus.
        corpus: a key of `LANGUAGES`.
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
        Utterance(p.stem, p, RAVDESS[p.stem.split("-")[2]], p.stem.split("-")[6], "ravdess")
        for p in _files(root, "Actor_*/03-01-*")
        if p.stem != _RAVDESS_COPY
    ]


def emodb(root: Path) -> list[Utterance]:
    """EMO-DB under `root`, without boredom."""
    return [
        Utterance(p.stem, p, EMODB[p.stem[5]], p.stem[:2], "emodb")
        for p in _files(root, "[01][0-9]*.*")
        if p.stem[5] in EMODB
    ]


def java_sed(root: Path) -> list[Utterance]:
    """Java-SED under `root/video` and `root/audio`."""
    result = []
    for kind in ("video", "audio"):
        for p in _files(root / kind, "*-*-*_*.*"):
            actor, _, last = p.stem.split("-")
            label = JAVA_SED[last.split("_")[0]]
            name = f"{kind}/{p.stem}"
            result.append(Utterance(name, p, label, actor, "java_sed", kind == "video"))
    return result


def nemo(root: Path) -> list[Utterance]:
    """Files of nEMO below `root`, named speaker, emotion and sentence, as in EB0_anger_1.ogg."""
    return [
        Utterance(path.stem, path, _NEMO[name[2]], name[1], "nemo")
        for path, name in _named(root, _NEMO_NAME, "EB0_anger_1.wav")
        if name[2] in _NEMO
    ]


def ased(root: Path) -> list[Utterance]:
    """Files of ASED below `root`, named emotion-sentence-repetition-sex-speaker, either case."""
    return [
        Utterance(path.stem, path, _ASED[name[1].lower()], name[2], "ased")
        for path, name in _named(root, _ASED_NAME, "a5-01-01-01-07.wav")
    ]


def is_woman(corpus: str, speaker: str) -> bool:
    """What the corpus states about a speaker: a woman, or else a man."""
    return speaker in _WOMEN[corpus]


def sex(corpus: str, speaker: str) -> str:
    """The same as a word for a table of clips: female or male."""
    return "female" if is_woman(corpus, speaker) else "male"


def _named(root: Path, name: re.Pattern[str], example: str) -> list[tuple[Path, re.Match[str]]]:
    """Sound files below `root` of such names, sorted by path."""
    matched = [(p, match) for p in files(root, _SOUNDS) if (match := name.match(p.stem))]
    if not matched:
        raise UsageError(f"{root}: no files like {example}; is this the corpus folder?")
    return matched


def _files(root: Path, pattern: str) -> list[Path]:
    paths = sorted(p for p in root.glob(pattern) if p.is_file())
    if not paths:
        raise UsageError(f"{root}: no files like {pattern}; is this the corpus folder?")
    return paths
