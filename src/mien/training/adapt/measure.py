"""What the branches of a bundle say and go by in stretches of a file, decoded once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.core.opencv import one_thread
from mien.core.runtime import session
from mien.errors import MediaError
from mien.faces.finder import main_track
from mien.features.windows import merged
from mien.inference.aggregation import BranchOutput
from mien.inference.analysis import CHUNK, Options
from mien.inference.bundle import Bundle
from mien.inference.evidence import Evidence, GridStats, SpanRows
from mien.inference.session import Session
from mien.inference.stillness import candidates
from mien.media import RATE, Media, open_media
from mien.types import MediaChunk

__all__ = ["BranchEvidence", "ClipEvidence", "Collecting", "Stretch", "measure", "outputs_of"]

Doubles = NDArray[np.float64]
Stretch = tuple[float | None, float | None]


@dataclass(frozen=True)
class BranchEvidence:
    """One branch in one clip.

    Args:
        said: (C,) log-probabilities, as the bundle pools them.
        linear: (C,) mean of the log-probabilities of its rows; None where rows have none.
        rows: (E,) mean of the embeddings of its rows; None where it has none.
    """

    said: Doubles
    linear: Doubles | None
    rows: Doubles | None


@dataclass(frozen=True)
class ClipEvidence:
    """What is known of one clip.

    Args:
        branches: {branch: its part}, of those that are present.
        together: (C,) probabilities that the bundle answers; None without any branch.
        decoded: whether there is any picture or sound in it.
    """

    branches: Mapping[str, BranchEvidence]
    together: Doubles | None
    decoded: bool = True

    @property
    def present(self) -> str:
        """The branches that have something to say, as temperatures are named."""
        return "+".join(sorted(self.branches))


def outputs_of(bundle: Bundle, stream: str) -> frozenset[str]:
    """Which of "embedding" and "log_probs" the encoder of a stream gives."""
    encoder = bundle.spec.streams[stream].encoder
    if encoder is None:
        return frozenset({"embedding"})  # the measurements themselves
    return frozenset(output.name for output in session(bundle.path / encoder, 1).get_outputs())


class Collected(GridStats):
    """Statistics of all columns of the rows, beside what a branch says of them.

    Args:
        inner: the branch's own evidence.
    """

    def __init__(self, inner: GridStats | SpanRows) -> None:
        super().__init__(lambda stats: BranchOutput(stats.mean, stats.n))
        self.inner = inner

    def add(self, times: Doubles, rows: NDArray[np.float32]) -> None:
        """Take rows (N,D) with times (N,) in seconds."""
        super().add(times, rows)
        self.inner.add(times, rows)

    def all(self) -> BranchOutput | None:
        """What the branch says; None of less than enough rows."""
        return self.inner.all()


class Collecting(Bundle):
    """A bundle that keeps what its branches go by."""

    def __init__(self, path: Path, device: str = "cpu") -> None:
        super().__init__(path, threads=1, device=device)
        self.outputs = {name: outputs_of(self, name) for name in self.spec.streams}

    def evidence(self, modality: str) -> dict[str, GridStats | SpanRows]:
        """An empty place for the rows of each branch of a modality."""
        return {b: Collected(inner) for b, inner in super().evidence(modality).items()}

    def encode(
        self,
        stream: str,
        rows: NDArray[np.generic],
        *,
        whole: bool = True,  # noqa: ARG002  (always)
    ) -> NDArray[np.float32]:
        """Rows (N,...) of a stream -> (N,D+C) embeddings and log-probabilities."""
        return super().encode(stream, rows, whole=True)

    def parted(self, branch: str, mean: Doubles) -> tuple[Doubles | None, Doubles | None]:
        """Mean rows (D+C,) as embedding (D,) and log-probabilities (C,)."""
        outputs, classes = self.outputs[self.spec.branches[branch].stream], len(self.labels)
        if "log_probs" not in outputs:
            return mean, None
        embedding = mean[:-classes] if "embedding" in outputs else None
        return embedding, mean[-classes:]


def measure(bundle: Collecting, path: Path, stretches: Sequence[Stretch]) -> list[ClipEvidence]:
    """Stretches of a file, each as `mien.analyze` would see it if it were a file of its own.

    Args:
        bundle: the model.
        path: a video, a sound or a picture.
        stretches: (start, end) in s; None is the start and the end of the file.

    Raises:
        MediaError: it cannot be read.
    """
    evidence: dict[int, ClipEvidence] = {}
    open_ones: dict[int, Session] = {}
    with (
        one_thread(),
        open_media(
            path, fps=bundle.fps, max_side=Options.max_side, chunk=CHUNK, threads=1
        ) as media,
    ):
        for chunk, passed in _passing(media):
            for number, (start, end) in enumerate(stretches):
                piece = _within(chunk, start, end)
                if len(piece.times) or len(piece.sound):
                    _feed(open_ones.setdefault(number, Session(bundle)), piece)
                elif end is not None and passed >= end and number in open_ones:
                    evidence[number] = _finished(open_ones.pop(number), bundle)
            if all(end is not None and passed >= end for _, end in stretches):
                break
        if not media.seen and not open_ones and not evidence:
            raise MediaError(f"{path}: nothing in it could be decoded; is it damaged?")
    evidence |= {
        number: _finished(clip_session, bundle) for number, clip_session in open_ones.items()
    }
    return [evidence.get(number, ClipEvidence({}, None, False)) for number in range(len(stretches))]


def _passing(media: Media) -> Iterator[tuple[MediaChunk, float]]:
    """Chunks, and the time up to which picture and sound both have been given."""
    seen = heard = 0.0
    for chunk in media.chunks():
        seen = max([seen, *chunk.times.tolist()])
        heard = max(heard, chunk.sound_start + len(chunk.sound) / RATE)
        silent, blind = media.info.audio_codec is None, media.info.video_codec is None
        yield chunk, seen if silent else heard if blind else min(seen, heard)


def _within(chunk: MediaChunk, start: float | None, end: float | None) -> MediaChunk:
    """The part of a chunk in [start, end), in time from the start on."""
    if start is None and end is None:
        return chunk
    first, last = start or 0.0, np.inf if end is None else end
    chosen = slice(*np.searchsorted(chunk.times, [first, last]).tolist())
    edges = (np.array([first, last]) - chunk.sound_start) * RATE
    low, high = np.ceil(np.clip(edges - 1e-6, 0, len(chunk.sound))).astype(int).tolist()
    return replace(
        chunk,
        frames=chunk.frames[chosen],
        times=chunk.times[chosen] - first,
        sound=chunk.sound[low:high],
        sound_start=chunk.sound_start + low / RATE - first,
    )


def _feed(clip_session: Session, chunk: MediaChunk) -> None:
    clip_session.push_frames(chunk.frames, chunk.times, chunk.scale, chunk.zoom)
    clip_session.push_sound(chunk.sound, chunk.sound_start)


def _finished(clip_session: Session, bundle: Collecting) -> ClipEvidence:
    """What a session found: of its main person, its voice and its pictures."""
    clip_session.finish()
    parts: dict[str, Evidence] = {
        **clip_session.voice,
        **clip_session.scene,
        **_main_face(clip_session),
    }
    answers = {branch: part.all() for branch, part in parts.items()}
    branches = {}
    for branch, answer in answers.items():
        if answer is not None:
            part = parts[branch]
            stats = merged(part.cells.values()) if isinstance(part, Collected) else None
            rows, linear = (None, None) if stats is None else bundle.parted(branch, stats.mean)
            branches[branch] = BranchEvidence(answer.mean, linear, rows)
    return ClipEvidence(branches, bundle.fuse(answers))


def _main_face(clip_session: Session) -> Mapping[str, GridStats | SpanRows]:
    """The evidence of the track that a clip's answer is about."""
    tracks = candidates(list(clip_session.tracks.values()))
    if not tracks:
        return {}
    ids = np.concatenate([np.full(len(t.times), t.id) for t in tracks])
    times = np.concatenate([np.array(t.times) for t in tracks])
    main = main_track(ids, times, np.concatenate([np.stack(t.boxes) for t in tracks]))
    return next(t.evidence for t in tracks if t.id == main)
