"""All corpora in their layouts, made of the sample clip's one face and one voice."""

from __future__ import annotations

import csv
import gzip
import io
import shutil
import tarfile
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

import mien
from mien.data.datasets import fer2013
from mien.data.datasets.fer2013 import SPLITS
from mien.data.datasets.speech_corpora import JAVA_SED_FOLDS
from mien.inference.bundle import Bundle
from mien.labels import EMOTIONS
from mien.media import RATE, read_sound
from tests.conftest import shifted, write_clip, write_sound

__all__ = [
    "ACTORS",
    "COPIES",
    "PERFORMERS",
    "PICTURES",
    "SHOWN",
    "as_answered",
    "made_corpora",
    "made_fer2013",
]

ACTORS = sorted(set().union(*JAVA_SED_FOLDS))
PICTURES = 42  # of each split, six a class
COPIES = 3  # of Training in PrivateTest

SHOWN = {"02": "sad", "03": "happy", "06": "angry"}
"""What the clips show, as Java-SED numbers it."""
PERFORMERS = ("01", "02")
_POSED = "bcd"  # happy, sad and angry, as the performers' pictures are named
_FERPLUS = {"happy": "happiness", "sad": "sadness", "angry": "anger"}
_VOTED = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")

Picture = NDArray[np.uint8]
Sound = NDArray[np.float32]


def made_corpora(folder: Path) -> Path:
    """FER2013; a clip of each of Java-SED's actors and three emotions; a few files of the rest."""
    with av.open(str(mien.sample())) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    made_fer2013(folder / "fer2013", frames[0])
    sound = read_sound(mien.sample())
    _clips(folder / "java_sed" / "video", frames, sound)
    _recordings(folder, sound)
    _performers(folder / "faces_tw", frames)
    return folder


def _clips(folder: Path, frames: list[Picture], sound: Sound) -> None:
    """Two pictures and two seconds of sound, of another moment of the sample for each clip."""
    folder.mkdir(parents=True)
    for number, (actor, emotion) in enumerate(product(ACTORS, SHOWN)):
        seen = [shifted(frames[8 * number + 4 * k], number, k) for k in range(2)]
        path, start = folder / f"{actor}-01-{emotion}_01.mp4", RATE * number // 4
        write_clip(path, seen, [0.0, 0.25], sound=sound[None, start : start + 2 * RATE])


def _recordings(folder: Path, sound: Sound) -> None:
    names = [f"java_sed/audio/{actor}-01-03_02.wav" for actor in ACTORS[:2]]
    for actor, emotion in product(("01", "02"), ("03", "05")):
        names.append(f"ravdess/Actor_{actor}/03-01-{emotion}-01-01-01-{actor}.wav")
    names += [f"emodb/{speaker}a01{code}a.wav" for speaker, code in product(("03", "08"), "FT")]
    words = ("happiness", "sadness")
    names += [f"nemo/{speaker}_{word}_1.wav" for speaker, word in product(("EB0", "HK6"), words)]
    names += [f"ased/{code}1-01-01-01-{number}.wav" for number, code in product(("01", "02"), "hs")]
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        part = sound[RATE * (number % 4) :][: 4 * RATE]
        write_sound(path, part[None], RATE, "mono", "pcm_s16le")


def _performers(folder: Path, frames: list[Picture]) -> None:
    folder.mkdir(parents=True)
    for number, (performer, letter) in enumerate(product(PERFORMERS, _POSED)):
        picture = cv2.cvtColor(frames[30 * number][:240, 100:340], cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(folder / f"{performer}11{letter}01.jpg"), cv2.resize(picture, (256, 256)))


def made_fer2013(folder: Path, frame: Picture) -> None:
    """The archive and the table of votes.

    Six of ten vote for the label, or, of every sixth picture, four: then there is no majority.
    """
    folder.mkdir(parents=True)
    face = cv2.cvtColor(frame[40:200, 150:310], cv2.COLOR_RGB2GRAY)
    columns = (*_VOTED, "unknown", "NF")
    draw, files, rows = np.random.default_rng(0), {}, []
    for split, k in product(SPLITS, range(PICTURES)):
        label = EMOTIONS.names[k % 7]
        name = f"{'train' if split == 'Training' else 'test'}/{label}/{split}_{100 + k}.jpg"
        files[name] = cv2.imencode(".jpg", _varied(face, draw))[1].tobytes()
        if split == "PrivateTest" and k < COPIES:
            files[name] = files[f"train/{label}/Training_{100 + k}.jpg"]
        votes = dict.fromkeys(columns, 0)
        votes[_FERPLUS.get(label, label)] = 6 if k % 6 else 4
        votes["unknown"] = 10 - sum(votes.values())
        rows.append({"kaggle_jpg": name, **votes})
    with tarfile.open(folder / "fer2013.tar.xz", "w:xz", preset=0) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    with gzip.open(folder / "ferplus_to_kaggle.csv.gz", "wt", newline="") as stream:
        writer = csv.DictWriter(stream, ["kaggle_jpg", *columns])
        writer.writeheader()
        writer.writerows(rows)


def as_answered(given: Path, folder: Path, bundle: Bundle, splits: Sequence[str] = SPLITS) -> Path:
    """The same pictures, those of some splits with the labels that a bundle gives."""
    answers = {}
    for name, split in fer2013.load(given).items():
        if name in splits:
            said = bundle.encode("face", split.pictures)[:, -len(EMOTIONS) :].argmax(1)
            answers |= dict(zip(split.names, said.tolist(), strict=True))
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(given / "ferplus_to_kaggle.csv.gz", folder / "ferplus_to_kaggle.csv.gz")
    with (
        tarfile.open(given / "fer2013.tar.xz") as old,
        tarfile.open(folder / "fer2013.tar.xz", "w:xz", preset=0) as new,
    ):
        for member in old:
            stream, (top, _, name) = old.extractfile(member), member.name.split("/")
            if member.name in answers:
                member.name = f"{top}/{EMOTIONS.names[answers[member.name]]}/{name}"
            new.addfile(member, stream)
    return folder


def _varied(face: Picture, draw: np.random.Generator) -> Picture:
    """48x48 px, bent and lit so differently that the encoder does not say the same of all."""
    corners = np.array([[0, 0], [159, 0], [159, 159], [0, 159]], np.float32)
    bent = corners + draw.normal(0, 18, (4, 2)).astype(np.float32)
    turned = cv2.warpPerspective(face, cv2.getPerspectiveTransform(bent, corners), (160, 160))
    small = cv2.resize(turned, (48, 48), interpolation=cv2.INTER_AREA)
    light = small * draw.uniform(0.3, 1.3) + draw.normal(0, draw.uniform(0, 25), small.shape)
    return np.asarray(np.clip(light, 0, 255), np.uint8)
