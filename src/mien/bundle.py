"""A bundle: a folder with ONNX files and one JSON. Reading it runs no code from it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from importlib import resources
from itertools import combinations
from pathlib import Path
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mien.errors import BundleError
from mien.evidence import SpanRows, SpanSound
from mien.fusion.log_pool import LogPool
from mien.labels import LabelSet
from mien.windows import Grid

__all__ = ["Bundle", "BundleSpec", "default_path", "installed", "load"]

_LIMIT = 512 * 2**20
_MOST_ROWS = 64


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_FILE = r"^[A-Za-z0-9._-]+$"


class FaceSpec(_Part):
    """The face branch: which crops go into which network.

    `model` gives log-probabilities for every crop, whose mean counts. With a `head`, its
    embeddings and log-probabilities become the rows of a second network that looks at all rows
    of a span.
    """

    model: str = Field(pattern=_FILE)
    head: str | None = Field(None, pattern=_FILE)
    detector: Literal["blazeface", "mtcnn"]
    fps: float = Field(gt=0, le=240)
    crop_size: int = Field(ge=16, le=512)


class VoiceSpec(_Part):
    """The voice branch: which windows or functionals of the sound go into which network."""

    model: str = Field(pattern=_FILE)
    front_end: Literal["log_mel/1", "is09", "is10", "egemaps"]


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
    face: FaceSpec | None = None
    voice: VoiceSpec | None = None
    fusion: FusionSpec
    files: dict[str, str]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        here = {name for name in ("face", "voice") if getattr(self, name) is not None}
        if not here or set(self.fusion.weights) != here:
            raise ValueError("fusion.weights and the branches differ")
        sets = {"+".join(sorted(c)) for n in (1, 2) for c in combinations(here, n)}
        if set(self.fusion.temperatures) != sets:
            raise ValueError("fusion.temperatures must have every set of branches")
        missing = [name for name in self.models if name not in self.files]
        if missing:
            raise ValueError(f"no SHA-256 for {missing[0]}")
        return self

    @property
    def models(self) -> list[str]:
        """The ONNX files."""
        face = [] if self.face is None else [self.face.model, self.face.head]
        voice = [] if self.voice is None else [self.voice.model]
        return [name for name in face + voice if name is not None]


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

    @property
    def branches(self) -> tuple[str, ...]:
        """The names of the branches it has."""
        return tuple(b for b in ("face", "voice") if getattr(self.spec, b) is not None)

    @property
    def fps(self) -> float:
        """Pictures looked at in each second of video."""
        return self.spec.face.fps if self.spec.face else 1.0

    def face_rows(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Aligned grey faces (N,S,S) uint8 -> log-probabilities (N,C), or with a head its rows."""
        return self._batched(self._face, crops)

    def face_embeddings(self, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Aligned grey faces (N,S,S) uint8 -> embeddings and log-probabilities (N,D+C)."""
        return self._batched(self._embedding, crops)

    def voice_log_probs(self, windows: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Log-mel windows, each (T,64), all of one length -> log-probabilities (N,C)."""
        if not windows:
            return np.zeros((0, len(self.labels)), np.float32)
        return self._batched(self._voice, np.stack(windows))

    def face_evidence(self) -> Grid | SpanRows:
        """An empty place for the rows of one face."""
        head = self.spec.face and self.spec.face.head
        return SpanRows(self._head) if head else Grid()

    def voice_evidence(self) -> Grid | SpanSound:
        """An empty place for what the voice branch needs of the sound."""
        voice = self.spec.voice
        return Grid() if voice is None or _windowed(voice) else SpanSound(self._heard)

    def _batched(self, session: _Session, rows: NDArray[np.generic]) -> NDArray[np.float32]:
        """Small networks run best as several single-threaded calls side by side."""
        parts = max(1, min(self.threads, len(rows)), -(-len(rows) // _MOST_ROWS))
        if not len(rows):
            return session(rows)
        split = np.array_split(rows, parts)
        search = map if len(split) < 2 else self._pool.map
        return np.concatenate([*search(session, split)])

    def _head(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Rows (T,D) of a span -> log-probabilities (C,)."""
        return np.asarray(self._span(rows[None])[0], np.float64)

    def _heard(self, sound: NDArray[np.float32]) -> NDArray[np.float64] | None:
        """Sound of a span -> log-probabilities (C,), through openSMILE's functionals."""
        from mien.extract.opensmile import functionals

        assert self.spec.voice is not None
        found = functionals(self.spec.voice.front_end, sound)
        return None if found is None else np.asarray(self._voice(found[None])[0], np.float64)

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.threads, "network")

    @cached_property
    def _face(self) -> _Session:
        assert self.spec.face is not None
        if self.spec.face.head:
            return self._embedding
        return _Session(self, self.spec.face.model, ["log_probs"])

    @cached_property
    def _embedding(self) -> _Session:
        assert self.spec.face is not None
        return _Session(self, self.spec.face.model, ["embedding", "log_probs"])

    @cached_property
    def _span(self) -> _Session:
        assert self.spec.face is not None
        assert self.spec.face.head is not None
        return _Session(self, self.spec.face.head, ["log_probs"])

    @cached_property
    def _voice(self) -> _Session:
        assert self.spec.voice is not None
        return _Session(self, self.spec.voice.model, ["log_probs"])


def _windowed(voice: VoiceSpec) -> bool:
    return voice.front_end == "log_mel/1"


class _Session:
    """One onnxruntime session of a bundle file: rows in, the wanted outputs side by side out."""

    def __init__(self, bundle: Bundle, name: str, wanted: list[str]) -> None:
        from mien.runtime import session

        self._run = session(bundle.path / name, 1, bundle.device)
        self._input, self._wanted = self._run.get_inputs()[0].name, wanted
        missing = set(wanted) - {output.name for output in self._run.get_outputs()}
        if missing:
            raise BundleError(f"{bundle.path / name}: has no output '{missing.pop()}'")

    def __call__(self, rows: NDArray[np.generic]) -> NDArray[np.float32]:
        found = self._run.run(self._wanted, {self._input: rows})
        return np.concatenate([np.asarray(part, np.float32) for part in found], axis=1)


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
