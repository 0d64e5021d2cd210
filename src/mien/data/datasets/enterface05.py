"""eNTERFACE'05: audio-video clips of 42 subjects, six emotions without neutral."""

import re
from pathlib import Path

from mien.data.datasets.corpus import Corpus, clip, demand, files
from mien.types import Clip

_EMOTIONS = {
    "anger": "angry",
    "disgust": "disgust",
    "fear": "fear",
    "happiness": "happy",
    "sadness": "sad",
    "surprise": "surprise",
}
_SUBJECT = re.compile(r"^subject[ _]?(\d+)$", re.IGNORECASE)


def find(root: Path) -> list[Clip]:
    """Subject N / emotion / sentence M / clip; subject 6 has no folders of sentences."""
    clips = []
    for path in files(root, (".avi", ".mp4", ".mov")):
        parts = path.relative_to(root).parts
        subjects = [m[1] for m in map(_SUBJECT.match, parts) if m]
        emotions = [_EMOTIONS[p.lower()] for p in parts if p.lower() in _EMOTIONS]
        if subjects and emotions:
            clips.append(clip(root, path, emotions[0], subjects[0], "research"))
    return demand(clips, root, "files like subject 1/anger/sentence 1/s1_an_1.avi")


CORPUS = Corpus(
    name="enterface05",
    title="eNTERFACE'05",
    source="http://www.enterface.net/enterface05",
    licence="research",
    citation="Martin et al. 2006, ICDE Workshops",
    marks=("subject*/anger", "*/subject*/anger"),
    find=find,
    note="No neutral.",
)
