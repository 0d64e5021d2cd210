"""Java-SED: Javanese and Indonesian clips of ten actors, six emotions without disgust."""

import re
from pathlib import Path

from mien.data.datasets.corpus import Corpus, clip, demand, files
from mien.data.datasets.speech_corpora import JAVA_SED, JAVA_SED_FOLDS, sex
from mien.types import Clip

_NAME = re.compile(r"^(\d\d)-\d\d-(0[1-6])_\d\d$")


def find(root: Path) -> list[Clip]:
    """Files named actor-sentence-emotion_take, in the folders video and audio."""
    clips = []
    for path in files(root, (".mp4", ".avi", ".wav", ".flac")):
        if not (match := _NAME.match(path.stem)):
            continue
        actor, emotion = match.groups()
        video = path.suffix.lower() in (".mp4", ".avi")
        clips.append(
            clip(
                root,
                path,
                JAVA_SED[emotion],
                actor,
                "MIT",
                modality="audio-video" if video else "audio",
                sex=sex("java_sed", actor),
            )
        )
    return demand(clips, root, "files like 01-03-06_01.mp4")


CORPUS = Corpus(
    name="java_sed",
    title="Java-SED",
    source="https://github.com/2black0 (Ardy Seto Priambodo)",
    licence="MIT",
    citation="Arifin et al. 2022, Development of Javanese Speech Emotion Database (Java-SED)",
    marks=("video/*-*-*_*.mp4", "audio/*-*-*_*.*"),
    find=find,
    folds=JAVA_SED_FOLDS,
    note=(
        "Acted, in a studio, no disgust; audio-video clips and, of further takes, sound alone. "
        "06-01-05_01, 08-01-06_01 and 08-04-03_01 carry the sound "
        "of another take of the same label."
    ),
)
