"""nEMO: 4,481 Polish utterances of nine actors, six emotions without disgust."""

from pathlib import Path

from mien.data.datasets.corpus import Corpus, clip, demand
from mien.data.datasets.speech_corpora import nemo, sex
from mien.types import Clip

_LICENCE = "CC BY-NC-SA 4.0"


def find(root: Path) -> list[Clip]:
    """Files named speaker, emotion and sentence, as in EB0_anger_1.wav."""
    found = []
    for one in nemo(root):
        about = {"sex": sex("nemo", one.speaker), "sentence": one.id.split("_")[2]}
        found.append(clip(root, one.path, one.label, one.speaker, _LICENCE, **about))
    return demand(found, root, "files like EB0_anger_1.wav")


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
