"""`onnx:FILE`: what any ONNX network gives for each face, or for each whole frame, of a clip.

Beside `net.onnx` lies `net.json`, which says how its pictures are prepared:

    {"sees": "faces", "size": 224, "colour": true, "order": "RGB", "mean": [123.7, 116.3, 103.5],
     "std": [58.4, 57.1, 57.4], "layout": "NCHW", "output": "embedding"}

`sees` is "faces" or "frames". Grey levels of 0 to 255 less `mean`, divided by `std`, go in. Only
`size` is needed; the rest has the values of `Preparation`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from mien.core.runtime import session
from mien.errors import UsageError
from mien.features.extractors.code import code_version
from mien.features.extractors.extractor import Extractor, Settings
from mien.features.extractors.faces import Faces
from mien.features.extractors.frames import Frames
from mien.types import Features

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

__all__ = ["OnnxNetwork", "Preparation"]

_AT_A_TIME = 32

Floats = NDArray[np.float32]


class Preparation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of the JSON file.

    Args:
        size: side of the pictures in pixels.
        sees: aligned crops of the main face, or whole frames.
        colour: three channels rather than one.
        order: of the channels.
        mean, std: of each channel, or one for all, on the scale 0 to 255.
        layout: "NCHW" or "NHWC".
        output: name of the output that is taken; "" is the first.
        margin, align: of the crops, as in `mien.features.extractors.faces.Faces`.
    """

    size: int
    sees: Literal["faces", "frames"] = "faces"
    colour: bool = True
    order: Literal["RGB", "BGR"] = "RGB"
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (255.0,)
    layout: Literal["NCHW", "NHWC"] = "NCHW"
    output: str = ""
    margin: float = 0.0
    align: Literal["five_points", "eye_corners"] = "five_points"


@dataclass(frozen=True)
class OnnxNetwork:
    """(T,D) float32: the flattened output of a network for each picture.

    Args:
        file: the ONNX file, with its JSON file beside it.
        fps: pictures looked at in each second.
        detector: of faces.
    """

    file: str
    fps: float = 5.0
    detector: Literal["blazeface", "mtcnn"] = "blazeface"
    modality: Literal["face", "frame"] = field(init=False, default="face")

    name: ClassVar[str] = "onnx"
    kind: ClassVar[Literal["vectors"]] = "vectors"

    def __post_init__(self) -> None:
        sees: Literal["face", "frame"] = "face" if self.preparation.sees == "faces" else "frame"
        object.__setattr__(self, "modality", sees)
        _ = self.pictures

    @property
    def preparation(self) -> Preparation:
        """What lies beside the file.

        Raises:
            UsageError: one of the two files is missing, or says what cannot be.
        """
        return _preparation(Path(self.file))

    @property
    def pictures(self) -> Extractor:
        """Where the pictures come from."""
        how = self.preparation
        if how.sees == "frames":
            return Frames(self.fps, how.size)
        return Faces(
            fps=self.fps,
            detector=self.detector,
            size=how.size,
            colour=how.colour,
            align=how.align,
            margin=how.margin,
        )

    def settings(self) -> Settings:
        """Those of the pictures, the network, its preparation and the code."""
        path = Path(self.file)
        both = path.read_bytes() + path.with_suffix(".json").read_bytes()
        code = code_version(__name__)
        return {
            **self.pictures.settings(),
            "network": hashlib.sha256(both).hexdigest(),
            "code": code,
        }

    def extract(self, path: Path, start: float | None, end: float | None) -> Features:
        """One row for each picture in [start, end) seconds of a file."""
        seen = self.pictures.extract(path, start, end)
        run = _session(self.file)
        name = self.preparation.output or run.get_outputs()[0].name
        parts = [
            run.run(
                [name], {run.get_inputs()[0].name: self._prepared(seen.values[k : k + _AT_A_TIME])}
            )
            for k in range(0, max(1, len(seen)), _AT_A_TIME)
        ]
        rows = np.concatenate([np.asarray(part[0], np.float32) for part in parts])
        width = int(np.prod(rows.shape[1:]))
        return Features(rows.reshape(-1, width)[: len(seen)], seen.times, seen.valid)

    def _prepared(self, pictures: NDArray[np.generic]) -> Floats:
        """(N,S,S) or (N,S,S,3) uint8 as the network wants them; one black one for none."""
        how = self.preparation
        shape = pictures.shape[1:]
        x = np.asarray(pictures if len(pictures) else np.zeros((1, *shape)), np.float32)
        if x.ndim == 3:
            x = np.repeat(x[..., None], 3 if how.colour else 1, axis=3)
        elif not how.colour:
            x = x.mean(3, keepdims=True)
        if how.order == "BGR":
            x = x[..., ::-1]
        mean, spread = np.asarray(how.mean, np.float32), np.asarray(how.std, np.float32)
        x = np.asarray((x - mean) / spread, np.float32)
        return np.ascontiguousarray(x.transpose(0, 3, 1, 2) if how.layout == "NCHW" else x)


@lru_cache(maxsize=4)
def _preparation(path: Path) -> Preparation:
    beside = path.with_suffix(".json")
    for file in (path, beside):
        if not file.is_file():
            raise UsageError(
                f"onnx:{path}: no file {file}; the network needs FILE.onnx and FILE.json"
            )
    try:
        return msgspec.json.decode(beside.read_bytes(), type=Preparation)
    except msgspec.MsgspecError as error:
        raise UsageError(f"{beside}: {error}") from None


@lru_cache(maxsize=2)
def _session(file: str) -> InferenceSession:
    return session(Path(file), threads=1)
