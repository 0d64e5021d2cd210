"""What `bundle.json` says: streams to measure, branches that read them, and what joins those."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from mien.core.checked import checked_fields
from mien.features.samplers import FrameSampler
from mien.inference.aggregation import Aggregation, Pooling
from mien.inference.operating_range import Below, OperatingRange

__all__ = ["FORMAT", "BranchSpec", "BundleSpec", "StreamSpec"]

FORMAT = 2
"""Version of the format that is written and read."""
_MOST_FPS = 1000
_File = Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]+\Z")]
_Share = Annotated[float, Meta(ge=0, le=1)]
_Bias = Annotated[float, Meta(ge=-100, le=100)]
_Rows = Annotated[int, Meta(ge=1, le=256)]
_MODALITIES = {"faces": "face", "frames": "frame"}  # of extractors; all others hear


class StreamSpec(Struct, frozen=True, forbid_unknown_fields=True):
    """What is measured, and the network that each row goes through as it comes.

    Args:
        extractor, settings: of `extractor`, so that use cannot differ from training.
        encoder: rows (N,...) -> `embedding` (N,D), `log_probs` (N,C), or both; None leaves them.
        window, stride: rows that one input of the encoder is made of, and from one to the next.
    """

    extractor: str
    settings: dict[str, bool | int | float | str] = {}
    encoder: _File | None = None
    window: _Rows = 1
    stride: _Rows = 1

    @property
    def modality(self) -> str:
        """What it needs: "face", "frame" or "voice"."""
        return _MODALITIES.get(self.extractor, "voice")


class BranchSpec(Struct, frozen=True, forbid_unknown_fields=True):
    """How the rows of a stream become one branch's answer.

    Args:
        stream: whose rows.
        head: rows (1,T,D) of a span -> `log_probs` (1,C), and perhaps `descriptor` (1,E); without
            one the rows' own log-probabilities are pooled. With pooling "statistics" it reads mean
            and deviation of the rows, (1,2D).
        sampler, repeat, pooling: see `Aggregation`; the fields of a `FrameSampler`.
        least: rows that a span must have for an answer.
        temperature: by which the branch's log-probabilities are divided where it speaks alone.
        bias: {label: what is added to the branch's log-probability of it}, 0 for one left out.
    """

    stream: str
    head: _File | None = None
    sampler: dict[str, Any] | None = None
    repeat: bool = False
    pooling: Pooling = "log_mean"
    least: Annotated[int, Meta(ge=1)] = 1
    temperature: Annotated[float, Meta(gt=0)] = 1.0
    bias: dict[str, _Bias] = {}

    def __post_init__(self) -> None:
        reading = self.reading  # refuses a sampler that cannot be
        if self.pooling == "statistics" and (self.head is None or not reading.merges):
            raise ValueError("pooling 'statistics' needs a head, and neither sampler nor repeat")

    @property
    def reading(self) -> Aggregation:
        """The operation itself."""
        told = self.sampler
        sampler = None if told is None else checked_fields(told, FrameSampler)
        return Aggregation(sampler, self.repeat, self.pooling)


class BundleSpec(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`bundle.json`, format version 2.

    `reliable_from` is the confidence from which an answer is called reliable: one number, or one
    for each set of branches that an answer may rest on, their names sorted and joined by "+".
    """

    format: Literal[2]
    name: str
    labels: tuple[str, ...]
    prior: dict[str, float]
    reliable_from: _Share | dict[str, _Share]
    below: Below | None = None
    ranges: OperatingRange = OperatingRange()
    streams: dict[str, StreamSpec]
    branches: Annotated[dict[str, BranchSpec], Meta(min_length=1)]
    fusion: dict[str, Any]
    files: dict[str, str]

    def __post_init__(self) -> None:
        for name, branch in self.branches.items():
            if branch.stream not in self.streams:
                raise ValueError(f"branch {name}: there is no stream {branch.stream}")
            if branch.head is None and self.streams[branch.stream].encoder is None:
                raise ValueError(f"branch {name}: has no network")
            if odd := sorted(set(branch.bias) - set(self.labels)):
                raise ValueError(f"branch {name}: bias for '{odd[0]}', which is no label")
        if not isinstance(self.fusion.get("file", ""), str):
            raise ValueError("fusion.file is not a name")
        missing = [name for name in self.models if name not in self.files]
        if missing:
            raise ValueError(f"no SHA-256 for {missing[0]}")
        named = self.fusion.get("branches")
        if not isinstance(named, list | tuple) or set(map(str, named)) != set(self.branches):
            raise ValueError("fusion.branches and the branches differ")
        for name, stream in self.pictures.items():
            fps = stream.settings.get("fps")
            if not isinstance(fps, int | float) or not 0 < fps <= _MOST_FPS:
                raise ValueError(f"stream {name}: fps {fps} is not from above 0 to {_MOST_FPS}")
        for key in ("fps", "detector", "max_side"):
            values = {s.settings.get(key) for s in self.pictures.values()} - {None}
            if len(values) > 1:
                raise ValueError(f"streams of pictures must agree on {key}")

    def least_confidence(self, present: Iterable[str]) -> float:
        """Confidence from which an answer that rests on these branches is called reliable."""
        if not isinstance(self.reliable_from, dict):
            return self.reliable_from
        return self.reliable_from.get("+".join(sorted(present)), 1.0)

    @property
    def pictures(self) -> dict[str, StreamSpec]:
        """The streams that look."""
        return {name: s for name, s in self.streams.items() if s.modality != "voice"}

    @property
    def models(self) -> list[str]:
        """The ONNX files."""
        names = [s.encoder for s in self.streams.values()]
        names += [b.head for b in self.branches.values()]
        return [n for n in [*names, self.fusion.get("file")] if n is not None]
