"""DFEW: 16,372 clips of films in seven emotions, five folds (Jiang et al. 2020)."""

from pathlib import Path

from mien.data.datasets.corpus import Corpus, clip, demand, files, mapped, table
from mien.types import Clip

_LICENCE = "DFEW licence (research)"
_EMOTIONS = {
    "1": "happy",
    "2": "sad",
    "3": "neutral",
    "4": "angry",
    "5": "surprise",
    "6": "disgust",
    "7": "fear",
}
_SETS = range(1, 6)
_TABLES = (
    "EmoLabel_DataSplit/test(single-labeled)/set_{}.csv",
    "EmoLabel_DataSplit/test/set_{}.csv",
    "label/single_testset_{}.csv",
)


def find(root: Path) -> list[Clip]:
    """The test tables of the five sets, and the clips that they number.

    `group` is the set whose test clips a clip is among, so that `--folds group` is the published
    protocol: five folds, weighted (accuracy) and unweighted average recall over all test clips.
    """
    paths = _clip_paths(root)
    clips = []
    for number in _SETS:
        tables = [root / name.format(number) for name in _TABLES]
        path = next((file_of_set for file_of_set in tables if file_of_set.is_file()), None)
        for row in table(path, ("video_name", "label")) if path else []:
            name = f"{int(row['video_name']):05}"
            label = mapped(_EMOTIONS, row["label"].strip(), path or root)
            file = paths.get(name, root / "Clip" / "original" / f"{name}.mp4")
            clips.append(clip(root, file, label, "", _LICENCE, group=f"set {number}"))
    return demand(clips, root, "tables like EmoLabel_DataSplit/test(single-labeled)/set_1.csv")


def _clip_paths(root: Path) -> dict[str, Path]:
    """{number of five digits: clip}."""
    every = files(root, (".mp4", ".avi"))
    return {f"{int(path.stem):05}": path for path in every if path.stem.isdigit()}


CORPUS = Corpus(
    name="dfew",
    title="DFEW, Dynamic Facial Expression in the Wild",
    source="its authors, under a signed licence (https://dfew-dataset.github.io)",
    licence=_LICENCE,
    citation="Jiang et al. 2020, ACM Multimedia",
    marks=("EmoLabel_DataSplit", "label/single_testset_1.csv"),
    find=find,
    note=(
        "'--folds group' is the published protocol of five folds; papers report WAR (accuracy) and "
        "UAR. Nothing tells which film or person a clip is of, so both may be on two sides."
    ),
)
