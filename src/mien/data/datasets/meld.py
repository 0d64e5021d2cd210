"""MELD: 13,000 utterances of the series Friends, with an official split."""

from pathlib import Path

from mien.data.datasets.corpus import Corpus, clip, demand, mapped, table
from mien.types import Clip

_LICENCE = "GPL-3.0 (labels); the clips belong to their owners"
_EMOTIONS = {
    "anger": "angry",
    "disgust": "disgust",
    "fear": "fear",
    "joy": "happy",
    "neutral": "neutral",
    "sadness": "sad",
    "surprise": "surprise",
}
_COLUMNS = ("Dialogue_ID", "Utterance_ID", "Emotion", "Speaker")
_PARTS = (
    ("train", "train_sent_emo.csv", ("train_splits", "train/train_splits")),
    ("val", "dev_sent_emo.csv", ("dev_splits_complete", "dev/dev_splits_complete")),
    (
        "test",
        "test_sent_emo.csv",
        ("output_repeated_splits_test", "test/output_repeated_splits_test"),
    ),
)


def find(root: Path) -> list[Clip]:
    """The three tables, and diaD_uttU.mp4 in the folder of each."""
    clips = []
    for split, name, folders in _PARTS:
        path = next((p for p in (root / name, *root.glob(f"*/{name}")) if p.is_file()), None)
        if path is None:
            continue
        folder = next((root / f for f in folders if (root / f).is_dir()), root / folders[0])
        for row in table(path, _COLUMNS):
            clips.append(_clip(root, folder, row, split, path))
    return demand(clips, root, "tables like train_sent_emo.csv")


def _clip(root: Path, folder: Path, row: dict[str, str], split: str, where: Path) -> Clip:
    """The six friends are on all sides of the split, by design: no dialogue must be."""
    dialogue = row["Dialogue_ID"]
    return clip(
        root,
        folder / f"dia{dialogue}_utt{row['Utterance_ID']}.mp4",
        mapped(_EMOTIONS, row["Emotion"].strip().lower(), where),
        f"{split}-dia{dialogue}",
        _LICENCE,
        split,
        character=row["Speaker"],
        sentiment=row.get("Sentiment", ""),
    )


CORPUS = Corpus(
    name="meld",
    title="MELD, the Multimodal EmotionLines Dataset",
    source="https://affective-meld.github.io",
    licence=_LICENCE,
    citation="Poria et al. 2019, ACL",
    marks=("train_sent_emo.csv", "*/train_sent_emo.csv", "test_sent_emo.csv"),
    find=find,
    note="The same six characters are in training and test; a group is a dialogue.",
)
