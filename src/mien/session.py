"""One file or stream on its way through the branches: frames and sound in, evidence out.

`mien.analyze` (a file) and `mien.Live` (a camera and a microphone) both feed a `Session`, so that
there is one path from pixels and samples to scores.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.bundle import Bundle, StreamSpec
from mien.evidence import Evidence, RowWindows, SpanRows, SpanSound
from mien.extract.catalog import extractor
from mien.extract.extractor import Hearing
from mien.extract.faces import Faces
from mien.extract.frames import Frames
from mien.faces.detector import Detections
from mien.features.voice_windows import MIDDLE, VoiceWindows
from mien.media import RATE
from mien.reading import Said
from mien.types import FaceChunk
from mien.windows import Grid

__all__ = ["Session", "Track"]

_RECENT = 8  # frames at hand for thumbnails; a face is final some frames after it was seen
_THUMBNAIL = 128  # px
_GONE = 2.0  # s without a sight after which a face is not waited for

Pictures = NDArray[np.uint8]
Seconds = NDArray[np.float64]


@dataclass
class Track:
    """What is kept of one face over time: what each branch found, boxes, the best look."""

    id: int
    evidence: dict[str, Grid | SpanRows]
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
    """Takes frames and sound in the order of time and keeps scores and rows.

    Pixels are kept only while a window of them is incomplete; sound is kept where a branch of the
    bundle has to hear a whole span.

    Args:
        bundle: the model.
        max_people: follow at most so many faces at once; None is all.
    """

    def __init__(self, bundle: Bundle, *, max_people: int | None = None) -> None:
        self.bundle = bundle
        self.tracks: dict[int, Track] = {}
        self.scene: dict[str, Grid | SpanRows] = bundle.evidence("frame")
        self.voice: dict[str, Evidence] = {}
        self.frames = 0
        self.brightness = 0.0
        self.loudest = 0.0
        self.heard = 0.0
        streams = bundle.spec.streams
        self._finders = {
            name: _faces(spec).finder(max_people, bundle.threads)
            for name, spec in streams.items()
            if spec.modality == "face"
        }
        self._eyes = {name: _eye(s) for name, s in streams.items() if s.modality == "frame"}
        self._cutters = {
            name: VoiceWindows() for name, s in streams.items() if s.extractor == "log_mel"
        }
        self._cuts: dict[tuple[str, int], RowWindows] = {}
        for branch, evidence in bundle.evidence("voice").items():
            stream = bundle.spec.branches[branch].stream
            merges = stream in self._cutters
            self.voice[branch] = evidence if merges else self._hearing(branch, stream)
        self._recent: list[tuple[float, Pictures]] = []

    def _hearing(self, branch: str, stream: str) -> SpanSound:
        """For a branch that hears a span as a whole."""
        spec = self.bundle.spec.streams[stream]
        ear = extractor(spec.extractor, **spec.settings)
        assert isinstance(ear, Hearing)

        def read(sound: NDArray[np.float32]) -> Said | None:
            found = ear.hear(sound, 0.0)
            rows, times = found.values[found.valid], found.times[found.valid]
            if not len(rows):
                return None
            return self.bundle.read(branch, self.bundle.encode(stream, rows), times)

        return SpanSound(read)

    def search(self, frames: Sequence[Pictures]) -> Iterable[Detections] | None:
        """Begin to look for faces in frames before their turn has come to be pushed."""
        finder = next(iter(self._finders.values()), None)
        return None if finder is None else finder.search(frames)

    def push_frames(
        self,
        frames: Sequence[Pictures],
        times: Seconds,
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
        self._look_at_all(frames, times)
        if not self._finders:
            return
        seen = list(self.search(frames) or () if found is None else found)
        self._recent += zip(times.tolist(), frames, strict=True)
        for number, (name, finder) in enumerate(self._finders.items()):
            self._take(name, finder.push(frames, times, seen), scale, number == 0)
        del self._recent[:-_RECENT]
        if len(times):
            self._close(float(times[-1]) - _GONE)

    def seen(self) -> dict[int, NDArray[np.float32]]:
        """Track number and box (4,) of each face in the last frame, in pixels of that frame."""
        finder = next(iter(self._finders.values()), None)
        return {} if finder is None else finder.seen()

    def push_sound(self, sound: NDArray[np.float32], start: float) -> None:
        """Take (N,) float32 mono at 16 kHz that starts at `start` seconds."""
        if not len(sound):
            return
        self.heard += len(sound) / RATE
        self.loudest = max(self.loudest, float(np.abs(sound).max()))
        for evidence in self.voice.values():
            if isinstance(evidence, SpanSound):
                evidence.push(sound, start)
        for name, cutter in self._cutters.items():
            self._hear(name, cutter.push(sound, start))

    def finish(self, scale: float = 1.0) -> None:
        """Score what was still waiting for its surroundings."""
        for number, (name, finder) in enumerate(self._finders.items()):
            self._take(name, finder.finish(), scale, number == 0)
        self._close(np.inf)
        for name, cutter in self._cutters.items():
            self._hear(name, cutter.finish())

    def forget(self, before: int) -> None:
        """Drop cells before cell number `before`, and tracks that have none left (`mien.Live`)."""
        for evidence in (*self.voice.values(), *self.scene.values()):
            evidence.forget(before)
        for track in list(self.tracks.values()):
            for evidence in track.evidence.values():
                evidence.forget(before)
            del track.times[:-_RECENT], track.boxes[:-_RECENT]
            if not any(evidence.cells for evidence in track.evidence.values()):
                del self.tracks[track.id]

    def _hear(self, stream: str, windows: Sequence[tuple[float, NDArray[np.float32]]]) -> None:
        if not windows:
            return
        times = np.array([start + MIDDLE for start, _ in windows])
        rows = self.bundle.encode(stream, np.stack([w for _, w in windows]))
        self._add(stream, self.voice, times, rows)

    def _look_at_all(self, frames: Sequence[Pictures], times: Seconds) -> None:
        """Whole frames, for the branches that see the body too."""
        for name, eye in self._eyes.items():
            if len(frames):
                rows = np.stack([eye.look(frame) for frame in frames])
                self._pass_on(name, -1, rows, times, self.scene)

    def _take(self, stream: str, chunk: FaceChunk, scale: float, first: bool) -> None:
        """Rows of one stream's faces; the first stream also keeps where they were."""
        simple = self.bundle.spec.streams[stream].window == 1
        encoded = self.bundle.encode(stream, chunk.crops) if simple else None
        for number in np.unique(chunk.ids).tolist():
            rows = chunk.ids == number
            mine = chunk.where(rows)
            if number not in self.tracks:
                self.tracks[number] = Track(number, self.bundle.evidence("face"))
            track = self.tracks[number]
            if encoded is None:
                self._pass_on(stream, number, mine.crops, mine.times, track.evidence)
            else:
                self._add(stream, track.evidence, mine.times, encoded[rows])
            if first:
                track.times.extend(mine.times.tolist())
                track.boxes.extend(mine.boxes * np.float32(scale))
                self._look(track, mine)

    def _pass_on(
        self,
        stream: str,
        number: int,
        rows: Pictures,
        times: Seconds,
        evidence: dict[str, Grid | SpanRows],
    ) -> None:
        """Rows through the encoder, one by one or as soon as a window of them is whole."""
        spec = self.bundle.spec.streams[stream]
        if spec.window == 1:
            self._add(stream, evidence, times, self.bundle.encode(stream, rows))
            return
        cut = self._cuts.setdefault((stream, number), RowWindows(spec.window, spec.stride))
        windows, middles = cut.push(rows, times)
        if windows:
            self._add(stream, evidence, np.array(middles), self._encoded(stream, windows))

    def _close(self, before: float) -> None:
        """Finish the windows of faces that were not seen for a while."""
        for (stream, number), cut in list(self._cuts.items()):
            if cut.last >= before:
                continue
            del self._cuts[stream, number]
            windows, middles = cut.finish()
            evidence = self.scene if number < 0 else self.tracks[number].evidence
            if windows:
                self._add(stream, evidence, np.array(middles), self._encoded(stream, windows))

    def _encoded(self, stream: str, windows: Sequence[Pictures]) -> NDArray[np.float32]:
        return self.bundle.encode(stream, np.stack(windows))

    def _add(
        self,
        stream: str,
        evidence: dict[str, Grid | SpanRows] | dict[str, Evidence],
        times: Seconds,
        rows: NDArray[np.float32],
    ) -> None:
        """Rows of a stream for every branch that goes by them."""
        for branch, place in evidence.items():
            if self.bundle.spec.branches[branch].stream != stream:
                continue
            if isinstance(place, Grid):
                place.add(times, rows[:, -len(self.bundle.labels) :])
            elif isinstance(place, SpanRows):
                place.add(times, rows)

    def _look(self, track: Track, mine: FaceChunk) -> None:
        """Keep a large, certain sight of the face as its thumbnail."""
        sides = np.sqrt((mine.boxes[:, 2:] - mine.boxes[:, :2]).prod(1))
        best = int(np.argmax(sides * mine.scores))
        value = float(sides[best] * mine.scores[best])
        frames = [frame for time, frame in self._recent if time == mine.times[best]]
        if frames and value > track.best * 1.1:
            track.best, track.thumbnail = value, _portrait(frames[0], mine.boxes[best])


def _faces(spec: StreamSpec) -> Faces:
    faces = extractor(spec.extractor, **spec.settings)
    assert isinstance(faces, Faces)
    return faces


def _eye(spec: StreamSpec) -> Frames:
    eye = extractor(spec.extractor, **spec.settings)
    assert isinstance(eye, Frames)
    return eye


def _portrait(frame: Pictures, box: NDArray[np.float32]) -> bytes:
    """The face with some surroundings as a square JPEG."""
    side = float(max(box[2] - box[0], box[3] - box[1])) * 1.5
    centre = (float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2)
    patch = cv2.getRectSubPix(frame, (max(2, round(side)),) * 2, centre)
    how = cv2.INTER_AREA if side > _THUMBNAIL else cv2.INTER_CUBIC
    picture = cv2.resize(patch, (_THUMBNAIL, _THUMBNAIL), interpolation=how)
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
