"""RAVDESS: 24 North American actors, speech and song, in sound, video and both."""

from pathlib import Path

from mien.datasets.corpus import Corpus, clip, demand, files, once
from mien.datasets.speech_corpora import RAVDESS_FOLDS
from mien.types import Clip

_LICENCE = "CC BY-NC-SA 4.0"
_EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fear",
    "07": "disgust",
    "08": "surprise",
}
_MODALITIES = {"01": "audio-video", "02": "video", "03": "audio"}
_CHANNELS = {"01": "speech", "02": "song"}


def find(root: Path) -> list[Clip]:
    """Files named modality-channel-emotion-intensity-statement-repetition-actor."""
    found = []
    for path in files(root, (".mp4", ".wav", ".flac")):
        parts = path.stem.split("-")
        if len(parts) != 7 or parts[2] not in _EMOTIONS or parts[0] not in _MODALITIES:
            continue
        emotion = _EMOTIONS[parts[2]]
        label = "neutral" if emotion == "calm" else emotion
        found.append(
            clip(
                root,
                path,
                label,
                parts[6],
                _LICENCE,
                emotion8=emotion,
                modality=_MODALITIES[parts[0]],
                channel=_CHANNELS.get(parts[1], ""),
                intensity="strong" if parts[3] == "02" else "normal",
                sex="male" if int(parts[6]) % 2 else "female",
            )
        )
    return once(demand(found, root, "files like 03-01-05-01-01-01-02.wav"))


CORPUS = Corpus(
    name="ravdess",
    title="RAVDESS, the Ryerson Audio-Visual Database of Emotional Speech and Song",
    source="https://zenodo.org/records/1188976",
    licence=_LICENCE,
    citation="Livingstone & Russo 2018, PLoS ONE 13(5)",
    marks=("Actor_*/*-*-*-*-*-*-*.*", "*/Actor_*/*-*-*-*-*-*-*.*", "*-*-*-*-*-*-*.wav"),
    find=find,
    folds=RAVDESS_FOLDS,
    note=(
        "Calm counts as neutral among the seven; the eight are the target emotion8. "
        "03-01-03-01-02-01-07 and 03-01-03-01-02-02-07 are the same recording."
    ),
)
