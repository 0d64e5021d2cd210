"""A worker: holds one bundle and analyses whole files or pieces of them."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.errors import MediaError, MienError
from mien.inference.analysis import Options, analyze
from mien.inference.bundle import load
from mien.inference.decide import decide
from mien.inference.session import Session
from mien.media import open_media
from mien.media.picture_pass import PicturePass
from mien.scale.listing import Entry
from mien.scale.pieces import (
    MARGIN,
    CannotCutError,
    JoinedMedia,
    Piece,
    SoundEvidence,
    can_be_cut,
    join_pieces,
    piece_tracks,
    plan_spans,
    sound_evidence,
)
from mien.scale.rows import rows_of
from mien.scale.storage import is_local, local, local_copy, reader
from mien.types import MediaInfo, Prediction

if TYPE_CHECKING:
    import pyarrow

_LEAST_RATE = 1000  # bytes a second of any video; smaller files are not opened to see their length

__all__ = [
    "AnalysedFile",
    "DuplicateFile",
    "FailedFile",
    "LongFilePlan",
    "Worker",
    "WorkerSettings",
]


@dataclass(frozen=True)
class WorkerSettings:
    """Settings of every worker of a run.

    Args:
        model, device, threads: as for `mien.load`.
        options: of the analysis.
        span: s of a piece of a long file; files of less than two are not cut.
    """

    model: str | None
    device: str
    threads: int
    options: Options
    span: float


@dataclass(frozen=True)
class AnalysedFile:
    """The rows of an analysed file, by table.

    Args:
        media: SHA-256 of its content.
        rows: of `mien.scale.rows.rows_of`.
        length: s of media.
        took: s of work in this call.
    """

    media: str
    rows: dict[str, pyarrow.Table]
    length: float
    took: float


@dataclass(frozen=True)
class DuplicateFile:
    """The file has the content of one that is in work or done already."""

    media: str


@dataclass(frozen=True)
class LongFilePlan:
    """The file is to be read in pieces; spans in s."""

    media: str
    info: MediaInfo
    spans: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class FailedFile:
    """A file without an answer; one line says why."""

    reason: str


class Worker:
    """Reads and analyses; used as an actor of Ray, and just as well without it.

    Args:
        work: what to do.
        claims: an actor of `mien.scale.claims.ClaimRegistry`; None treats every file as new.
    """

    def __init__(self, work: WorkerSettings, claims: Any = None) -> None:
        import cv2

        cv2.setNumThreads(work.threads)
        self._settings, self._claims = work, claims
        self._bundle = load(work.model, work.threads, work.device)
        Session(self._bundle)  # reads the detectors now

    def ready(self) -> int:
        """The number of the process."""
        return os.getpid()

    def process(
        self, entry: Entry, anyway: bool, whole: bool
    ) -> AnalysedFile | DuplicateFile | LongFilePlan | FailedFile:
        """Analyse a file, or return why it is not analysed at once.

        Args:
            entry: the file.
            anyway: also if its content is known.
            whole: also if it is long.
        """
        began = time.monotonic()
        try:
            with local_copy(entry.address) as (path, media):
                if not anyway and not self._is_first(media, entry):
                    return DuplicateFile(media)
                if not whole and (cut := self._cut_plan(path, media)) is not None:
                    return cut
                p = analyze(path, model=self._bundle, options=self._settings.options)
            return _answer(p, began)
        except Exception as error:  # thousands of other files are waiting
            return FailedFile(_reason(entry, error))

    def piece(self, entry: Entry, start: float, end: float) -> Piece | FailedFile:
        """The evidence of the pictures of [start, end) s."""
        try:
            return self._piece(entry, start, end)
        except Exception as error:
            return FailedFile(_reason(entry, error))

    def sound(self, entry: Entry) -> SoundEvidence | FailedFile:
        """The evidence of all of the sound."""
        try:
            session = Session(self._bundle)
            with ExitStack() as stack:
                path, _ = stack.enter_context(local_copy(entry.address))
                media = stack.enter_context(
                    open_media(
                        path,
                        pictures=False,
                        threads=self._settings.threads,
                        tracks=self._settings.options.tracks,
                    )
                )
                for chunk in media.chunks():
                    session.push_sound(chunk.sound, chunk.sound_start)
                session.finish()
                if media.problems:
                    raise MediaError(media.problems[0].message)
                return sound_evidence(session, media.seen)
        except Exception as error:
            return FailedFile(_reason(entry, error))

    def join(
        self, entry: Entry, cut: LongFilePlan, pieces: Sequence[Piece], sound: SoundEvidence | None
    ) -> AnalysedFile | FailedFile:
        """The answer for a file that was read in pieces."""
        began = time.monotonic()
        try:
            kept = self._settings.options.keep_tracks
            session = join_pieces(self._bundle, pieces, sound, keep_tracks=kept)
            seen = max(piece.seen for piece in pieces)
            seen = seen if sound is None else max(seen, sound.seen)
            if (cut.info.duration or 0) - seen > 0.3:
                raise CannotCutError("the file is shorter than its header says")
            window = self._settings.options.window
            whole = JoinedMedia(cut.info, seen, choice=self._settings.options.tracks)
            p = decide(session, whole, self._bundle, cut.media, window, ())
            return _answer(p, began)
        except Exception as error:
            return FailedFile(_reason(entry, error))

    def _is_first(self, media: str, entry: Entry) -> bool:
        if self._claims is None:
            return True
        import ray

        return bool(ray.get(self._claims.claim.remote(media, entry.address)))

    def _cut_plan(self, path: Path, media: str) -> LongFilePlan | None:
        options, span = self._settings.options, self._settings.span
        if path.stat().st_size < 2 * span * _LEAST_RATE:
            return None
        with open_media(
            path, fps=self._fps, max_side=options.max_side, tracks=options.tracks
        ) as opened:
            if not can_be_cut(opened, self._bundle, options.people, span):
                return None
            return LongFilePlan(
                media, opened.info, tuple(plan_spans(opened.info.duration or 0, span))
            )

    def _piece(self, entry: Entry, start: float, end: float) -> Piece:
        options = self._settings.options
        session = Session(self._bundle, identify="never" if options.keep_tracks else "later")
        within_span = [0.0, 0.0]
        first = max(0.0, start - MARGIN)
        with _open(entry) as stream:
            name, until = entry.address, end + MARGIN
            threads = self._settings.threads
            pictures = PicturePass(stream, name, first, until, self._fps, options.max_side, threads)
            for chunk in pictures.chunks():
                before = session.frames, session.brightness
                session.push_frames(chunk.frames, chunk.times, chunk.scale, chunk.zoom)
                if start <= chunk.times[0] < end:
                    within_span[0] += session.frames - before[0]
                    within_span[1] += session.brightness - before[1]
            session.finish()
        tracks, scene = piece_tracks(session, start, end)
        return Piece(start, end, tracks, scene, int(within_span[0]), within_span[1], pictures.seen)

    @property
    def _fps(self) -> float:
        return self._settings.options.fps or self._bundle.fps


def _open(entry: Entry) -> Any:
    """Open a file; of a remote one, only what is read is transferred."""
    try:
        return local(entry.address).open("rb") if is_local(entry.address) else reader(entry.address)
    except OSError as error:
        raise MediaError(f"{entry.address}: cannot be read ({error.strerror})") from None


def _answer(p: Prediction, began: float) -> AnalysedFile:
    length = float(p.source["duration"])
    took = time.monotonic() - began
    return AnalysedFile(str(p.source["sha256"]), rows_of(p), length, took)


def _reason(entry: Entry, error: Exception) -> str:
    """One line that names the file."""
    if isinstance(error, MemoryError):
        return f"{entry.address}: not enough memory"
    text = (str(error) or type(error).__name__).splitlines()[0]
    if not isinstance(error, MienError):
        text = f"{type(error).__name__}: {text}"
    return text if entry.address in text else f"{entry.address}: {text}"
