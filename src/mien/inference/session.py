"""One file or stream on its way through the branches: frames and sound in, evidence out.

`mien.analyze` (a file) and `mien.Live` (a camera and a microphone) both feed a `Session`, so that
there is one path from pixels and samples to scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.errors import BundleError
from mien.faces.people.identity import Identity
from mien.faces.people.looks import Looks
from mien.faces.people.portrait import PortraitCut
from mien.faces.search import EVERY, SampledFrame
from mien.features.extractors.catalog import extractor
from mien.features.extractors.extractor import Hearing
from mien.features.extractors.faces import Faces
from mien.features.extractors.frames import Frames
from mien.features.voice_windows import KINDS, VoiceWindows, Window
from mien.features.windows import GRID
from mien.inference.aggregation import BranchOutput
from mien.inference.bundle import Bundle
from mien.inference.bundle_spec import StreamSpec
from mien.inference.evidence import Evidence, GridStats, RowWindows, SpanRows, SpanSound
from mien.inference.range_monitor import FaceRangeMonitor, SoundRangeMonitor
from mien.inference.speaking.model import SpeakingModel, shipped
from mien.inference.speaking.mouth import MouthMotion
from mien.inference.speaking.sound import SpokenSound
from mien.inference.stillness import FaceMotion
from mien.media import RATE
from mien.media.pictures import Array, Picture, views
from mien.media.stretches import usual_step
from mien.types import FaceChunk

__all__ = ["Session", "Sighted", "Track"]

_RECENT = 8  # frames at hand for thumbnails; a face is final some frames after it was seen
_THUMBNAIL = 128  # px
_SPARSE = 32  # every so many pixels of every so many rows tell how bright a picture is
_GONE = 2.0  # s without a sight after which a face is not waited for; of sound, when live

Pictures = NDArray[np.uint8]
Seconds = NDArray[np.float64]


@dataclass
class Track:
    """What is kept of one face over time: what each branch found, boxes, the best look."""

    id: int
    evidence: dict[str, GridStats | SpanRows]
    watch: FaceRangeMonitor
    mouth: MouthMotion = field(default_factory=MouthMotion)
    motion: FaceMotion = field(default_factory=FaceMotion)
    looks: Looks = field(default_factory=Looks)
    times: list[float] = field(default_factory=list)
    boxes: list[NDArray[np.float32]] = field(default_factory=list)
    sides: list[float] = field(default_factory=list)
    thumbnail: bytes = b""
    best: float = 0.0

    @property
    def seconds(self) -> float | None:
        """How long it was in view: each sight stands for the usual time between two of them."""
        step = usual_step(self.times)
        return None if step is None else len(self.times) * step

    @property
    def side(self) -> float:
        """Median side of the boxes in pixels of the pictures that the face was seen in."""
        return float(np.median(self.sides))


@dataclass(frozen=True)
class Sighted:
    """Pictures in which the faces are known, and the faces that are now final, for each stream.

    Args:
        looks: the pictures.
        faces: {stream: rows}; of these pictures or a little earlier ones.
    """

    looks: list[SampledFrame]
    faces: dict[str, FaceChunk]


class Session:
    """Takes frames and sound in the order of time and keeps scores and rows.

    Pixels are kept only while a window of them is incomplete; sound is kept where a branch of the
    bundle has to hear a whole span.

    Args:
        bundle: the model.
        max_people: follow at most so many faces at once; None is all.
        every: see `mien.faces.search.FaceSearch`; 0 answers for each frame at once.
        identify: whether it is kept what tells people apart; "later" keeps portraits, which are
            pictures, of all tracks, for whoever joins parts of a file.
        speaking: by what it is told who speaks; None is what ships.
    """

    def __init__(
        self,
        bundle: Bundle,
        *,
        max_people: int | None = None,
        every: float = EVERY,
        identify: Literal["now", "later", "never"] = "now",
        speaking: SpeakingModel | None = None,
    ) -> None:
        self.bundle = bundle
        self.tracks: dict[int, Track] = {}
        self.scene: dict[str, GridStats | SpanRows] = bundle.evidence("frame")
        self.voice: dict[str, Evidence] = {}
        self.frames = 0
        self.brightness = 0.0
        self.loudest = 0.0
        self.heard = 0.0
        self.watch = SoundRangeMonitor(bundle.spec.ranges)
        self._speaking = speaking or shipped()
        self.sound = SpokenSound()
        streams = bundle.spec.streams
        self._identity = Identity(bundle.threads) if identify == "now" and every else None
        self._unknown: dict[int, None] = {}  # tracks whose looks are portraits still
        faces = [name for name, spec in streams.items() if spec.modality == "face"]
        portraits = faces[:1] if identify != "never" and every else []
        self._finders = {
            name: _faces(streams[name]).finder(
                max_people, bundle.threads, every, PortraitCut() if name in portraits else None
            )
            for name in faces
        }
        self._eyes = {name: _eye(s) for name, s in streams.items() if s.modality == "frame"}
        self._cutters = {
            name: VoiceWindows(s.extractor) for name, s in streams.items() if s.extractor in KINDS
        }
        self._live = every == 0
        # Mouths lie where they are looked for only in crops that are cut in the usual way.
        usual = [_faces(streams[name]) for name in faces[:1]]
        self._mouths = any(face.align == "five_points" and not face.margin for face in usual)
        self._early: dict[str, float] = {}
        self._cuts: dict[tuple[str, int], RowWindows] = {}
        for branch, evidence in bundle.evidence("voice").items():
            stream = bundle.spec.branches[branch].stream
            merges = stream in self._cutters
            self.voice[branch] = evidence if merges else self._hearing(branch, stream)
        self._search = next((finder.search for finder in self._finders.values()), None)
        self._recent: list[SampledFrame] = []

    def _hearing(self, branch: str, stream: str) -> SpanSound:
        """For a branch that hears a span as a whole."""
        spec = self.bundle.spec.streams[stream]
        ear = extractor(spec.extractor, **spec.settings)
        if not isinstance(ear, Hearing):
            text = f"stream {stream}: '{spec.extractor}' does not hear; get another bundle"
            raise BundleError(f"{self.bundle.path}: {text}")

        def read(sound: NDArray[np.float32]) -> BranchOutput | None:
            heard = ear.hear(sound, 0.0)
            rows, times = heard.values[heard.valid], heard.times[heard.valid]
            if not len(rows):
                return None
            return self.bundle.read(branch, self.bundle.encode(stream, rows), times)

        return SpanSound(read)

    def push_frames(
        self,
        frames: Sequence[Array | Picture],
        times: Seconds,
        scale: float = 1.0,
        zoom: float = 1.0,
    ) -> None:
        """Take consecutive frames, each (H,W,3) uint8 RGB, with their times in seconds.

        The same as `search`, `follow`, `look` and `take`, which may run in threads of their own.

        Args:
            frames: upright pictures.
            times: (T,) seconds, rising.
            scale, zoom: see `mien.types.MediaChunk`.
        """
        sighted = self.follow(self.search(frames, times, scale, zoom))
        self.look(frames, times)
        self.take(sighted)

    def search(
        self,
        frames: Sequence[Array | Picture],
        times: Seconds,
        scale: float = 1.0,
        zoom: float = 1.0,
    ) -> list[SampledFrame]:
        """Begin to look for faces in frames, as `push_frames` has them; returns at once."""
        return [] if self._search is None else self._search.begin(frames, times, scale, zoom)

    def follow(self, looks: list[SampledFrame]) -> Sighted:
        """Join the faces of looks into tracks, and cut them out."""
        return self._followed([] if self._search is None else self._search.push(looks))

    def _followed(self, looks: list[SampledFrame]) -> Sighted:
        faces = {name: finder.follow(looks) for name, finder in self._finders.items()}
        return Sighted(looks, faces)

    def look(self, frames: Sequence[Array | Picture], times: Seconds) -> None:
        """Take frames as a whole, for the branches that see the body too."""
        pictures = views(frames)
        self.frames += len(pictures)
        self.brightness += sum(float(picture.coarse(_SPARSE).mean()) for picture in pictures)
        for name, eye in self._eyes.items():
            if len(pictures):
                rows = np.stack([eye.look(picture.rgb) for picture in pictures])
                self._pass_on(name, -1, rows, times, self.scene)

    def take(self, sighted: Sighted) -> None:
        """Score the faces that `follow` gave."""
        self._recent += sighted.looks
        for number, (name, faces) in enumerate(sighted.faces.items()):
            self._take(name, faces, number == 0)
        del self._recent[:-_RECENT]
        if sighted.looks:
            self._close(sighted.looks[-1].time - _GONE)
            self.identify(sighted.looks[-1].time - _GONE)

    def seen(self) -> dict[int, NDArray[np.float32]]:
        """Track number and box (4,) of each face in the last frame, as in `FaceFinder.seen`."""
        finder = next(iter(self._finders.values()), None)
        return {} if finder is None else finder.seen()

    def push_sound(self, sound: NDArray[np.float32], start: float) -> None:
        """Take (N,) float32 mono at 16 kHz that starts at `start` seconds."""
        if not len(sound):
            return
        self.heard += len(sound) / RATE
        self.loudest = max(self.loudest, float(np.abs(sound).max()))
        self.watch.push(sound, start)
        if self._mouths:
            if self._live and start - self.sound.end > _GONE:
                self.sound = SpokenSound(start)  # what was heard long ago tells nothing
            self.sound.push(sound, start)
        for evidence in self.voice.values():
            if isinstance(evidence, SpanSound):
                evidence.push(sound, start)
        for name, cutter in self._cutters.items():
            self._hear(name, cutter.push(sound, start))
            self.watch.seconds = cutter.speech
            if self._live and cutter.kind.follow:
                self._hear_early(name, cutter)

    def speech(self) -> list[tuple[float, float]]:
        """When there was speech so far, in s."""
        return next((cutter.stretches for cutter in self._cutters.values()), [])

    def finish(self) -> None:
        """Score what was still waiting for its surroundings."""
        if self._search is not None:
            self.take(self._followed(self._search.finish()))
        faces = {name: finder.finish() for name, finder in self._finders.items()}
        self.take(Sighted([], faces))
        self._close(np.inf)
        self.identify()
        for name, cutter in self._cutters.items():
            self._hear(name, cutter.finish())
            if self.heard:
                self.watch.seconds, self.watch.speech = cutter.speech, cutter.stretches

    def forget(self, before: int) -> None:
        """Drop cells before cell number `before`, and tracks that have none left (`mien.Live`)."""
        self.watch.forget(before)
        self.sound.forget(before * GRID)
        for evidence in (*self.voice.values(), *self.scene.values()):
            evidence.forget(before)
        for track in list(self.tracks.values()):
            for evidence in track.evidence.values():
                evidence.forget(before)
            track.watch.forget(before)
            track.motion.forget(before)
            track.mouth.forget(before * GRID)
            del track.times[:-_RECENT], track.boxes[:-_RECENT], track.sides[:-_RECENT]
            if not any(evidence.cells for evidence in track.evidence.values()):
                del self.tracks[track.id]
                self._unknown.pop(track.id, None)

    def _hear(self, stream: str, windows: Sequence[Window]) -> None:
        kind = self._cutters[stream].kind
        if kind.row:
            for window in windows:
                self._hear_rows(stream, window, kind.row)
        elif windows:
            times = np.array([window.start + kind.middle for window in windows])
            self.watch.spoken([window.start for window in windows], 2 * kind.middle)
            rows = self.bundle.encode(stream, np.stack([window.values for window in windows]))
            self._add(stream, self.voice, times, rows)

    def _hear_early(self, stream: str, cutter: VoiceWindows) -> None:
        """The stretch that is not whole, anew for each half second, since nobody waits for it."""
        if not self._early.get(stream, -GRID) + GRID <= cutter.heard:
            return
        self._early[stream] = cutter.heard
        self._hear(stream, cutter.pending())

    def _hear_rows(self, stream: str, window: Window, seconds: float) -> None:
        """The rows with speech of a window that the network gives rows of `seconds` for."""
        rows = self.bundle.encode(stream, window.values[None])
        times = np.asarray(window.start + (np.arange(len(rows)) + 0.5) * seconds, np.float64)
        spoken = window.spoken_rows(len(rows), seconds)
        self.watch.spoken(np.unique(np.floor(times[spoken] / GRID) * GRID).tolist(), GRID)
        for evidence in self.voice.values() if self._live else ():
            if isinstance(evidence, GridStats):
                evidence.replace_from(round(window.start / GRID))
        self._add(stream, self.voice, times[spoken], rows[spoken])

    def track(self, number: int) -> Track:
        """The track of this number, a new one where there was none."""
        if number not in self.tracks:
            watch = FaceRangeMonitor(self.bundle.spec.ranges)
            mouth = MouthMotion(self._speaking)
            self.tracks[number] = Track(number, self.bundle.evidence("face"), watch, mouth)
            self._unknown[number] = None
        return self.tracks[number]

    def _take(self, stream: str, chunk: FaceChunk, first: bool) -> None:
        """Rows of one stream's faces; the first stream also keeps where they were."""
        simple = self.bundle.spec.streams[stream].window == 1
        encoded = self.bundle.encode(stream, chunk.crops) if simple else None
        for number in sorted(set(chunk.ids.tolist())):
            rows = chunk.ids == number
            mine = chunk.where(rows)
            track = self.track(number)
            if encoded is None:
                self._pass_on(stream, number, mine.crops, mine.times, track.evidence)
            else:
                self._add(stream, track.evidence, mine.times, encoded[rows])
            if first:
                track.times.extend(mine.times.tolist())
                track.boxes.extend(mine.boxes)
                track.sides.extend(mine.sides.tolist())
                track.watch.add(mine)
                track.motion.add(mine)
                track.looks.add(mine)
                if self._mouths:
                    track.mouth.add(mine)
                self._look(track, mine)

    def _pass_on(
        self,
        stream: str,
        number: int,
        rows: Pictures,
        times: Seconds,
        evidence: dict[str, GridStats | SpanRows],
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

    def identify(self, before: float = np.inf) -> None:
        """Embed the portraits of faces last seen before `before` seconds, where there are several.

        Where there is one face alone, nothing has to be told apart, and nothing is embedded.
        """
        if self._identity is None or len(self.tracks) < 2:
            return
        for number in [n for n in self._unknown if self.tracks[n].times[-1] < before]:
            self.tracks[number].looks.embed(self._identity)
            del self._unknown[number]

    def _encoded(self, stream: str, windows: Sequence[Pictures]) -> NDArray[np.float32]:
        return self.bundle.encode(stream, np.stack(windows))

    def _add(
        self,
        stream: str,
        evidence: dict[str, GridStats | SpanRows] | dict[str, Evidence],
        times: Seconds,
        rows: NDArray[np.float32],
    ) -> None:
        """Rows of a stream for every branch that goes by them."""
        for branch, place in evidence.items():
            mine = self.bundle.spec.branches[branch].stream == stream
            if mine and not isinstance(place, SpanSound):
                place.add(times, rows)

    def _look(self, track: Track, mine: FaceChunk) -> None:
        """Keep a large, certain sight of the face as its thumbnail."""
        best = int(np.argmax(mine.sides * mine.scores))
        value = float(mine.sides[best] * mine.scores[best])
        looks = [look for look in self._recent if look.time == mine.times[best]]
        if looks and value > track.best * 1.1:
            box = mine.boxes[best] / np.float32(looks[0].scale)
            track.best, track.thumbnail = value, _portrait(looks[0].picture, box)


def _faces(spec: StreamSpec) -> Faces:
    faces = extractor(spec.extractor, **spec.settings)
    assert isinstance(faces, Faces)
    return faces


def _eye(spec: StreamSpec) -> Frames:
    eye = extractor(spec.extractor, **spec.settings)
    assert isinstance(eye, Frames)
    return eye


def _portrait(picture: Picture, box: NDArray[np.float32]) -> bytes:
    """The face with some surroundings as a square JPEG."""
    side = float(max(box[2] - box[0], box[3] - box[1])) * 1.5
    centre = (box[:2] + box[2:]) / 2
    limit = np.array(picture.shape[::-1])
    low = np.clip(np.floor(centre - side / 2 - 1), 0, limit - 1).astype(int).tolist()
    high = np.clip(np.ceil(centre + side / 2 + 1), 1, limit).astype(int).tolist()
    region = picture.colour(slice(low[1], high[1]), slice(low[0], high[0]))
    middle = (float(centre[0]) - low[0], float(centre[1]) - low[1])
    patch = cv2.getRectSubPix(region, (max(2, round(side)),) * 2, middle)
    how = cv2.INTER_AREA if side > _THUMBNAIL else cv2.INTER_CUBIC
    small = cv2.resize(patch, (_THUMBNAIL, _THUMBNAIL), interpolation=how)
    bgr = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
