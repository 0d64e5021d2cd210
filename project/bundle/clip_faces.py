"""What the face encoder of a bundle says of Java-SED's clips and of posed faces, unadapted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from mien.core.progress import progress_bar
from mien.data.datasets import corpora
from mien.data.manifest import Manifest, read_manifest, write_manifest
from mien.errors import UsageError
from mien.evaluation.verify.clip_scores import FACES, Windows, write_means
from mien.features.extractors import extractor
from mien.features.store import Store, load_features, run_features
from mien.inference.bundle import load
from mien.labels import EMOTIONS
from mien.types import Clip
from project.bundle.release_paths import ReleasePaths

__all__ = ["clips_with_faces", "score_faces"]

_BRANCH = "face"
_SEEN = (None, "audio-video")  # modalities with a picture, where a corpus names any


def clips_with_faces(name: str, root: Path) -> Manifest:
    """The clips of a corpus that have a picture, sorted by id.

    Raises:
        UsageError: the corpus is not in this folder.
    """
    corpus = corpora()[name]
    folder = corpus.folder(root)
    clips = [c for c in corpus.find(folder) if c.extra.get("modality") in _SEEN]
    labelled = [replace(c, split="") for c in clips if c.label in EMOTIONS.names]
    return Manifest(name, tuple(sorted(labelled, key=_id)), EMOTIONS, folder.resolve())


def _id(clip: Clip) -> str:
    return clip.id


def score_faces(root: Path, release: ReleasePaths, jobs: int, names: Sequence[str] = FACES) -> None:
    """Measure all faces; what the face branch says of each clip goes to `face_CORPUS.csv`.

    Args:
        root: folder of all corpora.
        release: the bundle whose encoder looks; the features are kept in its work folder.
        jobs: clips at a time.
        names: of the corpora.

    Raises:
        UsageError: a corpus is not there, or a clip cannot be read.
    """
    bundle, measure = load(release.bundle), extractor("face_embedding", model=release.model)
    release.work.mkdir(parents=True, exist_ok=True)
    release.reports.mkdir(parents=True, exist_ok=True)
    for name in names:
        table, store = release.work / f"{name}.csv", Store(release.work / "features")
        write_manifest(clips_with_faces(name, root), table)
        manifest = read_manifest(table)
        with progress_bar() as bar:
            task = bar.add_task(f"faces of {name}", total=None)

            def show(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total)  # noqa: B023  (called within)

            failures = run_features(manifest, [measure], store, jobs, show)
        if failures:
            raise UsageError(f"{failures[0].clip}: {failures[0].reason}")
        answers = [
            bundle.branch_output(_BRANCH, features, encoded=True)
            for features in load_features(manifest, measure, store)
        ]
        absent = np.full(len(EMOTIONS), np.nan)
        windows = Windows(
            tuple(c.id for c in manifest.clips),
            tuple(c.speaker for c in manifest.clips),
            np.array([EMOTIONS.index(c.label) for c in manifest.clips]),
            np.stack([absent if answer is None else answer.mean for answer in answers]),
        )
        write_means(windows, release.reports / f"face_{name}.csv")
