"""The clips of a corpus as a bundle that never met it sees them, for `adapt_curve`.

The networks are those that ship: the face's never saw the corpora, the voice's front is Whisper's.
What the voice says is of a head that never heard the corpus (reports/voice_left_out_CORPUS.csv).
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from mien.core.progress import progress_bar
from mien.data.datasets import speech_corpora
from mien.data.datasets.speech_corpora import Utterance
from mien.evaluation.verify.transfer import fit_numbers, unseen
from mien.evaluation.verify.voice_rows import recordings
from mien.fusion.log_pool import LogPool
from mien.labels import EMOTIONS
from mien.training.adapt.clips import Base, LabelledClips
from mien.training.adapt.gather import gather
from mien.training.adapt.labelled import Labelled
from mien.training.adapt.material import material
from mien.training.adapt.measure import Collecting
from mien.training.adapt.pool import fused
from mien.types import Clip
from project.bundle.release_paths import ReleasePaths

__all__ = ["unheard"]

_MOST = 320  # clips of a corpus that are measured


def unheard(
    bundle: Collecting, corpus: str, data: Path, store: Path, release: ReleasePaths, jobs: int
) -> tuple[LabelledClips, Base]:
    """The clips of a corpus as a bundle that never met it sees them, and what it joins them with.

    Args:
        bundle: whose networks measure.
        corpus: its name in `mien.data.datasets.speech_corpora`.
        data: folder of the corpora.
        store: keeps what is measured.
        release: whose reports have the answers of heads that never heard a corpus.
        jobs: files at a time.
    """
    chosen = _chosen(corpus, data)
    table = Labelled(tuple(map(_clip, chosen)), EMOTIONS, data, 0)
    with progress_bar() as bar:
        task = bar.add_task(f"measuring {corpus}", total=None)

        def show(_: str, done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        measured = gather(bundle, table, store, jobs, show)
    clips = material(bundle, measured.clips, measured.found, EMOTIONS)
    pool = fit_numbers(
        [answers for answers in unseen(release.reports) if answers.name != corpus]
    ).pool
    return _with_unheard(clips, pool, corpus, release.reports)


def _chosen(corpus: str, data: Path) -> list[Utterance]:
    """Java-SED's clips with a picture; of the others some, the same at every call."""
    every: list[Utterance] = getattr(speech_corpora, corpus)(data / corpus)
    if corpus == "java_sed":
        return [utterance for utterance in every if utterance.video]
    return sorted(every, key=lambda utterance: zlib.crc32(utterance.id.encode()))[:_MOST]


def _clip(utterance: Utterance) -> Clip:
    return Clip(
        id=utterance.id,
        path=str(utterance.path.resolve()),
        label=utterance.label,
        speaker=utterance.speaker,
    )


def _with_unheard(
    clips: LabelledClips, pool: LogPool, corpus: str, reports: Path
) -> tuple[LabelledClips, Base]:
    """The same clips with the answers of a voice that never heard the corpus."""
    stored = recordings(reports / f"voice_left_out_{corpus}.csv")
    row = {str(name): i for i, name in enumerate(stored.ids.tolist())}
    voice = stored.rows[[row[name] for name in clips.ids]]
    present = [b for b, rows in clips.said.items() if not np.isnan(rows[:, 0]).all()]
    log_probs = {**{b: clips.said[b] for b in present}, "voice": voice}
    total = sum(pool.weights[b] for b in present)
    weights = {b: pool.weights[b] / total for b in present}
    prior = np.full(len(EMOTIONS), 1 / len(EMOTIONS))
    rows = {b: v for b, v in clips.rows.items() if b in present}
    # a recording in which one of the two ways to read it found no speech is silent in both
    silent = np.isnan(voice[:, 0]) | np.isnan(rows["voice"][:, 0])
    log_probs["voice"] = np.where(silent[:, None], np.nan, voice)
    rows["voice"] = np.where(silent[:, None], np.nan, rows["voice"])
    linear = {b: clips.linear[b] for b in present} | {"voice": log_probs["voice"]}
    sizes = {b: v.shape[1] for b, v in rows.items()}
    kept = {n: t for n, t in pool.temperatures.items() if set(n.split("+")) <= set(present)}
    before = fused(LogPool(weights, kept), log_probs, prior)
    new = replace(clips, said=log_probs, linear=linear, rows=rows, before=before)
    return new, Base(EMOTIONS.names, weights, kept, prior, sizes)
