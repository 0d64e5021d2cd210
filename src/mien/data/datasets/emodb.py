"""EMO-DB: 535 German utterances of ten actors."""

from pathlib import Path

from mien.data.datasets.corpus import Corpus, clip, demand, files
from mien.data.datasets.speech_corpora import EMODB, sex
from mien.types import Clip


def find(root: Path) -> list[Clip]:
    """Files named speaker, text, emotion and version, as in 03a01Fa.wav."""
    clips = []
    for path in files(root, (".wav", ".flac")):
        name = path.stem
        if len(name) != 7 or not name[:2].isdigit() or name[5] not in EMODB:
            continue
        speaker = name[:2]
        about = {"sex": sex("emodb", speaker), "text": name[2:5]}
        clips.append(clip(root, path, EMODB[name[5]], speaker, "research", **about))
    return demand(clips, root, "files like 03a01Fa.wav")


CORPUS = Corpus(
    name="emodb",
    title="EMO-DB, the Berlin Database of Emotional Speech",
    source="http://emodb.bilderbar.info",
    licence="research",
    citation="Burkhardt et al. 2005, Interspeech",
    marks=("[01][0-9][ab][0-9][0-9][A-Z][a-z].*", "wav/[01][0-9][ab][0-9][0-9][A-Z][a-z].*"),
    find=find,
    note="Boredom is none of the seven and left out; no surprise.",
)
