"""One file or stream on its way through the branches: frames and sound in, grids of scores out.

`mien.analyze` (a file) and `mien.Live` (a camera and a microphone) both feed a `Session`, so that
there is one path from pixels and samples to scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.bundle import Bundle, FaceSpec
from mien.evidence import SpanRows, SpanSound
from mien.faces.detector import Detections, detector
from mien.faces.finder import FaceFinder
from mien.features.voice_windows import VoiceWindows
from mien.types import FaceChunk
from mien.windows import Grid

__all__ = ["Session", "Track"]

_VOICE_CENTRE = 1.0  # s from the start of a voice window to its middle
_RECENT = 8  # frames at hand for thumbnails; a face is final some frames after it was seen
_THUMBNAIL = 128  # px


@dataclass
class Track:
    """What is kept of one face over time: scores on the grid, boxes, the best look."""

    id: int
    grid: Grid | SpanRows
    times: list[float] = field(default_factory=list)
    boxes: list[NDArray[np.float32]] = field(default_factory=list)
    thumbnail: bytes = b""
    best: float = 0.0

    @property
    def side(self) -> float:
        """Median side of the boxes in pixels of the original."""
        boxes = np.array(self.boxes)
        return float(np.median(np.sqrt((boxes[:, 2:] - boxes[:, :2]).prod(1))))


class Session:
    """Takes frames and sound in the order of time and keeps scores, never pixels or samples.

    Args:
        bundle: the model.
        max_people: follow at most so many faces at once; None is all.
        faces, voice: which branches to run.
    """

    def __init__(
        self,
        bundle: Bundle,
        *,
        max_people: int | None = None,
        faces: bool = True,
        voice: bool = True,
    ) -> None:
        self.bundle = bundle
        self.voice = bundle.voice_evidence()
        self.tracks: dict[int, Track] = {}
        self.frames = 0
        self.brightness = 0.0
        self.loudest = 0.0
        self.heard = 0.0
        face = bundle.spec.face if faces else None
        self._faces = None if face is None else self._finder(face, max_people)
        hears = voice and bundle.spec.voice is not None and isinstance(self.voice, Grid)
        self._windows = VoiceWindows() if hears else None
        self._recent: list[tuple[float, NDArray[np.uint8]]] = []

    def _finder(self, face: FaceSpec, max_people: int | None) -> FaceFinder:
        return FaceFinder(
            detector(face.detector),
            crop_size=face.crop_size,
            max_people=max_people,
            threads=self.bundle.threads,
        )

    def search(self, frames: Sequence[NDArray[np.uint8]]) -> Iterable[Detections] | None:
        """Begin to look for faces in frames before their turn has come to be pushed."""
        return None if self._faces is None else self._faces.search(frames)

    def push_frames(
        self,
        frames: Sequence[NDArray[np.uint8]],
        times: NDArray[np.float64],
        scale: float = 1.0,
        found: Iterable[Detections] | None = None,
    ) -> None:
        """Take consecutive frames, each (H,W,3) uint8 RGB, with their times in seconds.

        Args:
            frames: upright pictures.
            times: (T,) seconds, rising.
            scale: pixels of the original for one pixel of the frames.
            found: what `search` gave for these frames.
        """
        self.frames += len(frames)
        self.brightness += sum(float(frame[::8, ::8].mean()) for frame in frames)
        if self._faces is None:
            return
        self._recent += zip(times.tolist(), frames, strict=True)
        self._take(self._faces.push(frames, times, found), scale)
        del self._recent[:-_RECENT]

    def push_sound(self, sound: NDArray[np.float32], start: float) -> None:
        """Take (N,) float32 mono at 16 kHz that starts at `start` seconds."""
        if not len(sound):
            return
        self.heard += len(sound) / 16_000
        self.loudest = max(self.loudest, float(np.abs(sound).max()))
        if isinstance(self.voice, SpanSound):
            self.voice.push(sound, start)
        elif self._windows is not None:
            self._hear(self._windows.push(sound, start))

    def finish(self, scale: float = 1.0) -> None:
        """Score what was still waiting for its surroundings."""
        if self._faces is not None:
            self._take(self._faces.finish(), scale)
        if self._windows is not None:
            self._hear(self._windows.finish())

    def forget(self, before: int) -> None:
        """Drop cells before cell number `before`, and tracks that have none left (`mien.Live`)."""
        for track in list(self.tracks.values()):
            track.grid.forget(before)
            del track.times[:-_RECENT], track.boxes[:-_RECENT]
            if not track.grid.cells:
                del self.tracks[track.id]

    def _hear(self, windows: Sequence[tuple[float, NDArray[np.float32]]]) -> None:
        if not windows:
            return
        assert isinstance(self.voice, Grid)
        times = np.array([start + _VOICE_CENTRE for start, _ in windows])
        self.voice.add(times, self.bundle.voice_log_probs([w for _, w in windows]))

    def _take(self, chunk: FaceChunk, scale: float) -> None:
        rows = self.bundle.face_rows(chunk.crops)
        for number in np.unique(chunk.ids):
            mine = chunk.where(chunk.ids == number)
            new = Track(int(number), self.bundle.face_evidence())
            track = self.tracks.setdefault(int(number), new)
            track.grid.add(mine.times, rows[chunk.ids == number])
            track.times.extend(mine.times.tolist())
            track.boxes.extend(mine.boxes * np.float32(scale))
            self._look(track, mine)

    def _look(self, track: Track, mine: FaceChunk) -> None:
        """Keep a large, certain sight of the face as its thumbnail."""
        sides = np.sqrt((mine.boxes[:, 2:] - mine.boxes[:, :2]).prod(1))
        best = int(np.argmax(sides * mine.scores))
        value = float(sides[best] * mine.scores[best])
        frames = [frame for time, frame in self._recent if time == mine.times[best]]
        if frames and value > track.best * 1.1:
            track.best, track.thumbnail = value, _portrait(frames[0], mine.boxes[best])


def _portrait(frame: NDArray[np.uint8], box: NDArray[np.float32]) -> bytes:
    """The face with some surroundings as a square JPEG."""
    side = float(max(box[2] - box[0], box[3] - box[1])) * 1.5
    centre = (float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2)
    patch = cv2.getRectSubPix(frame, (max(2, round(side)),) * 2, centre)
    how = cv2.INTER_AREA if side > _THUMBNAIL else cv2.INTER_CUBIC
    picture = cv2.resize(patch, (_THUMBNAIL, _THUMBNAIL), interpolation=how)
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
