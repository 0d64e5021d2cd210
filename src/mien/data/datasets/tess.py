"""TESS: 2,800 Canadian English utterances of two women."""

from pathlib import Path

from mien.data.datasets.corpus import Corpus, clip, demand, files, once
from mien.types import Clip

_EMOTIONS = {
    "angry": "angry",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "happy",
    "neutral": "neutral",
    "sad": "sad",
    "ps": "surprise",
}


def find(root: Path) -> list[Clip]:
    """Files named speaker_word_emotion, as in OAF_back_angry.wav; ps is pleasant surprise."""
    clips = []
    for path in files(root, (".wav", ".flac")):
        parts = path.stem.split("_")
        if len(parts) != 3 or parts[2].lower() not in _EMOTIONS:
            continue
        # One file of the published set is misnamed OA_bite_neutral.
        speaker = "OAF" if parts[0].upper().startswith("O") else "YAF"
        label = _EMOTIONS[parts[2].lower()]
        clips.append(clip(root, path, label, speaker, "CC BY-NC-ND 4.0", sex="female"))
    return once(demand(clips, root, "files like OAF_back_angry.wav"))


CORPUS = Corpus(
    name="tess",
    title="TESS, the Toronto Emotional Speech Set",
    source="https://doi.org/10.5683/SP2/E8H2MF",
    licence="CC BY-NC-ND 4.0",
    citation="Pichora-Fuller & Dupuis 2020",
    marks=("[OY]AF_*/*.wav", "[OY]AF_*.wav", "*/[OY]AF_*/*.wav"),
    find=find,
    note="Two speakers: a score on one of them says little about others.",
)
