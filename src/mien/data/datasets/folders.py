"""Anybody's own clips: one folder a class."""

from pathlib import Path

from mien.core.inputs import SUFFIXES
from mien.data.datasets.corpus import Corpus, clip, demand, files
from mien.data.manifest import SPLITS
from mien.types import Clip

_PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")


def find(root: Path) -> list[Clip]:
    """ROOT/class/clip, or ROOT/split/class/clip with the splits train, val and test.

    A folder between the class and the clip names the speaker: ROOT/happy/anna/1.mp4.
    """
    clips = []
    for path in files(root, {*SUFFIXES, *_PICTURES}):
        parts = list(path.relative_to(root).parts[:-1])
        split = parts.pop(0).lower() if parts and parts[0].lower() in SPLITS else ""
        if parts:
            speaker = parts[1] if len(parts) > 1 else ""
            clips.append(clip(root, path, parts[0].lower(), speaker, "", split))
    return demand(clips, root, "clips like ROOT/happy/1.mp4")


CORPUS = Corpus(
    name="folders",
    title="a folder with one folder a class",
    source="",
    licence="yours",
    citation="",
    marks=("*/*.*", "*/*/*.*", "*/*/*/*.*"),
    find=find,
    note="Without speakers, the same person may be in training and test: scores are too good.",
)
