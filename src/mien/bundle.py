"""A bundle: a folder with ONNX files and one JSON. Reading it runs no code from it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mien.errors import BundleError
from mien.fusion.log_pool import LogPool
from mien.labels import LabelSet

__all__ = ["Bundle", "BundleSpec", "default_path", "installed", "load"]

_LIMIT = 512 * 2**20
_MOST_ROWS = 64


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FaceSpec(_Part):
    """The face branch: which crops go into which network."""

    model: str = Field(pattern=r"^[A-Za-z0-9._-]+$")
    detector: Literal["blazeface", "mtcnn"]
    fps: float = Field(gt=0, le=240)
    crop_size: int = Field(ge=16, le=512)


class VoiceSpec(_Part):
    """The voice branch: which windows of the log-mel front end go into which network."""

    model: str = Field(pattern=r"^[A-Za-z0-9._-]+$")
    front_end: Literal["log_mel/1"]


class FusionSpec(_Part):
    """Fusion as a named operation with its numbers."""

    kind: Literal["log_pool"]
    weights: dict[Literal["face", "voice"], float]
    temperatures: dict[Literal["face", "voice", "face+voice"], float]

    def pool(self) -> LogPool:
        """The operation itself."""
        weights = {str(branch): value for branch, value in self.weights.items()}
        return LogPool(weights, {str(key): value for key, value in self.temperatures.items()})


class BundleSpec(_Part):
    """`bundle.json`, format version 1."""

    format: Literal[1]
    name: str
    labels: tuple[str, ...]
    prior: dict[str, float]
    reliable_from: float = Field(ge=0, le=1)
    face: FaceSpec
    voice: VoiceSpec
    fusion: FusionSpec
    files: dict[str, str]


class Bundle:
    """A checked bundle and its networks, loaded on first use.

    Args:
        path: the folder.
        threads: for networks and detection; 0 is one a core, four at most.
        device: "cpu", "cuda", "coreml", "directml" (onnxruntime's providers).
    """

    def __init__(self, path: Path, threads: int = 0, device: str = "cpu") -> None:
        self.path, self.device = path, device
        self.threads = threads or min(4, os.cpu_count() or 1)
        self.spec = _read(path)
        self.labels = LabelSet(self.spec.name, self.spec.labels)
        self.pool = self.spec.fusion.pool()
        self.sha256 = hashlib.sha256((path / "bundle.json").read_bytes()).hexdigest()

    @property
    def size(self) -> int:
        """Bytes of all files named in `bundle.json`."""
        return sum((self.path / name).stat().st_size for name in self.spec.files)

    def face_log_probs(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Aligned grey faces (N,S,S) uint8 -> log-probabilities (N,C)."""
        return self._batched(self._face, crops)

    def voice_log_probs(self, windows: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Log-mel windows, each (T,64), all of one length -> log-probabilities (N,C)."""
        if not windows:
            return np.zeros((0, len(self.labels)), np.float32)
        return self._batched(self._voice, np.stack(windows))

    def _batched(self, session: _Session, rows: NDArray[np.generic]) -> NDArray[np.float32]:
        """Small networks run best as several single-threaded calls side by side."""
        parts = max(1, min(self.threads, len(rows)), -(-len(rows) // _MOST_ROWS))
        none = np.zeros((0, len(self.labels)), np.float32)
        split = np.array_split(rows, parts) if len(rows) else []
        search = map if len(split) < 2 else self._pool.map
        return np.concatenate([none, *search(session, split)])

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.threads, "network")

    @cached_property
    def _face(self) -> _Session:
        return _Session(self, self.spec.face.model)

    @cached_property
    def _voice(self) -> _Session:
        return _Session(self, self.spec.voice.model)


class _Session:
    """One onnxruntime session of a bundle file: rows in, log-probabilities out."""

    def __init__(self, bundle: Bundle, name: str) -> None:
        from mien.runtime import session

        self._run = session(bundle.path / name, 1, bundle.device)
        self._input = self._run.get_inputs()[0].name

    def __call__(self, rows: NDArray[np.generic]) -> NDArray[np.float32]:
        return np.asarray(self._run.run(["log_probs"], {self._input: rows})[0], np.float32)


def default_path() -> Path:
    """Folder of the bundle that ships with mien."""
    return Path(str(resources.files("mien") / "bundles" / "default"))


def installed() -> list[Path]:
    """Folders of all bundles that ship with mien."""
    root = Path(str(resources.files("mien") / "bundles"))
    return sorted(path.parent for path in root.glob("*/bundle.json"))


def load(model: str | Path | None = None, threads: int = 0, device: str = "cpu") -> Bundle:
    """Open a bundle by folder, or by the name of an installed one; None is the default.

    Raises:
        BundleError: not a bundle, of another format, incomplete, or with a changed byte.
    """
    if model is None:
        return Bundle(default_path(), threads, device)
    named = {path.name: path for path in installed()}
    path = named.get(str(model), Path(model))
    return Bundle(path, threads, device)


def _read(path: Path) -> BundleSpec:
    table = path / "bundle.json"
    if not table.is_file():
        names = ", ".join(p.name for p in installed())
        raise BundleError(f"{path}: not a bundle (no bundle.json); installed ones: {names}")
    try:
        spec = BundleSpec.model_validate(json.loads(table.read_bytes()))
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{table}: not a bundle of format 1 ({_first(error)})") from None
    for name in (spec.face.model, spec.voice.model):
        if name not in spec.files:
            raise BundleError(f"{table}: no SHA-256 for {name}; get the bundle again")
    for name, wanted in spec.files.items():
        _check(path, name, wanted)
    return spec


def _check(path: Path, name: str, wanted: str) -> None:
    file = path / name
    if Path(name).name != name or not file.is_file() or file.is_symlink():
        raise BundleError(f"{path}: '{name}' is missing; get the bundle again")
    if file.stat().st_size > _LIMIT:
        raise BundleError(f"{file}: larger than {_LIMIT >> 20} MB, which no bundle is")
    if hashlib.sha256(file.read_bytes()).hexdigest() != wanted:
        raise BundleError(f"{file}: changed since the bundle was made; get the bundle again")


def _first(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(str(p) for p in first['loc'])}: {first['msg']}"
    return str(error).splitlines()[0]
