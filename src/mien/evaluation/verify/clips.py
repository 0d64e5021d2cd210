"""Score a bundle on clips, starting from their files: each branch alone, and all together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from mien.data.manifest import Manifest, read_manifest
from mien.errors import UsageError
from mien.evaluation.cards import OnClips, OnCorpus, clips_sha256
from mien.evaluation.metrics import Scores, scores
from mien.evaluation.verify.missing import MissingDataError
from mien.features.extractors import extractor
from mien.features.extractors.voice_embedding import encoded_speech
from mien.features.voice_windows import gives_rows
from mien.inference.bundle import Bundle
from mien.types import Clip, Features

__all__ = ["bundle_scores", "held_out", "scores_on_clips", "scores_on_corpus"]

Progress = Callable[[str, int, int], None]
Reader = Callable[[Path, float | None, float | None], Features]


def held_out(clips: Sequence[Clip]) -> tuple[Clip, ...]:
    """The clips that an official split reports on: those of val and test that have a label."""
    return tuple(c for c in clips if c.split in ("val", "test") and c.label)


def scores_on_clips(
    bundle: Bundle, wanted: Sequence[OnClips], data: Path, progress: Progress
) -> dict[object, Scores]:
    """{method: scores of the bundle}; all of one card are on the same clips.

    Raises:
        MissingDataError: the clips are neither where they were nor in the folder.
        UsageError: the bundle does not know their labels.
        MediaError: a clip cannot be read.
    """
    with _card_manifest(wanted[0], data) as manifest:
        by_branch = bundle_scores(bundle, manifest, progress)
    return {method: by_branch[method.branch] for method in wanted}


def scores_on_corpus(
    bundle: Bundle, wanted: Sequence[OnCorpus], data: Path, progress: Progress
) -> dict[object, Scores]:
    """{method: scores of the bundle}; all of one card are on the same clips.

    Raises:
        MissingDataError: the corpus is not in the folder, or holds other clips.
        MediaError: a clip cannot be read.
    """
    from mien.data.datasets import corpora
    from mien.labels import EMOTIONS

    first = wanted[0]
    try:
        corpus = corpora()[first.corpus]
        folder = corpus.folder(data)
        clips = [c for c in corpus.find(folder) if c.extra.get("modality") == first.modality]
    except UsageError as error:
        raise MissingDataError(str(error)) from None
    if clips_sha256(clips) != first.clips:
        raise MissingDataError(f"{folder}: holds other clips than the card's")
    manifest = Manifest(first.corpus, tuple(clips), EMOTIONS, folder)
    by_branch = bundle_scores(bundle, manifest, progress)
    return {method: by_branch[method.branch] for method in wanted}


def bundle_scores(
    bundle: Bundle, manifest: Manifest, progress: Progress | None = None
) -> dict[str | None, Scores]:
    """{branch: its scores alone, None: those of all together} on labelled clips.

    Every clip counts: where no branch has an answer, the commonest class of the training is taken.

    Args:
        bundle: the model.
        manifest: the clips.
        progress: called with ("clips", done, in all).
    """
    labels, clips = bundle.labels, manifest.clips
    truth = np.array([labels.index(c.label) for c in clips])
    readers = {name: _reader(bundle, name) for name in bundle.spec.streams}
    commonest = int(np.argmax([bundle.spec.prior[name] for name in labels.names]))
    systems: list[str | None] = [*bundle.spec.branches, None]
    answers = {system: np.full(len(clips), commonest) for system in systems}
    for row, clip in enumerate(clips):
        for system, answer in _answers(bundle, readers, manifest.path(clip), clip).items():
            answers[system][row] = answer
        if progress is not None:
            progress("clips", row + 1, len(clips))
    speakers = [c.speaker for c in clips]
    groups = speakers if len(set(speakers)) > 1 else None
    return {s: scores(truth, answers[s], len(labels), groups) for s in systems}


def _reader(bundle: Bundle, stream: str) -> Reader:
    """The function that reads the features of a stream."""
    spec = bundle.spec.streams[stream]
    if gives_rows(spec.extractor):
        return partial(encoded_speech, bundle, stream)
    return extractor(spec.extractor, **spec.settings).extract


def _answers(
    bundle: Bundle, readers: Mapping[str, Reader], path: Path, clip: Clip
) -> dict[str | None, int]:
    """{branch or None for the fusion: column of its answer} for one clip; no absent branches."""
    features = {name: read(path, clip.start, clip.end) for name, read in readers.items()}
    encoded = {name: gives_rows(s.extractor) for name, s in bundle.spec.streams.items()}
    outputs = {
        b: bundle.branch_output(b, features[s.stream], encoded=encoded[s.stream])
        for b, s in bundle.spec.branches.items()
    }
    columns: dict[str | None, int] = {
        b: int(bundle.alone(b, output).argmax())
        for b, output in outputs.items()
        if output is not None
    }
    fused = bundle.fuse(outputs)
    return columns if fused is None else {**columns, None: int(fused.argmax())}


@contextmanager
def _card_manifest(method: OnClips, data: Path) -> Iterator[Manifest]:
    """The clips of a card: by their table where it was or in `data`, else as the corpus has them.

    Raises:
        MissingDataError: they are not there.
    """
    tried, candidates = [], (Path(method.manifest), data / Path(method.manifest).name)
    for path in dict.fromkeys(candidates):
        if path.is_file():
            manifest = _checked_manifest(method, read_manifest(path))
            if isinstance(manifest, Manifest):
                yield manifest
                return
            tried.append(f"{path}: {manifest}")
    with TemporaryDirectory() as scratch:
        for name in method.corpora if len(method.corpora) == 1 else ():
            manifest = _corpus_manifest(method, name, data, Path(scratch))
            if isinstance(manifest, Manifest):
                yield manifest
                return
            tried.append(manifest)
    raise MissingDataError(
        "; ".join(tried) or f"there is neither {candidates[0]} nor {candidates[1]}"
    )


def _checked_manifest(method: OnClips, manifest: Manifest) -> Manifest | str:
    """The held-out clips of a table if they are those of the card, else what is wrong."""
    clips = held_out(manifest.clips)
    if clips_sha256(clips) != method.clips:
        return "holds other test clips than the card's"
    missing = [c.id for c in clips if not manifest.path(c).is_file()]
    if missing:
        return f"{len(missing)} of its files are missing, for example that of '{missing[0]}'"
    return Manifest(manifest.name, clips, manifest.labels, manifest.root)


def _corpus_manifest(method: OnClips, name: str, data: Path, scratch: Path) -> Manifest | str:
    """The held-out clips as the reader of a corpus finds them, or what is wrong."""
    from mien.data.datasets import corpora
    from mien.labels import EMOTIONS

    corpus = corpora().get(name)
    if corpus is None:
        return f"no reader of a corpus '{name}'"
    try:
        folder = corpus.folder(data)
        folder = corpus.unpack(folder, scratch) if corpus.unpack else folder
        manifest = _checked_manifest(
            method, Manifest(name, tuple(corpus.find(folder)), EMOTIONS, folder)
        )
    except UsageError as error:
        return str(error)
    return manifest if isinstance(manifest, Manifest) else f"{folder}: {manifest}"
