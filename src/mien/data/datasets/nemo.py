"""nEMO: 4,481 Polish utterances of nine actors, six emotions without disgust."""

from pathlib import Path

from mien.data.datasets.corpus import Corpus, clip, demand
from mien.data.datasets.speech_corpora import nemo, sex
from mien.types import Clip

_LICENCE = "CC BY-NC-SA 4.0"


def find(root: Path) -> list[Clip]:
    """Files named speaker, emotion and sentence, as in EB0_anger_1.wav."""
    clips = []
    for utterance in nemo(root):
        about = {"sex": sex("nemo", utterance.speaker), "sentence": utterance.id.split("_")[2]}
        clips.append(
            clip(root, utterance.path, utterance.label, utterance.speaker, _LICENCE, **about)
        )
    return demand(clips, root, "files like EB0_anger_1.wav")


CORPUS = Corpus(
    name="nemo",
    title="nEMO, emotional speech in Polish",
    source="https://github.com/amu-cai/nEMO",
    licence=_LICENCE,
    citation="Christop 2024, LREC-COLING",
    marks=("[A-Z][A-Z][0-9]_*_*.*", "samples/[A-Z][A-Z][0-9]_*_*.*"),
    find=find,
    note="Acted, no disgust; every actor speaks the same sentences in every emotion.",
)
