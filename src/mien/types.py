"""The frozen data classes that pass between the stages. Arrays are checked where they are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mien.errors import printable

if TYPE_CHECKING:
    from mien.output.relative import Relative

__all__ = [
    "FACE_POINTS",
    "BranchSay",
    "Clip",
    "FaceChunk",
    "Features",
    "Gamut",
    "Held",
    "KeyFrame",
    "LivePerson",
    "MediaChunk",
    "MediaInfo",
    "Person",
    "Prediction",
    "Problem",
    "Reason",
    "Span",
    "TrackInfo",
    "Transfer",
]

Floats = NDArray[np.float32]
Seconds = NDArray[np.float64]

Transfer: TypeAlias = Literal["sdr", "pq", "hlg"]
"""How light became a signal: as ever, SMPTE ST 2084, or the other way of ITU-R BT.2100."""
Gamut: TypeAlias = Literal["bt709", "bt2020", "p3"]
"""The primary colours."""

FACE_POINTS = ("right_eye", "left_eye", "nose", "mouth")
"""Landmarks every detector gives, in this order; right and left are the person's own."""


_NAME = 60  # characters of a name in a `repr`


class _Value:
    """A part of an answer: two are equal if what is published of them is (`to_dict`)."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The same in plain JSON types, as the published schema describes it."""
        from mien.output.answer import to_dict

        return to_dict(self)

    def _key(self) -> tuple[object, ...]:
        """Some of what makes two of them equal."""
        raise NotImplementedError

    def _words(self) -> str:
        """What it is, in short."""
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash((type(self), *self._key()))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {printable(self._words())}>"


def _surest(probabilities: Mapping[str, float] | None) -> str:
    if not probabilities:
        return "no label"
    label = max(probabilities, key=lambda name: probabilities[name])
    return f"{_cut(label)} {probabilities[label]:.0%}"


def _cut(name: str) -> str:
    half = _NAME // 2
    return name if len(name) <= _NAME else f"{name[:half]}...{name[-half:]}"


@dataclass(frozen=True)
class Clip:
    """One labelled stretch of a file; no pixels.

    Args:
        id: unique within its manifest.
        path: the media file, relative to the manifest's folder or absolute; "/" between folders.
        start, end: seconds of the stretch; None is the start and the end of the file.
        label: a name of the manifest's label set; "" where the label is not given out.
        speaker: who speaks or is seen, or the film: what may stand on one side of a split only.
        split: "train", "val", "test", or "" where the corpus has no official one.
        licence: of this clip's media, as a short name.
        extra: further named columns of the manifest, for example the votes of a crowd.
    """

    id: str
    path: str
    start: float | None = None
    end: float | None = None
    label: str = ""
    speaker: str = ""
    split: str = ""
    licence: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Features:
    """What one extractor gives for one clip.

    Args:
        values: (T,...) one row for each time: (T,D) float32 vectors, or (T,S,S) and (T,S,S,3)
            uint8 pictures.
        times: (T,) seconds from the start of the file.
        valid: (T,) False where there was nothing to measure; such rows hold no information.
    """

    values: NDArray[Any]
    times: Seconds
    valid: NDArray[np.bool_]

    def __post_init__(self) -> None:
        if not len(self.values) == len(self.times) == len(self.valid):
            rows = f"{len(self.values)} values, {len(self.times)} times, {len(self.valid)} valid"
            raise ValueError(f"rows differ: {rows}")

    def __len__(self) -> int:
        return len(self.times)


@dataclass(frozen=True)
class Problem:
    """Something that was wrong with a file but did not stop the reading.

    Args:
        code: stable short name, for programs.
        message: one line for people.
        spans: ((start, end), ...) in s where it applies; empty where it is of the whole file.
    """

    code: str
    message: str
    spans: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class TrackInfo:
    """One track of pictures or of sound in a file.

    Args:
        kind: "video" or "audio".
        number: among the tracks of its kind, from 1.
        codec: name; "unknown" without a decoder.
        form: size and rate, or rate and channels, as text.
        language, title: as the file says; "" where it does not.
        default: whether the file flags it as the one to play.
        read: whether it is the one that is read.
    """

    kind: Literal["video", "audio"]
    number: int
    codec: str
    form: str
    language: str
    title: str
    default: bool
    read: bool


@dataclass(frozen=True)
class MediaInfo:
    """What a container says about itself, before decoding.

    Args:
        path: the file, or "<bytes>".
        container: format name, for example "mov" or "matroska".
        kind: "video", "sound" (no picture) or "picture" (one still image).
        duration: seconds as the header says; None where it says nothing.
        width, height: of the upright picture in pixels; 0 without picture.
        rotation: degrees the picture is turned to stand upright.
        frame_rate: average frames per second as the header says; None if unknown.
        video_codec, audio_codec: names, or None where there is no such stream.
        sample_rate, channels: of the sound as stored; 0 without sound.
        pixel_format: for example "yuv420p"; None without picture.
        start: presentation time of the first packet, in seconds; times given out are relative
            to it.
        tracks: all tracks of pictures and of sound, cover art left out; the other fields are of
            those that are read.
        transfer, gamut: of the picture's light and colours; what is unknown is taken for ordinary.
    """

    path: str
    container: str
    kind: Literal["video", "sound", "picture"]
    duration: float | None
    width: int
    height: int
    rotation: int
    frame_rate: float | None
    video_codec: str | None
    audio_codec: str | None
    sample_rate: int
    channels: int
    pixel_format: str | None
    start: float
    tracks: tuple[TrackInfo, ...] = ()
    transfer: Transfer = "sdr"
    gamut: Gamut = "bt709"


@dataclass(frozen=True)
class MediaChunk:
    """A stretch of picture and sound; all times in seconds from the start of the file.

    Args:
        frames: upright pictures, each (H,W,3) uint8 RGB; from a file made on access (`Pictures`).
        times: (T,) presentation time of each picture.
        sound: (N,) float32 mono in [-1, 1] at `rate`, gapless from `sound_start`.
        sound_start: time of the first sample.
        rate: samples per second.
        scale: pixels of the frame of reference, the first upright picture of the file, for one
            pixel of `frames`; 1 unless the reader was asked to make large pictures smaller, or the
            pictures change their size.
        zoom: pixels of these pictures as they are stored for one of the frame of reference.
    """

    frames: Sequence[NDArray[np.uint8]]
    times: Seconds
    sound: Floats
    sound_start: float
    rate: int
    scale: float = 1.0
    zoom: float = 1.0

    def __post_init__(self) -> None:
        if len(self.frames) != len(self.times):
            raise ValueError(f"{len(self.frames)} frames but {len(self.times)} times")


@dataclass(frozen=True)
class FaceChunk:
    """The faces of one chunk of frames. A track is the rows with one id, joined over chunks.

    Args:
        ids: (N,) track numbers, unique within a file.
        times: (N,) seconds.
        boxes: (N,4) x0, y0, x1, y1 in pixels of the upright frame of reference.
        points: (N,4,2) x, y of `FACE_POINTS` in the same pixels.
        scores: (N,) detector confidence in 0..1.
        crops: (N,S,S) uint8 grey, or (N,S,S,3) uint8 RGB, aligned faces.
        zooms: (N,) pixels of the picture that the face was seen in, as stored, for one pixel of
            the frame of reference; None is 1 for all.
        portraits: (N,128,128,3) uint8 RGB of `mien.faces.people.portrait.PortraitCut`; None where
            nobody asked for them.
    """

    ids: NDArray[np.int64]
    times: Seconds
    boxes: Floats
    points: Floats
    scores: Floats
    crops: NDArray[np.uint8]
    zooms: Floats | None = None
    portraits: NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        rows = len(self.ids)
        if self.zooms is None:
            object.__setattr__(self, "zooms", np.ones(rows, np.float32))
        shapes: dict[str, tuple[NDArray[np.generic], tuple[int, ...]]] = {
            "times": (self.times, (rows,)),
            "boxes": (self.boxes, (rows, 4)),
            "points": (self.points, (rows, len(FACE_POINTS), 2)),
            "scores": (self.scores, (rows,)),
        }
        for name, (value, wanted) in shapes.items():
            if value.shape != wanted:
                raise ValueError(f"{name}: shape {value.shape}, wanted {wanted}")
        if len(self.crops) != rows:
            raise ValueError(f"crops: {len(self.crops)} rows, wanted {rows}")

    def __len__(self) -> int:
        return len(self.ids)

    def where(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> FaceChunk:
        """The chosen rows, in order."""
        return FaceChunk(
            self.ids[rows],
            self.times[rows],
            self.boxes[rows],
            self.points[rows],
            self.scores[rows],
            self.crops[rows],
            None if self.zooms is None else self.zooms[rows],
            None if self.portraits is None else self.portraits[rows],
        )

    @property
    def sides(self) -> Floats:
        """(N,) sides of the faces in pixels of the pictures they were seen in."""
        zooms = np.float32(1) if self.zooms is None else self.zooms
        return np.asarray(np.sqrt((self.boxes[:, 2:] - self.boxes[:, :2]).prod(1)) * zooms)


@dataclass(frozen=True)
class Reason:
    """Why an answer is missing or doubtful.

    Args:
        code: stable short name, for programs.
        message: one line for people.
        spans: ((start, end), ...) in s where it applies; empty where it is of the whole file.
    """

    code: str
    message: str
    spans: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class BranchSay(_Value):
    """What one branch (face or voice) says on its own.

    Args:
        present: whether the branch had anything to go by.
        reason: why not, where it is absent.
        weight: its share in the fused answer, 0..1; None where the fusion has no shares.
        probabilities: {label: p}, calibrated; None where absent.
        seconds: of the file that the branch could go by: with the face in view, or of speech; None
            where that is not known.
        spans: ((start, end), ...) in s, when that was, pauses of half a second left in; None where
            that is not known.
    """

    present: bool
    reason: str | None
    weight: float | None
    probabilities: Mapping[str, float] | None
    seconds: float | None = None
    spans: tuple[tuple[float, float], ...] | None = None

    def _key(self) -> tuple[object, ...]:
        return self.present, self.reason

    def _words(self) -> str:
        if not self.present:
            return f"absent: {_cut(self.reason or 'nothing to go by')}"
        share = "" if self.weight is None else f", weight {self.weight:.0%}"
        return _surest(self.probabilities) + share


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Span(_Value):
    """One window of the timeline.

    Args:
        start, end: seconds.
        label: the likeliest label; None where nothing was there to go by in its middle, which is
            what it stands for (`mien.features.windows.middles`).
        probabilities: {label: p} or None.
        branches: {branch: {label: p} or None}.
        person: number of whose face it goes by; None without a face, and in a person's own windows.
    """

    start: float
    end: float
    label: str | None
    probabilities: Mapping[str, float] | None
    branches: Mapping[str, Mapping[str, float] | None] = field(default_factory=dict)
    person: int | None = None

    def _key(self) -> tuple[object, ...]:
        return round(float(self.start), 4), round(float(self.end), 4), self.label

    def _words(self) -> str:
        return f"{self.start:.1f}-{self.end:.1f} s: {_surest(self.probabilities)}"


@dataclass(frozen=True, eq=False, repr=False)
class Person(_Value):
    """One person: the tracks of one face.

    Args:
        id: number within the file; 1 is the one whom most of the answer is by.
        start, end: seconds of the first and the last sight.
        probabilities: {label: p} from this person's face.
        timeline: windows of this person's face alone.
        times: (N,) seconds of `boxes`.
        boxes: (N,4) x0, y0, x1, y1 in pixels of the upright frame of reference, `Prediction.size`.
        thumbnail: a JPEG picture of the face.
    """

    id: int
    start: float
    end: float
    probabilities: Mapping[str, float]
    timeline: tuple[Span, ...]
    times: Seconds
    boxes: Floats
    thumbnail: bytes

    def _key(self) -> tuple[object, ...]:
        return self.id, round(float(self.start), 4), round(float(self.end), 4), len(self.times)

    def _words(self) -> str:
        when = f"{self.start:.1f}-{self.end:.1f} s, {len(self.times)} sights"
        return f"{self.id}: {_surest(self.probabilities)}, {when}"


@dataclass(frozen=True, eq=False, repr=False)
class LivePerson(_Value):
    """A face in the last picture of `mien.Live`, and what it shows.

    Args:
        id: number from 1, kept while the face is followed.
        box: (4,) x0, y0, x1, y1 in pixels of that picture, not smoothed, which would take the next.
        label: the likeliest label of this face alone; None where there is nothing to go by yet.
        probabilities: {label: p}; None as for `label`.
    """

    id: int
    box: Floats
    label: str | None
    probabilities: Mapping[str, float] | None

    def _key(self) -> tuple[object, ...]:
        return self.id, self.label

    def _words(self) -> str:
        return f"{self.id}: {_surest(self.probabilities)}"


@dataclass(frozen=True)
class Held:
    """How much of an answer is by one person.

    Args:
        person: number, as `Person.id`.
        seconds: that the answer goes by this person's face.
    """

    person: int
    seconds: float


@dataclass(frozen=True)
class KeyFrame:
    """A small picture of the whole frame.

    Args:
        time: seconds.
        jpeg: the picture.
        scale: pixels of the original for one pixel of the picture.
    """

    time: float
    jpeg: bytes = field(repr=False)
    scale: float


@dataclass(frozen=True, eq=False, repr=False)
class Prediction(_Value):
    """The answer for one file. `to_dict` is the published form, schema version 1.

    A value: two answers are equal if what is published of them is, key frames left aside. A
    notebook shows label, bars and timeline.

    Args:
        source: path, sha256, duration in s, complete (whether all of the file could be read), read
            (which tracks and channels; not in answers of earlier versions), and of a relative path
            the folder that it starts from.
        model: name and sha256 of the bundle.
        label: the likeliest label; None where neither face nor voice was there.
        probabilities: {label: p}, calibrated and summing to 1; None as for `label`.
        confidence: probability of `label`; None as for `label`.
        reliable: whether the answer is one to rely on; `reasons` say why not.
        reasons: what was missing or doubtful.
        branches: {branch: its own say}; "face" and "voice" in the default bundle.
        timeline: windows over the whole file.
        people: everybody whose face was followed; those first whom most of the answer is by.
        size: width and height in pixels of the frame of reference of all boxes: the first picture,
            upright; pictures of another size are fitted into it, in the middle.
        labels: the label set, in the order of every `probabilities`.
        key_frames: a few small pictures spread over the file, for reports; not in `to_dict`.
        relative: the same compared with how these people usually look and sound; None where no
            baseline was asked for. Nothing of it goes into the other fields.
        by: how long the answer goes by whose face.
    """

    source: Mapping[str, Any]
    model: Mapping[str, str]
    label: str | None
    probabilities: Mapping[str, float] | None
    confidence: float | None
    reliable: bool
    reasons: tuple[Reason, ...]
    branches: Mapping[str, BranchSay]
    timeline: tuple[Span, ...]
    people: tuple[Person, ...]
    size: tuple[int, int]
    labels: tuple[str, ...]
    key_frames: tuple[KeyFrame, ...] = ()
    relative: Relative | None = None
    by: tuple[Held, ...] = ()

    def _key(self) -> tuple[object, ...]:
        return self.source["sha256"], self.model["sha256"], self.label, len(self.people)

    def _words(self) -> str:
        path = str(self.source["path"])
        number = len(self.people)
        people = "1 person" if number == 1 else f"{number} people"
        return (
            f"{_cut(PurePath(path).name or path)}: {_surest(self.probabilities)}, "
            f"{'reliable' if self.reliable else 'uncertain'}, "
            f"{self.source['duration']:.1f} s, {people}"
        )

    def _repr_html_(self) -> str:
        """The answer in a notebook."""
        from mien.output.report.notebook import fragment

        return fragment(self)
