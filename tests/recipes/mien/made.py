"""Made-up scores and weights, in the files that the trainings of face and voice leave."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mien.datasets.speech_corpora import JAVA_SED_FOLDS
from mien.labels import EMOTIONS
from mien.recipes.mien.clip_data import Windows, write_means
from mien.recipes.mien.clip_models import HEADS, TRAINED_POOLS
from mien.types import Clip

__all__ = ["made_run", "made_scores", "made_voices", "said", "short_fits", "write_said"]

_LABELS = ("angry", "fear", "happy", "neutral", "sad", "surprise")


def made_scores(reports: Path, absent: int = 2) -> Path:
    """`face_java_sed.csv` and `voice_java_sed.csv`; the voice is better, and absent from some."""
    reports.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(0)
    actors = sorted(set().union(*JAVA_SED_FOLDS))
    names = [(f"video/{a}-{k}", a, _LABELS[k % 6]) for a in actors for k in range(12)]
    labels = np.array([EMOTIONS.index(label) for _, _, label in names])
    face, voice = (_log_probs(labels, sure, draw) for sure in (1.0, 2.0))
    columns = tuple(n for n, _, _ in names), tuple(a for _, a, _ in names), labels
    write_means(Windows(*columns, face), reports / "face_java_sed.csv")
    with (reports / "voice_java_sed.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "fold", "speaker", "label", "start", *EMOTIONS.names])
        for i, (name, actor, label) in enumerate(names):
            fold = next(k for k, out in enumerate(JAVA_SED_FOLDS) if actor in out)
            said = [""] * 7 if i < absent else np.round(voice[i], 4).tolist()
            starts = [""] if i < absent else [0.0, 0.5]
            writer.writerows([name, fold, actor, label, start, *said] for start in starts)
    return reports


def _log_probs(labels: np.ndarray, sure: float, draw: np.random.Generator) -> np.ndarray:
    logits = draw.normal(size=(len(labels), len(EMOTIONS)))
    logits[np.arange(len(labels)), labels] += sure
    return np.asarray(logits - np.log(np.exp(logits).sum(1, keepdims=True)))


def made_voices(folder: Path, wrong: int = 4) -> Path:
    """All tables of the voice but openSMILE's; every `wrong`-th recording is answered wrongly."""
    for corpus in ("ravdess", "java_sed", "emodb"):
        rows: list[list[object]] = []
        for k in range(84):
            speaker = ("01", "02", "06")[k % 3]
            head = [f"{k:02}", k % 6, speaker, EMOTIONS.names[k % 7]]
            rows += [[*head, at, *said(k % 7, k % wrong > 0)] for at in (0.0, 0.5)]
        for name in (f"voice_{corpus}", f"voice_left_out_{corpus}"):
            write_said(folder / f"{name}.csv", "start", rows)
    altered = [[*row[:4], name, *row[5:]] for name in ("telephone", "music") for row in rows[::2]]
    write_said(folder / "voice_ravdess_altered.csv", "alteration", altered)
    return folder


def made_run(out: Path, clips: Sequence[Clip]) -> Path:
    """What the trainings of face and voice leave in a run; the networks have learned nothing.

    The voice has heard the clips of Java-SED, and is right about two in three.
    """
    import torch

    from mien.models.small_resnet import SmallResNet
    from mien.recipes.mien.face import RECIPE as FACE
    from mien.recipes.mien.voice_fit import network as voice_network

    torch.manual_seed(0)
    voices = made_voices(out / "voice")
    for folder, select in ((out / "face" / "stage_1", "loss"), (voices / "final", "")):
        folder.mkdir(parents=True)
        (folder / "fit.json").write_text(json.dumps({"select": select, "steps": 2, "seed": 7}))
        (folder / "log.csv").write_text("epoch,loss,public_accuracy,seconds\n0,1.5,0.25,60\n")
    face, voice = SmallResNet(FACE.width, FACE.blocks), voice_network()
    torch.save(face.state_dict(), out / "face" / "face.pt")
    torch.save(voice.state_dict(), voices / "final" / "voice.pt")
    rows: list[list[object]] = []
    for number, clip in enumerate(clips):
        fold = next(k for k, held in enumerate(JAVA_SED_FOLDS) if clip.speaker in held)
        right = said(EMOTIONS.index(clip.label), number % 3 > 0)
        rows.append([clip.id, fold, clip.speaker, clip.label, 0.0, *right])
    write_said(voices / "voice_java_sed.csv", "start", rows)
    return out


def short_fits(patch: pytest.MonkeyPatch) -> None:
    """Two steps for each clip model that is trained."""
    for name, model in HEADS.items():
        fit = replace(model.schooling.fit, epochs=1, steps=2)
        schooling = replace(model.schooling, fit=fit)
        patch.setitem(HEADS, name, replace(model, schooling=schooling))
    for name, pool in TRAINED_POOLS.items():
        short = replace(pool.training, epochs=1, steps=2)
        patch.setitem(TRAINED_POOLS, name, replace(pool, training=short))


def said(label: int, right: bool) -> list[float]:
    """Log-probabilities that are sure of a class."""
    row = np.full(7, 0.05)
    row[label if right else (label + 1) % 7] = 0.7
    return np.log(row).round(4).tolist()


def write_said(path: Path, what: str, rows: Sequence[Sequence[object]]) -> None:
    """A table of log-probabilities as the voice's training writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "fold", "speaker", "label", what, *EMOTIONS.names])
        writer.writerows(rows)
