"""RAVDESS: 24 North American actors, speech and song, in sound, video and both."""

import re
from pathlib import Path

from mien.data.datasets.corpus import Corpus, clip, demand, files, once
from mien.data.datasets.speech_corpora import RAVDESS, RAVDESS_FOLDS, sex
from mien.types import Clip

_LICENCE = "CC BY-NC-SA 4.0"
_CALM = "02"  # counts as neutral among the seven
_MODALITIES = {"01": "audio-video", "02": "video", "03": "audio"}
_CHANNELS = {"01": "speech", "02": "song"}
_NAME = re.compile(r"^(0[123])-(0[12])-(0[1-8])-(0[12])-(0[12])-(0[12])-(\d\d)$")


def find(root: Path) -> list[Clip]:
    """Files named modality-channel-emotion-intensity-statement-repetition-actor."""
    clips = []
    for path in files(root, (".mp4", ".wav", ".flac")):
        if not (match := _NAME.match(path.stem)):
            continue
        modality, channel, number, intensity, _, _, actor = match.groups()
        clips.append(
            clip(
                root,
                path,
                RAVDESS[number],
                actor,
                _LICENCE,
                emotion8="calm" if number == _CALM else RAVDESS[number],
                modality=_MODALITIES[modality],
                channel=_CHANNELS[channel],
                intensity="strong" if intensity == "02" else "normal",
                sex=sex("ravdess", actor),
            )
        )
    return once(demand(clips, root, "files like 03-01-05-01-01-01-02.wav"))


CORPUS = Corpus(
    name="ravdess",
    title="RAVDESS, the Ryerson Audio-Visual Database of Emotional Speech and Song",
    source="https://zenodo.org/records/1188976",
    licence=_LICENCE,
    citation="Livingstone & Russo 2018, PLoS ONE 13(5)",
    marks=(
        "Actor_*/*-*-*-*-*-*-*.*",
        "*/Actor_*/*-*-*-*-*-*-*.*",
        "*-*-*-*-*-*-*.wav",
        "*-*-*-*-*-*-*.mp4",
    ),
    find=find,
    folds=RAVDESS_FOLDS,
    note=(
        "Calm counts as neutral among the seven; the eight are the target emotion8. "
        "03-01-03-01-02-01-07 and 03-01-03-01-02-02-07 are the same recording."
    ),
)
