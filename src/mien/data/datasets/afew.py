"""AFEW: film clips of the EmotiW challenges, given out under a signed licence."""

import re
from pathlib import Path

from mien.data.datasets.corpus import Corpus, clip, demand, files, table
from mien.types import Clip

_LICENCE = "AFEW licence (research)"
_SPLITS = {
    "train": ("Train_AFEW", "Train"),
    "val": ("Val_AFEW", "Val"),
    "test": ("Test_AFEW", "Test"),
}
_LABELS = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
_FACES = ("AlignedFaces_LBPTOP_Points*/Faces/{}", "AlignedFaces_LBPTOP_Points*/*/Faces/{}")
_FILMS = "films.csv"
_NAMED = re.compile(r"^(.+)_\d{9}$")
_TIMED = re.compile(r"^(?:.+_)?0(\d)([0-5])\d[0-5]\d{4}$")


def find(root: Path) -> list[Clip]:
    """Train, Val (a folder a class) and Test (no labels) with names like 013736360.avi.

    The nine digits are the time within the film: hours, minutes, seconds, thousandths (all names
    in the lists of github.com/Open-Debin/Emotion-FAN are such times, with hours up to 2). The
    film, which stands for the speaker, is taken from names like Airheads_000519240.avi or from a
    table films.csv with the columns clip and film; otherwise it is not known. The column `group`
    then holds the ten minutes of the film, so that clips of one scene stay on one side of
    `--folds group:3`; clips of one film do not. Where the organisers' aligned faces are unpacked,
    `faces` names their folder.
    """
    films, clips = _films(root), []
    for split, names in _SPLITS.items():
        for folder in (root / name for name in names):
            for path in files(folder, (".avi", ".mp4")) if folder.is_dir() else []:
                label = path.parent.name.lower()
                known = label in _LABELS
                if not known and split != "test":
                    continue
                film = films.get(path.stem) or _film(path.stem)
                more = {"faces": _faces(root, folder, path.stem), "group": _scene(path.stem)}
                clips.append(
                    clip(root, path, label if known else "", film, _LICENCE, split, **more)
                )
    return demand(clips, root, "clips like Train_AFEW/Angry/013736360.avi")


def _films(root: Path) -> dict[str, str]:
    """{clip: film} from the table, where there is one."""
    path = root / _FILMS
    if not path.is_file():
        return {}
    return {row["clip"]: row["film"] for row in table(path, ("clip", "film"))}


def _film(name: str) -> str:
    match = _NAMED.match(name)
    return match[1] if match else ""


def _scene(name: str) -> str:
    """The ten minutes within the film, like "0:40"."""
    match = _TIMED.match(name)
    return f"{match[1]}:{match[2]}0" if match else ""


def _faces(root: Path, folder: Path, name: str) -> str:
    for pattern in _FACES:
        for match in sorted(folder.glob(pattern.format(name))):
            return match.relative_to(root).as_posix()
    return ""


CORPUS = Corpus(
    name="afew",
    title="AFEW, Acted Facial Expressions in the Wild",
    source="its authors, under a signed licence (https://cs.anu.edu.au/few)",
    licence=_LICENCE,
    citation="Dhall et al. 2012, IEEE MultiMedia 19(3)",
    marks=("Train_AFEW/Angry", "Train/Angry/*.avi", "Val_AFEW/Angry", "Val/Angry/*.avi"),
    find=find,
    note=(
        "Test labels are not given out. The organisers keep films apart; file names tell the time "
        "in a film but not which: films.csv (clip, film) beside the folders lets 'check' see it. "
        "Without it '--folds group:3' keeps ten minutes of a film together."
    ),
)
