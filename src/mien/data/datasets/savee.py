"""SAVEE: 480 British English utterances of four men, in sound and video."""

import re
from pathlib import Path

from mien.data.datasets.corpus import Corpus, clip, demand, files
from mien.types import Clip

_EMOTIONS = {
    "a": "angry",
    "d": "disgust",
    "f": "fear",
    "h": "happy",
    "n": "neutral",
    "sa": "sad",
    "su": "surprise",
}
_NAME = re.compile(r"^(?:(DC|JE|JK|KL)_)?(a|d|f|h|n|sa|su)(\d\d)$")
_SPEAKERS = ("DC", "JE", "JK", "KL")


def find(root: Path) -> list[Clip]:
    """Files DC_a01.wav, or a01.wav and a01.avi in a folder of the speaker."""
    clips = []
    for path in files(root, (".wav", ".avi", ".flac", ".mp4")):
        match = _NAME.match(path.stem)
        named = [part for part in path.relative_to(root).parts if part in _SPEAKERS]
        speaker = (match and match[1]) or (named[0] if named else "")
        if match and speaker:
            clips.append(clip(root, path, _EMOTIONS[match[2]], speaker, "research", sex="male"))
    return demand(clips, root, "files like DC_a01.wav or AudioData/DC/a01.wav")


CORPUS = Corpus(
    name="savee",
    title="SAVEE, Surrey Audio-Visual Expressed Emotion",
    source="http://kahlan.eps.surrey.ac.uk/savee",
    licence="research",
    citation="Haq & Jackson 2009, AVSP",
    marks=(
        "[DJK][CEKL]_*.wav",
        "AudioData/*/*.wav",
        "AudioVisualClip/*/*.avi",
        "ALL/*.wav",
        "DC/*.wav",
    ),
    find=find,
    note="Four men only.",
)
