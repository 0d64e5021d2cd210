"""Long files in pieces: the evidence of one piece, and how pieces are joined.

The sound is heard in one piece, because a detector of speech never quite forgets; it costs little.
Pictures are cut. A piece starts `MARGIN` before its span and ends as much after it, so that
tracks, smoothing and cuts of the shot are within the span as in the uncut file; what it found
outside the span is used only to see which tracks of two neighbours are one face. Where neighbours
do not agree about what they both saw, the pieces are not joined, and the file is read whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mien.errors import MienError
from mien.faces.people.looks import Looks
from mien.features.voice_windows import KINDS
from mien.features.windows import GRID, WindowStats
from mien.inference.bundle import Bundle
from mien.inference.evidence import GridStats
from mien.inference.range_monitor import FaceRangeMonitor, SoundRangeMonitor
from mien.inference.session import Session, Track
from mien.inference.speaking.mouth import MouthMotion
from mien.inference.speaking.sound import SpokenSound
from mien.inference.stillness import FaceMotion
from mien.media import Media, TrackChoice
from mien.media.mix import Levels
from mien.types import MediaInfo, Reason

__all__ = [
    "MARGIN",
    "CannotCutError",
    "JoinedMedia",
    "Piece",
    "PieceTrack",
    "SoundEvidence",
    "can_be_cut",
    "join_pieces",
    "piece_tracks",
    "plan_spans",
    "sound_evidence",
]

MARGIN = 8.0
"""Seconds that a piece sees of its neighbours: a face may be unseen for 1 s and needs 3 sights."""
_AROUND = 1.0  # s on both sides of a cut, where neighbours have to agree
_SAME = 0.05  # px between two boxes of one sight

Cells = dict[str, dict[int, WindowStats]]
"""{branch: {cell: statistics}}."""


class CannotCutError(MienError):
    """A file that has to be read in one piece; the message says why."""


@dataclass(frozen=True)
class PieceTrack:
    """One track of a piece.

    Args:
        times: (N,) seconds, margins included.
        boxes: (N,4) pixels of the original.
        sides: (N,) of the boxes, as in `Track`.
        cells, watch, motion, mouth, looks: what was found within the span; of the looks portraits,
            which become embeddings only where the parts are joined.
        thumbnail, best: its portrait, and how good that is.
    """

    times: NDArray[np.float64]
    boxes: NDArray[np.float32]
    sides: NDArray[np.float64]
    cells: Cells
    watch: FaceRangeMonitor
    motion: FaceMotion
    mouth: MouthMotion
    looks: Looks
    thumbnail: bytes
    best: float


@dataclass(frozen=True)
class Piece:
    """Evidence of the pictures of [start, end) in seconds; `scene` as `PieceTrack.cells`.

    Args:
        start, end: of the span; the last one ends at infinity.
        tracks: faces in order of their first sight, margins included.
        scene: of branches that see whole frames.
        frames, brightness: as in `Session`, of the span.
        seen: seconds up to which the file was read.
    """

    start: float
    end: float
    tracks: tuple[PieceTrack, ...]
    scene: Cells
    frames: int
    brightness: float
    seen: float


@dataclass(frozen=True)
class SoundEvidence:
    """Evidence of the whole sound; attributes as in `Session` and `Media`."""

    cells: Cells
    watch: SoundRangeMonitor
    sound: SpokenSound
    heard: float = 0.0
    loudest: float = 0.0
    seen: float = 0.0


@dataclass(frozen=True)
class JoinedMedia:
    """A file that was read in pieces, for `mien.inference.decide`."""

    info: MediaInfo
    seen: float
    complete: bool = True
    problems: Sequence[Reason] = ()
    choice: TrackChoice = field(default_factory=TrackChoice)
    levels: Levels = field(default_factory=dict)


def can_be_cut(media: Media, bundle: Bundle, people: int | None, span: float) -> bool:
    """Whether a file, just opened, is long enough to cut and may be cut.

    It may not where something is wrong with it, where it has several tracks of a kind or a channel
    for each person, where the model looks at more than single pictures, or where only so many
    people are followed: which ones depends on all that was before.
    """
    info, streams = media.info, bundle.spec.streams
    merges = all(s.window == 1 for name, s in streams.items() if s.modality != "voice")
    merges &= all(
        isinstance(stats, GridStats)
        for modality in ("face", "frame", "voice")
        for stats in bundle.evidence(modality).values()
    )
    merges &= all(s.extractor in KINDS for s in streams.values() if s.modality == "voice")
    alone = all(track.number == 1 for track in info.tracks) and media.choice.channel != "person"
    sound = alone and info.audio_codec != "unknown"
    timed = info.kind == "video" and info.container != "avi" and not media.problems
    long = (info.duration or 0) >= 2 * span
    return merges and people is None and timed and sound and long and bool(bundle.spec.pictures)


def plan_spans(duration: float, span: float) -> Iterator[tuple[float, float]]:
    """Spans of about `span` s, a multiple of 2 s each; the last one ends at infinity."""
    count = max(1, round(duration / span))
    step = max(2.0, round(duration / count / 2) * 2.0)
    for number in range(count):
        yield number * step, (number + 1) * step if number < count - 1 else np.inf


def piece_tracks(
    session: Session, start: float, end: float
) -> tuple[tuple[PieceTrack, ...], Cells]:
    """The tracks and the scene of a session that saw [start, end) and the margins."""
    tracks = sorted(session.tracks.values(), key=lambda t: (t.times[0], t.id))
    sights = tuple(
        PieceTrack(
            np.array(t.times),
            np.stack(t.boxes),
            np.array(t.sides),
            _cells(t.evidence, start, end),
            t.watch.between(start, end),
            t.motion.between(start, end),
            t.mouth.between(start, end),
            t.looks.between(start, end),
            t.thumbnail,
            t.best,
        )
        for t in tracks
    )
    return sights, _cells(session.scene, start, end)


def sound_evidence(session: Session, seen: float) -> SoundEvidence:
    """The evidence of a session that was given all of the sound."""
    cells = _cells(session.voice, 0.0, np.inf)
    return SoundEvidence(cells, session.watch, session.sound, session.heard, session.loudest, seen)


def _cells(evidence: object, start: float, end: float) -> Cells:
    assert isinstance(evidence, dict)
    result: Cells = {}
    for branch, grid in evidence.items():
        assert isinstance(grid, GridStats)
        result[branch] = {
            cell: stats for cell, stats in grid.cells.items() if start <= cell * GRID < end
        }
    return result


def join_pieces(
    bundle: Bundle,
    pieces: Sequence[Piece],
    sound: SoundEvidence | None,
    *,
    keep_tracks: bool = False,
) -> Session:
    """One session with the evidence of all pieces; `sound` is None without sound.

    Args:
        bundle: the model.
        pieces, heard: of the file.
        keep_tracks: as in `mien.inference.analysis.Options`.

    Raises:
        CannotCutError: neighbouring pieces do not agree about what they both saw.
    """
    session = Session(bundle, identify="never" if keep_tracks else "now")
    before: list[Track | None] = []
    for number, piece in enumerate(pieces):
        links = _matched_tracks(pieces[number - 1], piece) if number else {}
        tracks = [
            _continued_track(session, sights, before[links[k]] if k in links else None, piece)
            for k, sights in enumerate(piece.tracks)
        ]
        before = tracks
        session.frames += piece.frames
        session.brightness += piece.brightness
        _update_cells(session.scene, piece.scene)
    session.identify()
    if sound is not None:
        _update_cells(session.voice, sound.cells)
        session.heard, session.loudest, session.watch = sound.heard, sound.loudest, sound.watch
        session.sound = sound.sound
    return session


def _continued_track(
    session: Session, sights: PieceTrack, track: Track | None, piece: Piece
) -> Track | None:
    """The track with the detections of one more piece; None where it has none in the span."""
    in_span = (sights.times >= piece.start) & (sights.times < piece.end)
    if not in_span.any():
        return track
    if track is None:
        track = session.track(len(session.tracks))
    track.times.extend(sights.times[in_span].tolist())
    track.boxes.extend(sights.boxes[in_span])
    track.sides.extend(sights.sides[in_span].tolist())
    _update_cells(track.evidence, sights.cells)
    track.watch.join(sights.watch)
    track.motion.join(sights.motion)
    track.mouth.join(sights.mouth)
    track.looks.join(sights.looks)
    if sights.best > track.best * 1.1:
        track.best, track.thumbnail = sights.best, sights.thumbnail
    return track


def _update_cells(evidence: object, cells: Cells) -> None:
    assert isinstance(evidence, dict)
    for branch, stats in cells.items():
        evidence[branch].cells.update(stats)


def _matched_tracks(left: Piece, right: Piece) -> dict[int, int]:
    """{track of the right piece: the track of the left one that is the same face}."""
    cut = right.start
    seen = [_detections_around(piece, cut) for piece in (left, right)]
    if len(seen[0]) != len(seen[1]):
        raise CannotCutError(f"the pieces at {cut:g} s do not agree about what is seen")
    links: dict[int, int] = {}
    for time, box, track in seen[1]:
        near = [
            other
            for t, b, other in seen[0]
            if abs(t - time) < 1e-6 and float(np.abs(b - box).max()) < _SAME
        ]
        if not near or links.setdefault(track, near[0]) != near[0]:
            raise CannotCutError(f"the pieces at {cut:g} s do not agree about the tracks")
    if len(set(links.values())) != len(links):
        raise CannotCutError(f"the pieces at {cut:g} s do not agree about the tracks")
    return links


def _detections_around(piece: Piece, cut: float) -> list[tuple[float, NDArray[np.float32], int]]:
    return [
        (float(time), box, number)
        for number, track in enumerate(piece.tracks)
        for time, box in zip(track.times, track.boxes, strict=True)
        if abs(time - cut) <= _AROUND
    ]
