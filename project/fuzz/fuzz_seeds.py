"""Inputs that fuzzing begins with, for each target of `fuzz_targets`."""

from __future__ import annotations

import hashlib
import io
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from mien.inference import bundle as bundles
from mien.labels import EMOTIONS

__all__ = ["answer", "bundle", "manifest", "media", "network", "parquet", "table", "timing"]


def table(digest: str) -> dict[str, object]:
    """A small bundle that hears: one stream, one branch, one network."""
    return {
        "format": 2,
        "name": "small",
        "labels": list(EMOTIONS.names),
        "prior": dict.fromkeys(EMOTIONS.names, 1 / 7),
        "reliable_from": 0.5,
        "streams": {"voice": {"extractor": "speech_functionals", "encoder": "net.onnx"}},
        "branches": {"voice": {"stream": "voice"}},
        "fusion": {"kind": "mean", "branches": ["voice"], "classes": 7},
        "files": {"net.onnx": digest},
    }


def media() -> Iterator[bytes]:
    """The smallest clips of each container and codec."""
    with TemporaryDirectory() as folder:
        yield from _smallest(Path(folder))


def _smallest(folder: Path) -> Iterator[bytes]:
    from damage_sources import write_sources

    small = sorted(write_sources(folder), key=lambda path: path.stat().st_size)
    yield from (path.read_bytes() for path in small[:45])


def bundle() -> Iterator[bytes]:
    """A small `bundle.json`, and the default one."""
    digest = hashlib.sha256(b"net").hexdigest()
    yield json.dumps(table(digest)).encode()
    told = json.loads((bundles.default_path() / "bundle.json").read_text())
    for stream in told["streams"].values():
        stream["encoder"] = "net.onnx"
    told["files"] = {"net.onnx": digest}
    yield json.dumps(told).encode()


def network() -> Iterator[bytes]:
    """A small network that can be run."""
    from onnx import TensorProto, helper

    rows = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4])
    out = helper.make_tensor_value_info("log_probs", TensorProto.FLOAT, ["n", 7])
    values = helper.make_tensor("w", TensorProto.FLOAT, [4, 7], [0.1] * 28)
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["y"]),
        helper.make_node("LogSoftmax", ["y"], ["log_probs"], axis=1),
    ]
    graph = helper.make_graph(nodes, "g", [rows], [out], [values])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    yield model.SerializeToString()


def manifest() -> Iterator[bytes]:
    """Tables with and without their own labels."""
    yield b"id,path,start,end,label,speaker,split\na,a.mp4,0,1.5,happy,s1,train\nb,b.mp4,,,sad,,\n"
    yield b"id,path,label,label_set\na,a.mp4,calm,calm|tense\nb,b.mp4,tense,calm|tense\n"


def parquet() -> Iterator[bytes]:
    """A table in Parquet."""
    import pyarrow
    from pyarrow import parquet as files

    made = io.BytesIO()
    rows = {"id": ["a", "b"], "path": ["a", "b"], "label": ["happy", "sad"], "start": [0.0, None]}
    files.write_table(pyarrow.table(rows), made)
    yield made.getvalue()


def answer() -> Iterator[bytes]:
    """The answer for the sample clip."""
    import mien

    found = mien.analyze(mien.sample()).to_dict()
    found["people"] = [{**person, "thumbnail": None} for person in found["people"]]
    for person in found["people"]:
        person["track"] = {name: rows[:2] for name, rows in person["track"].items()}
    yield json.dumps(found).encode()


def timing() -> Iterator[bytes]:
    """Frames with any times."""
    draw = np.random.default_rng(0)
    for _ in range(20):
        rows = [
            struct.pack("<BqH", draw.integers(256), int(draw.integers(-(2**40), 2**40)), 1000)
            for _ in range(20)
        ]
        yield bytes(8) + b"".join(rows)
