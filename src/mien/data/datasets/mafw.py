"""MAFW: 9,172 clips in eleven single emotions, five folds (Liu et al. 2022)."""

from pathlib import Path

from mien.data.datasets.corpus import Corpus, clip, demand, files, mapped
from mien.types import Clip

_LICENCE = "MAFW licence (research)"
_EMOTIONS = {
    "anger": "angry",
    "disgust": "disgust",
    "fear": "fear",
    "happiness": "happy",
    "neutral": "neutral",
    "sadness": "sad",
    "surprise": "surprise",
    "contempt": "contempt",
    "anxiety": "anxiety",
    "helplessness": "helplessness",
    "disappointment": "disappointment",
}
_SETS = range(1, 6)
_SPLITS = ("Train & Test Set/single/no_caption", "split/single/no_caption", "single/no_caption")


def find(root: Path) -> list[Clip]:
    """The test lists of the five sets, lines like "00153.mp4 anger", and the clips they name.

    `group` is the set whose test clips a clip is among: `--folds group` is the published protocol.
    """
    paths = {path.name: path for path in files(root, (".mp4", ".avi"))}
    clips = []
    for number in _SETS:
        lists = [root / split / f"set_{number}" / "test.txt" for split in _SPLITS]
        path = next((listed for listed in lists if listed.is_file()), None)
        for line in path.read_text("utf-8-sig").splitlines() if path else []:
            name, _, emotion = line.strip().partition(" ")
            if name:
                label = mapped(_EMOTIONS, emotion.strip().lower(), path or root)
                file = paths.get(name, root / "data" / "clips" / name)
                clips.append(clip(root, file, label, "", _LICENCE, group=f"set {number}"))
    return demand(clips, root, "lists like 'Train & Test Set/single/no_caption/set_1/test.txt'")


CORPUS = Corpus(
    name="mafw",
    title="MAFW, Multi-modal Affective database in the Wild",
    source="its authors, under a signed licence (https://mafw-database.github.io/MAFW)",
    licence=_LICENCE,
    citation="Liu et al. 2022, ACM Multimedia",
    marks=("Train & Test Set/single", "split/single", "single/no_caption"),
    find=find,
    note=(
        "Eleven classes: the seven, and contempt, anxiety, helplessness, disappointment. "
        "'--folds group' is the published protocol of five folds; papers report WAR and UAR."
    ),
)
