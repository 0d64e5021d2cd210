"""A bundle: a folder with ONNX files and one JSON. Reading it runs no code from it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from textwrap import shorten
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from mien.core.checked import MisfitError, checked_json
from mien.core.hashes import file_sha256
from mien.errors import BundleError, UsageError
from mien.features.voice_windows import KINDS
from mien.features.windows import WindowStats
from mien.fusion.fuser import Fused
from mien.fusion.load import load_fusion
from mien.fusion.log_pool import softmax
from mien.inference.aggregation import BranchOutput, Head
from mien.inference.bundle_spec import FORMAT, BundleSpec
from mien.inference.evidence import PIECE, GridStats, RowWindows, SpanRows
from mien.labels import LabelSet
from mien.types import Features

__all__ = [
    "Bundle",
    "bundle_path",
    "default_path",
    "installed",
    "load",
]

_SHIPPED = Path(__file__).parent / "bundles"
_LIMIT = 1024 * 2**20
_MOST_ROWS = 64
_LEAST = 1e-9  # probability
_HEAD_OUTPUTS = ("log_probs", "descriptor")
_LEAST_BYTES = 2**14  # that are worth a thread: seven of the faces of the default bundle

Vector = NDArray[np.float64]
Floats = NDArray[np.float32]


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
        self.fused = _fusion(path, self.spec)
        self.sha256 = file_sha256(path / "bundle.json")
        self._sessions: dict[tuple[str, tuple[str, ...]], _Session] = {}
        self._opening = Lock()

    @property
    def size(self) -> int:
        """Bytes of all files named in `bundle.json`."""
        return sum((self.path / name).stat().st_size for name in self.spec.files)

    def modality(self, branch: str) -> str:
        """What a branch needs: "face", "frame" or "voice"."""
        return self.spec.streams[self.spec.branches[branch].stream].modality

    @property
    def modalities(self) -> set[str]:
        """What all branches need."""
        return {self.modality(branch) for branch in self.spec.branches}

    @property
    def fps(self) -> float:
        """Pictures looked at in each second of video."""
        rates = [float(s.settings["fps"]) for s in self.spec.pictures.values()]
        return rates[0] if rates else 1.0

    def evidence(self, modality: str) -> dict[str, GridStats | SpanRows]:
        """An empty place for the rows of each branch of a modality."""
        mine = [b for b in self.spec.branches if self.modality(b) == modality]
        return {branch: self._evidence(branch) for branch in mine}

    def _evidence(self, branch: str) -> GridStats | SpanRows:
        spec, classes = self.spec.branches[branch], len(self.labels)
        if spec.pooling == "statistics":
            assert spec.head is not None  # `BranchSpec` has seen to it
            width = (self._session(spec.head, _HEAD_OUTPUTS).width or 0) // 2
            read = self._biased(branch, partial(self._of_statistics, branch))
            return GridStats(read, lambda rows: rows[:, :width], spec.least, PIECE)
        if spec.head is not None or not spec.reading.merges:
            return SpanRows(lambda rows, times: self.read(branch, rows, times))
        if spec.pooling == "mean":
            mean = self._biased(branch, _of_mean)
            return GridStats(mean, lambda rows: np.exp(rows[:, -classes:]), spec.least)
        log_mean = self._biased(branch, _of_log_mean)
        return GridStats(log_mean, lambda rows: rows[:, -classes:], spec.least)

    def _biased(
        self, branch: str, read: Callable[..., BranchOutput]
    ) -> Callable[..., BranchOutput]:
        """The same reading with the bias of a branch added to what it says."""
        if not (told := self.spec.branches[branch].bias):
            return read
        bias = self.labels.vector(told)

        def biased(*given: object) -> BranchOutput:
            said = read(*given)
            return replace(said, mean=said.mean + bias)

        return biased

    def _of_statistics(self, branch: str, stats: WindowStats) -> BranchOutput:
        """What the head of a branch says of mean and deviation."""
        head = self._head(branch)
        assert head is not None  # `BranchSpec` has seen to it
        log_probs, descriptor = head(stats.row[None])
        return BranchOutput(log_probs, stats.n, descriptor)

    def read(self, branch: str, rows: Floats, times: Vector) -> BranchOutput:
        """What rows (T,D), T >= 1, of a branch's stream at `times` (T,) say."""
        spec = self.spec.branches[branch]
        reading = self._biased(branch, spec.reading)
        return reading(rows, times, len(self.labels), self._head(branch))

    def branch_output(
        self, branch: str, features: Features, *, encoded: bool = False
    ) -> BranchOutput | None:
        """What the features of a whole clip say, as the lab has them; None without a valid row.

        Args:
            branch: its name.
            features: of the extractor of its stream.
            encoded: they went through the stream's encoder already.
        """
        rows, times = features.values[features.valid], features.times[features.valid]
        if not len(rows):
            return None
        stream = self.spec.branches[branch].stream
        spec = self.spec.streams[stream]
        if spec.window > 1:
            cut = RowWindows(spec.window, spec.stride)
            pairs = [cut.push(rows, times), cut.finish()]
            rows = np.stack([window for windows, _ in pairs for window in windows])
            times = np.array([middle for _, middles in pairs for middle in middles])
        encoded_rows = np.asarray(rows, np.float32) if encoded else self.encode(stream, rows)
        if spec.modality == "voice" and spec.extractor not in KINDS:
            return self.read(branch, encoded_rows, times)
        evidence = self._evidence(branch)
        evidence.add(times, encoded_rows)
        return evidence.all()

    def encode(self, stream: str, rows: NDArray[np.generic], *, whole: bool = False) -> Floats:
        """Rows (N,...) of a stream -> (N,D+C) embeddings and log-probabilities.

        Args:
            stream: its name.
            rows: crops uint8, windows of them, or windows of sound.
            whole: also the embeddings that no branch of this bundle needs.
        """
        encoder = self._encoder(stream, whole)
        return np.asarray(rows, np.float32) if encoder is None else self._batched(encoder, rows)

    def embed(self, stream: str, rows: NDArray[np.generic]) -> Floats:
        """Rows (N,...) of a stream -> their embeddings (N,D) alone.

        Raises:
            BundleError: the stream's encoder gives none.
        """
        name = self.spec.streams[stream].encoder
        if name is None:
            raise BundleError(f"{self.path}: stream {stream} has no encoder")
        return self._batched(self._session(name, ("embedding",)), rows)

    def open_encoders(self) -> None:
        """Read the networks of all streams now, while something else takes its time."""
        for stream in self.spec.streams:
            self._encoder(stream)

    def _encoder(self, stream: str, whole: bool = False) -> _Session | None:
        spec = self.spec.streams[stream]
        if spec.encoder is None:
            return None
        heads = [b.head for b in self.spec.branches.values() if b.stream == stream]
        wanted = ("embedding", "log_probs") if whole or any(heads) else ("log_probs",)
        return self._session(spec.encoder, wanted)

    def fuse(self, said: Mapping[str, BranchOutput | None]) -> Vector | None:
        """{branch: what it says} -> probabilities (C,); None where every branch is absent."""
        given: dict[str, tuple[Vector | None, Vector | None]] = {}
        for branch, one in said.items():
            mean = None if one is None else one.mean
            given[branch] = mean, None if one is None else one.descriptor
        return self.fused(given)

    def alone(self, branch: str, said: BranchOutput) -> Vector:
        """Probabilities (C,) of one branch that speaks alone."""
        return softmax(said.mean / self.spec.branches[branch].temperature)

    def shares(self, said: Mapping[str, object | None]) -> dict[str, float | None]:
        """The weight of each branch in an answer; None where the fusion has no weights."""
        weights: Mapping[str, float] | None = getattr(self.fused, "weights", None)
        here = [b for b, s in said.items() if s is not None]
        if weights is None:
            return {b: None if b in here else 0.0 for b in said}
        total = sum(weights[b] for b in here)
        return {b: weights[b] / total if b in here and total else 0.0 for b in said}

    def _batched(self, session: _Session, rows: NDArray[np.generic]) -> Floats:
        """Small networks run best as several single-threaded calls side by side."""
        if not len(rows):
            return session.nothing(rows)
        worth = max(1, rows.nbytes // _LEAST_BYTES)
        parts = max(1, min(self.threads, len(rows), worth), -(-len(rows) // _MOST_ROWS))
        split = np.array_split(rows, parts)
        search = map if len(split) < 2 else self._pool.map
        return np.concatenate([*search(session, split)])

    def _head(self, branch: str) -> Head | None:
        name = self.spec.branches[branch].head
        if name is None:
            return None
        session = self._session(name, _HEAD_OUTPUTS)

        def head(rows: Floats) -> tuple[Vector, Vector | None]:
            outputs = session.each(rows[..., : session.width] if session.width else rows)
            descriptor = outputs.get("descriptor")
            log_probs = np.asarray(outputs["log_probs"][0], np.float64)
            return log_probs, None if descriptor is None else np.asarray(descriptor[0], np.float64)

        return head

    def _session(self, name: str, wanted: tuple[str, ...]) -> _Session:
        with self._opening:
            if (name, wanted) not in self._sessions:
                self._sessions[name, wanted] = _Session(self, name, wanted)
            return self._sessions[name, wanted]

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.threads, "network")


class _Session:
    """One onnxruntime session of a bundle file, and which of the wanted outputs it has."""

    def __init__(self, bundle: Bundle, name: str, wanted: tuple[str, ...]) -> None:
        from mien.core.runtime import session

        self._run = session(bundle.path / name, 1, bundle.device)
        try:
            has = {output.name for output in self._run.get_outputs()}
            first = self._run.get_inputs()[0]
            shape, self._input = first.shape, first.name
        except (UnicodeDecodeError, IndexError):
            raise BundleError(f"{bundle.path / name}: is damaged; get the bundle again") from None
        self._wanted = [output for output in wanted if output in has]
        if not self._wanted:
            raise BundleError(f"{bundle.path / name}: has no output '{wanted[-1]}'")
        last = shape[-1] if len(shape) in (2, 3) else None
        self.width = last if isinstance(last, int) else None
        self._flat = len(shape) == 2
        self._file = bundle.path / name
        self._nothing: Floats | None = None

    def each(self, rows: Floats) -> dict[str, NDArray[np.float32]]:
        """{output: its values}; a head for single rows takes the mean row of (1,T,D)."""
        given = rows.mean(1) if self._flat and rows.ndim == 3 else rows
        return dict(zip(self._wanted, self._outputs(given), strict=True))

    def __call__(self, rows: NDArray[np.generic]) -> Floats:
        outputs = self._outputs(rows)
        return np.concatenate([np.asarray(part, np.float32) for part in outputs], axis=1)

    def nothing(self, rows: NDArray[np.generic]) -> Floats:
        """(0,D) for no rows, which some kernels of onnxruntime refuse (3-d convolutions do)."""
        if self._nothing is None:
            self._nothing = self(np.zeros((1, *rows.shape[1:]), rows.dtype))[:0]
        return self._nothing

    def _outputs(self, rows: NDArray[np.generic]) -> list[Floats]:
        try:
            outputs: list[Floats] = self._run.run(self._wanted, {self._input: rows})
        except MemoryError:
            raise
        except Exception as error:  # the only base of onnxruntime's own
            why = shorten(str(error), 200)
            raise BundleError(f"{self._file}: fails on input {rows.shape} ({why})") from None
        return outputs


def _of_mean(stats: WindowStats) -> BranchOutput:
    """The logarithm of mean probabilities."""
    return BranchOutput(np.log(np.maximum(stats.mean, _LEAST)), stats.n)


def _of_log_mean(stats: WindowStats) -> BranchOutput:
    """Mean log-probabilities."""
    return BranchOutput(stats.mean, stats.n)


def default_path() -> Path:
    """Folder of the bundle that ships with mien."""
    return _SHIPPED / "default"


def installed() -> list[Path]:
    """Folders of all bundles that ship with mien."""
    return sorted(path.parent for path in _SHIPPED.glob("*/bundle.json"))


def load(
    model: str | os.PathLike[str] | None = None, threads: int = 0, device: str = "cpu"
) -> Bundle:
    """Open a bundle by folder, or by the name of an installed one; None is the default.

    Raises:
        BundleError: not a bundle, of another format, incomplete, or with a changed byte.
    """
    return Bundle(bundle_path(model), threads, device)


def bundle_path(model: str | os.PathLike[str] | None = None) -> Path:
    """The folder of a bundle, given that or the name of an installed one; None is the default."""
    if model is None:
        return default_path()
    named = {path.name: path for path in installed()}
    return named.get(str(model), Path(model))


def _read(path: Path) -> BundleSpec:
    table = path / "bundle.json"
    if not table.is_file():
        names = ", ".join(p.name for p in installed())
        raise BundleError(f"{path}: not a bundle (no bundle.json); installed ones: {names}")
    try:
        spec = checked_json(table.read_bytes(), BundleSpec)
    except (MisfitError, RecursionError) as error:
        raise BundleError(f"{table}: not a bundle of format {FORMAT} ({error})") from None
    for name, wanted in spec.files.items():
        _check(path, name, wanted)
    return spec


def _fusion(path: Path, spec: BundleSpec) -> Fused:
    try:
        fused = load_fusion(spec.fusion, path)
    except UsageError as error:
        raise BundleError(f"{path / 'bundle.json'}: fusion: {error}") from None
    if fused.classes != len(spec.labels):
        raise BundleError(f"{path / 'bundle.json'}: fusion: {fused.classes} classes")
    return fused


def _check(path: Path, name: str, wanted: str) -> None:
    file = path / name
    if Path(name).name != name or not file.is_file() or file.is_symlink():
        raise BundleError(f"{path}: '{name}' is missing; get the bundle again")
    if file.stat().st_size > _LIMIT:
        raise BundleError(f"{file}: larger than {_LIMIT >> 20} MB, which no bundle is")
    if file_sha256(file) != wanted:
        raise BundleError(f"{file}: changed since the bundle was made; get the bundle again")
