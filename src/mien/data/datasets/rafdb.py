"""RAF-DB, the basic emotions: 15,339 aligned faces from the web with an official split."""

from pathlib import Path

from mien.data.datasets.corpus import Corpus, clip, demand, mapped
from mien.errors import UsageError
from mien.types import Clip

_EMOTIONS = {
    "1": "surprise",
    "2": "fear",
    "3": "disgust",
    "4": "happy",
    "5": "sad",
    "6": "angry",
    "7": "neutral",
}


def find(root: Path) -> list[Clip]:
    """EmoLabel/list_patition_label.txt and Image/aligned/train_00001_aligned.jpg (or original)."""
    basic = root / "basic" if (root / "basic").is_dir() else root
    table = basic / "EmoLabel" / "list_patition_label.txt"
    if not table.is_file():
        raise UsageError(f"{table}: not found; RAF-DB needs its list of labels")
    aligned, clips = (basic / "Image" / "aligned").is_dir(), []
    for line in table.read_text().split("\n"):
        name, _, number = line.strip().partition(" ")
        if not name:
            continue
        path = basic / "Image" / "aligned" / f"{Path(name).stem}_aligned.jpg"
        if not aligned:
            path = basic / "Image" / "original" / name
        label = mapped(_EMOTIONS, number.strip(), table)
        split = name.split("_")[0]
        if split not in ("train", "test"):
            raise UsageError(f"{table}: '{name}' begins with neither train_ nor test_")
        clips.append(clip(root, path, label, "", "research", split))
    return demand(clips, root, "lines like 'train_00001.jpg 5'")


CORPUS = Corpus(
    name="rafdb",
    title="RAF-DB, the Real-world Affective Faces Database",
    source="http://www.whdeld.cn/RAF (on request)",
    licence="research",
    citation="Li et al. 2017, CVPR",
    marks=("EmoLabel/list_patition_label.txt", "basic/EmoLabel/list_patition_label.txt"),
    find=find,
    note="Says nothing about who is seen, so folds by speaker cannot be made.",
)
