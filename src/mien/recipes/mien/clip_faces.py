"""The faces of Java-SED's video clips as the bundle's encoder sees them, measured once and kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.datasets import corpora
from mien.errors import UsageError
from mien.extract import extractor
from mien.labels import EMOTIONS
from mien.manifest import Manifest, read_manifest, write_manifest
from mien.progress import progress_bar
from mien.recipes.mien.clip_data import Windows, write_means
from mien.recipes.mien.place import Place
from mien.store import Store, load_features, run_features
from mien.types import Features

__all__ = ["Faces", "score_faces", "video_clips"]

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Faces:
    """Clips and the rows of their faces.

    Args:
        table: path of the manifest.
        store: folder of the features.
        manifest: the clips, sorted by id.
        features: of each clip, rows (T,D+C): embedding and log-probabilities.
    """

    table: Path
    store: Path
    manifest: Manifest
    features: tuple[Features, ...]

    @cached_property
    def means(self) -> Rows:
        """(n,D+C) mean row of each clip; NaN without a face."""
        return np.array([_mean(one) for one in self.features])

    @property
    def embeddings(self) -> Rows:
        """(n,D)."""
        return self.means[:, : -len(EMOTIONS)]


def video_clips(root: Path) -> Manifest:
    """Java-SED's clips with picture and sound, sorted by id.

    Raises:
        UsageError: the corpus is not in this folder.
    """
    corpus = corpora()["java_sed"]
    folder = corpus.folder(root)
    clips = [c for c in corpus.find(folder) if c.extra["modality"] == "audio-video"]
    clips.sort(key=lambda c: c.id)
    return Manifest("java_sed", tuple(clips), EMOTIONS, folder.resolve())


def score_faces(root: Path, place: Place, jobs: int) -> Faces:
    """Measure all faces; their means go to `face_java_sed.csv` in the reports.

    Args:
        root: folder of Java-SED, or of all corpora.
        place: the bundle whose encoder looks; the features are kept in its work folder.
        jobs: clips at a time.

    Raises:
        UsageError: the corpus is not there, or a clip cannot be read.
    """
    table, store = place.work / "java_sed.csv", place.work / "features"
    place.work.mkdir(parents=True, exist_ok=True)
    write_manifest(video_clips(root), table)
    manifest = read_manifest(table)
    measure = extractor("face_embedding", model=place.model)
    with progress_bar() as bar:
        task = bar.add_task("faces of Java-SED", total=None)

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        failures = run_features(manifest, [measure], Store(store), jobs, show)
    if failures:
        raise UsageError(f"{failures[0].clip}: {failures[0].reason}")
    faces = Faces(table, store, manifest, tuple(load_features(manifest, measure, Store(store))))
    place.reports.mkdir(parents=True, exist_ok=True)
    write_means(_windows(faces), place.reports / "face_java_sed.csv")
    return faces


def _windows(faces: Faces) -> Windows:
    clips = faces.manifest.clips
    return Windows(
        tuple(c.id for c in clips),
        tuple(c.speaker for c in clips),
        np.array([EMOTIONS.index(c.label) for c in clips]),
        faces.means[:, -len(EMOTIONS) :],
    )


def _mean(features: Features) -> Rows:
    rows = np.asarray(features.values[features.valid], float)
    return rows.mean(0) if len(rows) else np.full(features.values.shape[1], np.nan)
