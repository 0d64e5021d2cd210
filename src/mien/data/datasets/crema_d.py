"""CREMA-D: 7,442 clips of 91 actors, with what was meant and what a crowd saw and heard."""

from pathlib import Path

from mien.data.datasets.corpus import Corpus, demand, mapped, table
from mien.errors import UsageError
from mien.types import Clip

_LICENCE = "ODbL 1.0"
_EMOTIONS = {
    "ANG": "angry",
    "DIS": "disgust",
    "FEA": "fear",
    "HAP": "happy",
    "NEU": "neutral",
    "SAD": "sad",
}
_VOTES = {name[0]: label for name, label in _EMOTIONS.items()}
_COLUMNS = ("FileName", "VoiceVote", "FaceVote", "MultiModalVote")
_PLACES = (("VideoFlash", ".flv"), ("VideoMP4", ".mp4"), ("AudioWAV", ".wav"), ("AudioMP3", ".mp3"))


def find(root: Path) -> list[Clip]:
    """Every clip of the crowd's table, in the first media folder that has it.

    `label` is the intended emotion; the crowd's are the targets vote_voice, vote_face and
    vote_both, empty where two emotions got as many votes.
    """
    actors = {row["ActorID"]: row for row in _table(root, "VideoDemographics.csv", ("ActorID",))}
    clips = []
    for row in _table(root, "summaryTable.csv", _COLUMNS):
        name = row["FileName"]
        parts = name.split("_")
        if len(parts) != 4:
            raise UsageError(f"{root}: the clip '{name}' is not named like 1001_DFA_ANG_XX")
        actor, sentence, emotion, level = parts
        about = actors.get(actor, {})
        extra = {
            "vote_voice": _VOTES.get(row["VoiceVote"], ""),
            "vote_face": _VOTES.get(row["FaceVote"], ""),
            "vote_both": _VOTES.get(row["MultiModalVote"], ""),
            "sentence": sentence,
            "intensity": level,
            "sex": about.get("Sex", "").lower(),
            "age": about.get("Age", ""),
        }
        path, label = _media(root, name), mapped(_EMOTIONS, emotion, name)
        clips.append(Clip(name, path, label=label, speaker=actor, licence=_LICENCE, extra=extra))
    return demand(clips, root, "rows in summaryTable.csv")


def _media(root: Path, name: str) -> str:
    """The clip's file; where there is none, the place of its video, for 'check' to miss."""
    for folder, suffix in _PLACES:
        if (root / folder / f"{name}{suffix}").is_file():
            return f"{folder}/{name}{suffix}"
    return f"VideoFlash/{name}.flv"


def _table(root: Path, name: str, needed: tuple[str, ...]) -> list[dict[str, str]]:
    path = root / name if (root / name).is_file() else root / "processedResults" / name
    return table(path, needed) if path.is_file() else []


CORPUS = Corpus(
    name="crema_d",
    title="CREMA-D, the Crowd-sourced Emotional Multimodal Actors Dataset",
    source="https://github.com/CheyneyComputerScience/CREMA-D",
    licence=_LICENCE,
    citation="Cao et al. 2014, IEEE Transactions on Affective Computing 5(4)",
    marks=("summaryTable.csv", "processedResults/summaryTable.csv"),
    find=find,
    note="No surprise. The label is what was meant; vote_voice, vote_face, vote_both are votes.",
)
