"""Made-up scores and weights, in the files that the trainings of face and voice leave."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mien.data.datasets.speech_corpora import JAVA_SED_FOLDS, LANGUAGES
from mien.evaluation.verify.clip_scores import Windows, write_means
from mien.labels import EMOTIONS

__all__ = [
    "made_answers",
    "made_face",
    "made_front",
    "made_scores",
    "made_voices",
    "said",
    "write_said",
]

_LABELS = ("angry", "fear", "happy", "neutral", "sad", "surprise")
_SURE = {"voice_java_sed.csv": 2.0, "voice_left_out_java_sed.csv": 1.5}


def made_scores(reports: Path, absent: int = 2) -> Path:
    """Face and voices of Java-SED's clips; the voices are better, and absent from some."""
    draw = np.random.default_rng(0)
    actors = sorted(set().union(*JAVA_SED_FOLDS))
    names = [(f"video/{a}-{k}", a, _LABELS[k % 6]) for a in actors for k in range(12)]
    labels = np.array([EMOTIONS.index(label) for _, _, label in names])
    _write_faces(reports / "face_java_sed.csv", names, labels, draw)
    for table, sure in _SURE.items():
        voice = log_probs(labels, sure, draw)
        rows: list[list[object]] = []
        for i, (name, actor, label) in enumerate(names):
            fold = next(k for k, out in enumerate(JAVA_SED_FOLDS) if actor in out)
            cells = [""] * 7 if i < absent else np.round(voice[i], 4).tolist()
            rows.append([name, fold, actor, label, *cells])
        write_said(reports / table, rows)
    return reports


def _write_faces(
    path: Path, names: list[tuple[str, str, str]], labels: np.ndarray, draw: np.random.Generator
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    ids, speakers, _ = zip(*names, strict=True)
    write_means(Windows(ids, speakers, labels, log_probs(labels, 1.0, draw)), path)


def log_probs(labels: np.ndarray, sure: float, draw: np.random.Generator) -> np.ndarray:
    """(n,7) noise that leans to the labels."""
    logits = draw.normal(size=(len(labels), len(EMOTIONS)))
    logits[np.arange(len(labels)), labels] += sure
    return np.asarray(logits - np.log(np.exp(logits).sum(1, keepdims=True)))


def made_voices(folder: Path, wrong: int = 4) -> Path:
    """All tables of the voice but openSMILE's; every `wrong`-th recording is answered wrongly."""
    rows: list[list[object]] = []
    for k in range(84):
        speaker = ("01", "02", "06")[k % 3]
        rows.append([f"{k:02}", k % 6, speaker, EMOTIONS.names[k % 7], *said(k % 7, k % wrong > 0)])
    for corpus in LANGUAGES:
        write_said(folder / f"voice_left_out_{corpus}.csv", rows)
    for corpus in ("ravdess", "java_sed"):
        write_said(folder / f"voice_{corpus}.csv", rows)
    altered = [[*row[:4], name, *row[4:]] for name in ("telephone", "music") for row in rows]
    write_said(folder / "voice_ravdess_altered.csv", altered, "alteration")
    return folder


def made_answers(reports: Path) -> Path:
    """All tables that the transfer to corpora left out goes by."""
    made_scores(made_voices(reports))
    draw = np.random.default_rng(1)
    names = [(f"{k:04}", f"{k % 4:02}", EMOTIONS.names[k % 7]) for k in range(70)]
    _write_faces(reports / "face_faces_tw.csv", names, np.arange(70) % 7, draw)
    return reports


def made_face(folder: Path) -> Path:
    """What the training of the face leaves; the network has learned nothing."""
    import torch

    from mien.training.models.small_resnet import SmallResNet
    from project.bundle.face import RECIPE

    torch.manual_seed(0)
    stage = folder / "stage_1"
    stage.mkdir(parents=True)
    (stage / "fit.json").write_text(json.dumps({"select": "loss", "steps": 2, "seed": 7}))
    (stage / "log.csv").write_text("epoch,loss,public_accuracy,seconds\n0,1.5,0.25,60\n")
    torch.save(SmallResNet(RECIPE.width, RECIPE.blocks).state_dict(), folder / "face.pt")
    return folder


def made_front(path: Path, blocks: int = 3) -> Path:
    """Weights of a Whisper that never heard anything, as `convert_pretrained.py` writes."""
    import torch

    from mien.training.models.whisper_front import WhisperFront

    torch.manual_seed(0)
    state = WhisperFront(blocks).state_dict()
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, allow_pickle=False, **{k: v.numpy().astype("f2") for k, v in state.items()})
    return path


def said(label: int, right: bool) -> list[float]:
    """Log-probabilities that are sure of a class."""
    row = np.full(7, 0.05)
    row[label if right else (label + 1) % 7] = 0.7
    return np.log(row).round(4).tolist()


def write_said(path: Path, rows: Sequence[Sequence[object]], *more: str) -> None:
    """A table of log-probabilities as the voice's training writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "fold", "speaker", "label", *more, *EMOTIONS.names])
        writer.writerows(rows)
