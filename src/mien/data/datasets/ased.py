"""ASED: 2,474 Amharic utterances of 65 speakers, five emotions."""

from pathlib import Path

from mien.data.datasets.corpus import Corpus, clip, demand
from mien.data.datasets.speech_corpora import ased, sex
from mien.types import Clip


def find(root: Path) -> list[Clip]:
    """Files named emotion, sentence, repetition, sex and speaker, as in a5-01-01-01-07.wav."""
    clips = []
    for utterance in ased(root):
        _, sentence, repetition, _, speaker = utterance.id.split("-")
        about = {
            "sex": sex("ased", speaker),
            "sentence": sentence,
            "repetition": repetition,
        }
        clips.append(clip(root, utterance.path, utterance.label, speaker, "research", **about))
    return demand(clips, root, "files like a5-01-01-01-07.wav")


_NAME = "[nfhsaNFHSA][1-5]-[0-9][0-9]-[0-9][0-9]-[0-9][0-9]-[0-9][0-9].*"

CORPUS = Corpus(
    name="ased",
    title="ASED, the Amharic Speech Emotion Dataset",
    source="https://github.com/Ethio2021/ASED_V1",
    licence="research",
    citation="Retta et al. 2023, ACM TALLIP 22(5)",
    marks=(_NAME, f"*/{_NAME}"),
    find=find,
    note=(
        "No disgust and no surprise; most sentences are of one emotion only, so words tell it too. "
        "Each was accepted by five of eight judges."
    ),
)
