"""SFEW: still frames of AFEW, in the organisers' splits."""

import re
from pathlib import Path

from mien.data.datasets.corpus import Corpus, clip, demand, files
from mien.data.manifest import SPLITS
from mien.types import Clip

_LICENCE = "AFEW licence (research)"
_NAME = re.compile(r"^(?P<film>.+?)_\d{9}(_\d+)?$")
_LABELS = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")


def find(root: Path) -> list[Clip]:
    """Train and Val (a folder a class, whole or aligned) and Test.

    Names are film, time in it and number of the frame, as in Airheads_000519240_00000005.png.
    """
    clips = []
    for path in files(root, (".png", ".jpg", ".jpeg")):
        parts = [part.lower() for part in path.relative_to(root).parts[:-1]]
        split = next((s for s in SPLITS if any(p.startswith(s) for p in parts)), "")
        label = next((part for part in reversed(parts) if part in _LABELS), "")
        if not split or (not label and split != "test"):
            continue
        kind = "aligned" if any("align" in part for part in parts) else "whole"
        match = _NAME.match(path.stem)
        film = match["film"] if match else ""
        clips.append(clip(root, path, label, film, _LICENCE, split, kind=kind))
    return demand(clips, root, "pictures like Train/Angry/Airheads_000519240_00000005.png")


CORPUS = Corpus(
    name="sfew",
    title="SFEW 2.0, Static Facial Expressions in the Wild",
    source="its authors, under a signed licence (https://cs.anu.edu.au/few)",
    licence=_LICENCE,
    citation="Dhall et al. 2011, ICCV Workshops",
    marks=("Train*/Angry/*.png", "*/Train*/Angry/*.png"),
    find=find,
    note="Stills of AFEW: never train on one and test on the other.",
)
