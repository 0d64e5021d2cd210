"""The frozen data classes that pass between the stages. Arrays are checked where they are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "FACE_POINTS",
    "BranchSay",
    "Clip",
    "FaceChunk",
    "Features",
    "KeyFrame",
    "MediaChunk",
    "MediaInfo",
    "Person",
    "Prediction",
    "Problem",
    "Reason",
    "Span",
]

Floats = NDArray[np.float32]
Seconds = NDArray[np.float64]

FACE_POINTS = ("right_eye", "left_eye", "nose", "mouth")
"""Landmarks every detector gives, in this order; right and left are the person's own."""


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
    """

    code: str
    message: str


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


@dataclass(frozen=True)
class MediaChunk:
    """A stretch of picture and sound; all times in seconds from the start of the file.

    Args:
        frames: upright pictures, each (H,W,3) uint8 RGB; from a file made on access (`Pictures`).
        times: (T,) presentation time of each picture.
        sound: (N,) float32 mono in [-1, 1] at `rate`, gapless from `sound_start`.
        sound_start: time of the first sample.
        rate: samples per second.
        scale: pixels of the upright original for one pixel of `frames`; 1 unless the reader was
            asked to make large pictures smaller.
    """

    frames: Sequence[NDArray[np.uint8]]
    times: Seconds
    sound: Floats
    sound_start: float
    rate: int
    scale: float = 1.0

    def __post_init__(self) -> None:
        if len(self.frames) != len(self.times):
            raise ValueError(f"{len(self.frames)} frames but {len(self.times)} times")


@dataclass(frozen=True)
class FaceChunk:
    """The faces of one chunk of frames. A track is the rows with one id, joined over chunks.

    Args:
        ids: (N,) track numbers, unique within a file.
        times: (N,) seconds.
        boxes: (N,4) x0, y0, x1, y1 in pixels of the upright frame.
        points: (N,4,2) x, y of `FACE_POINTS` in pixels.
        scores: (N,) detector confidence in 0..1.
        crops: (N,S,S) uint8 grey, or (N,S,S,3) uint8 RGB, aligned faces.
    """

    ids: NDArray[np.int64]
    times: Seconds
    boxes: Floats
    points: Floats
    scores: Floats
    crops: NDArray[np.uint8]

    def __post_init__(self) -> None:
        rows = len(self.ids)
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
        )


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


@dataclass(frozen=True)
class BranchSay:
    """What one branch (face or voice) says on its own.

    Args:
        present: whether the branch had anything to go by.
        reason: why not, where it is absent.
        weight: its share in the fused answer, 0..1; None where the fusion has no shares.
        probabilities: {label: p}, calibrated; None where absent.
        seconds: of the file that the branch could go by: with the face in view, or of speech; None
            where that is not known.
    """

    present: bool
    reason: str | None
    weight: float | None
    probabilities: Mapping[str, float] | None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """One window of the timeline.

    Args:
        start, end: seconds.
        label: the likeliest label; None where nothing was there to go by.
        probabilities: {label: p} or None.
        branches: {branch: {label: p} or None}.
    """

    start: float
    end: float
    label: str | None
    probabilities: Mapping[str, float] | None
    branches: Mapping[str, Mapping[str, float] | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Person:
    """One tracked face.

    Args:
        id: number within the file, 1 for the main person.
        start, end: seconds of the first and the last sight.
        probabilities: {label: p} from this person's face.
        timeline: windows of this person's face alone.
        times: (N,) seconds of `boxes`.
        boxes: (N,4) x0, y0, x1, y1 in pixels of the upright frame.
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


@dataclass(frozen=True)
class KeyFrame:
    """A small picture of the whole frame.

    Args:
        time: seconds.
        jpeg: the picture.
        scale: pixels of the original for one pixel of the picture.
    """

    time: float
    jpeg: bytes
    scale: float


@dataclass(frozen=True)
class Prediction:
    """The answer for one file. `to_dict` is the published form, schema version 1.

    Args:
        source: path, sha256, duration in s, complete (whether all of the file could be read), and
            of a relative path the folder that it starts from.
        model: name and sha256 of the bundle.
        label: the likeliest label; None where neither face nor voice was there.
        probabilities: {label: p}, calibrated and summing to 1; None as for `label`.
        confidence: probability of `label`; None as for `label`.
        reliable: whether the answer is one to rely on; `reasons` say why not.
        reasons: what was missing or doubtful.
        branches: {branch: its own say}; "face" and "voice" in the default bundle.
        timeline: windows over the whole file.
        people: tracked faces, the main person first.
        size: width and height of the upright picture in pixels.
        labels: the label set, in the order of every `probabilities`.
        key_frames: a few small pictures spread over the file, for reports; not in `to_dict`.
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

    def to_dict(self) -> dict[str, Any]:
        """The answer in plain JSON types, as the published schema describes it."""
        from mien.answer import prediction_to_dict

        return prediction_to_dict(self)
