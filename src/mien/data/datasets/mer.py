"""MER2023 and MER2024: clips of Chinese films and series in six emotions (Lian et al.)."""

from pathlib import Path

from mien.data.datasets.corpus import Corpus, clip, demand, files, mapped, table
from mien.types import Clip

_LICENCE = "MER licence (research)"
_EMOTIONS = {
    "neutral": "neutral",
    "angry": "angry",
    "happy": "happy",
    "sad": "sad",
    "surprise": "surprise",
    "worried": "worried",
}
_LABELLED = (("train-label.csv", "train"), ("label-disdim.csv", "video-labeled"))
_TESTS = (
    ("test1", "test1"),
    ("test2", "test2"),
    ("test3", "test3"),
    ("video-unlabeled-with-test2noise", "unlabelled"),
)
_SUFFIXES = (".avi", ".mp4")


def find(root: Path) -> list[Clip]:
    """The table of labels (name, discrete, valence) with its clips, and the clips without labels.

    2023 has train-label.csv with train/, and test1/, test2/, test3/; 2024 has label-disdim.csv with
    video-labeled/, and video-unlabeled-with-test2noise/. Clips without labels get the split "test"
    and their folder as `part`, which `--only part=test1` chooses by.
    """
    clips = []
    for name, folder in _LABELLED:
        if (root / name).is_file():
            paths = _paths(root / folder)
            for row in table(root / name, ("name", "discrete")):
                label = mapped(_EMOTIONS, row["discrete"].strip().lower(), root / name)
                file = paths.get(row["name"], root / folder / f"{row['name']}.avi")
                more = {"part": "train", "valence": row.get("valence", "")}
                clips.append(clip(root, file, label, "", _LICENCE, "train", **more))
    for folder, part in _TESTS:
        for file in _paths(root / folder).values():
            clips.append(clip(root, file, "", "", _LICENCE, "test", part=part))
    return demand(clips, root, "train-label.csv or label-disdim.csv")


def _paths(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in files(folder, _SUFFIXES)} if folder.is_dir() else {}


CORPUS = Corpus(
    name="mer",
    title="MER2023 and MER2024, multimodal emotion recognition challenges",
    source="its organisers, under a signed licence (https://huggingface.co/MERChallenge)",
    licence=_LICENCE,
    citation="Lian et al. 2023, ACM Multimedia; Lian et al. 2024, MRAC",
    marks=("train-label.csv", "label-disdim.csv"),
    find=find,
    note=(
        "Six classes, worried among them. Test labels are not in the folders: '--folds random:5' "
        "on the training clips is what the challenges' baselines do. They report the weighted F1."
    ),
)
