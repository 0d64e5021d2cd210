"""FERV39k: 38,935 clips of 22 scenes in seven emotions, one split (Wang et al. 2022)."""

from pathlib import Path

from mien.data.datasets.corpus import Corpus, clip, demand, mapped
from mien.types import Clip

_LICENCE = "FERV39k licence (research)"
_EMOTIONS = {
    "Angry": "angry",
    "Disgust": "disgust",
    "Fear": "fear",
    "Happy": "happy",
    "Neutral": "neutral",
    "Sad": "sad",
    "Surprise": "surprise",
}
_LISTS = (("train", "train_All.csv"), ("test", "test_All.csv"))
_CLIPS, _FACES = "0_7_LabelClips", "2_ClipsforFaceCrop"


def find(root: Path) -> list[Clip]:
    """4_setups/All_scenes/train_All.csv and test_All.csv, lines like "Action/Sad/0010 Sad".

    Clips are 0_7_LabelClips/Action/Sad/0010.mp4; where the authors' crops are unpacked
    (2_ClipsforFaceCrop), `faces` names their folder. `scene` is the first folder.
    """
    clips = []
    for split, name in _LISTS:
        path = next(iter(sorted(root.glob(f"**/4_setups/All_scenes/{name}"))), None)
        for line in path.read_text("utf-8-sig").splitlines() if path else []:
            name_in_scene, _, emotion = line.strip().partition(" ")
            if name_in_scene:
                label = mapped(_EMOTIONS, emotion.strip(), path or root)
                faces = root / _FACES / name_in_scene
                more = {
                    "scene": name_in_scene.partition("/")[0],
                    "faces": faces.relative_to(root).as_posix() if faces.is_dir() else "",
                }
                file = root / _CLIPS / f"{name_in_scene}.mp4"
                clips.append(clip(root, file, label, "", _LICENCE, split, **more))
    return demand(clips, root, "lists like 4_setups/All_scenes/train_All.csv")


CORPUS = Corpus(
    name="ferv39k",
    title="FERV39k, facial expressions of 22 scenes",
    source="its authors, under a signed licence (wangyanckxx.github.io/Proj_CVPR2022_FERV39k)",
    licence=_LICENCE,
    citation="Wang et al. 2022, CVPR",
    marks=("4_setups/All_scenes", "*/4_setups/All_scenes"),
    find=find,
    note="One official split; papers report WAR (accuracy) and UAR on its test clips.",
)
