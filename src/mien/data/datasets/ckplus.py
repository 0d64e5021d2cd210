"""CK+: posed sequences from neutral to the peak of an expression, 123 subjects."""

from pathlib import Path

from mien.data.datasets.corpus import Corpus, clip, demand, files
from mien.errors import UsageError
from mien.types import Clip

_EMOTIONS = {
    1: "angry",
    3: "disgust",
    4: "fear",
    5: "happy",
    6: "sad",
    7: "surprise",
}  # 2 is contempt, none of the seven
_PEAK = 3  # last frames of a sequence that show the expression


def find(root: Path) -> list[Clip]:
    """Emotion/S005/001/..._emotion.txt and cohn-kanade-images/S005/001/*.png.

    The last three frames of a labelled sequence get its label, the first one is neutral.
    """
    clips = []
    for note in files(root / "Emotion", (".txt",), "*/*/*_emotion.txt"):
        subject, take = note.parts[-3], note.parts[-2]
        label = _label(note)
        frames = files(root / "cohn-kanade-images" / subject / take, (".png",), "*")
        if label is None or not frames:
            continue
        take_id = f"{subject}-{take}"
        clips.append(clip(root, frames[0], "neutral", subject, "research", sequence=take_id))
        for frame in frames[1:][-_PEAK:]:
            clips.append(clip(root, frame, label, subject, "research", sequence=take_id))
    return demand(clips, root, "files like Emotion/S005/001/S005_001_00000011_emotion.txt")


def _label(note: Path) -> str | None:
    """The emotion that a file names by a number such as 3.0000000e+00."""
    try:
        return _EMOTIONS.get(int(float(note.read_text().strip() or 0)))
    except (ValueError, OverflowError):
        raise UsageError(f"{note}: does not hold a number") from None


CORPUS = Corpus(
    name="ckplus",
    title="CK+, the Extended Cohn-Kanade Dataset",
    source="https://www.jeffcohn.net/resources (on request)",
    licence="research",
    citation="Lucey et al. 2010, CVPR Workshops",
    marks=("Emotion/S*/*/*_emotion.txt",),
    find=find,
    note="Posed, in a laboratory. Contempt is none of the seven and left out.",
)
