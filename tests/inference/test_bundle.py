from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from mien import BundleError, load
from mien.inference.bundle import default_path, installed
from mien.inference.session import Session
from mien.labels import EMOTIONS


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(default_path(), tmp_path / "bundle"))


def test_the_default_bundle_is_whole_small_and_named() -> None:
    bundle = load()
    assert bundle.labels.names == EMOTIONS.names
    assert default_path() in installed()
    face, voice = (bundle.path / name for name in ("face.onnx", "voice.onnx"))
    assert face.stat().st_size < 6e6
    assert voice.stat().st_size < 18e6
    card = json.loads((bundle.path / "card.json").read_text())
    assert {"name", "licence", "scores"} <= set(card)


def test_networks_give_log_probabilities_for_any_number_of_rows() -> None:
    bundle, draw = load(), np.random.default_rng(0)
    crops = draw.integers(0, 255, (70, 48, 48), np.uint8)
    rows = bundle.encode("face", crops)
    np.testing.assert_allclose(np.exp(rows).sum(1), 1, atol=1e-3)
    np.testing.assert_allclose(bundle.encode("face", crops[:3]), rows[:3], atol=1e-4)
    assert bundle.encode("face", crops[:0]).shape == (0, 7)
    mel = draw.normal(size=(1, 80, 130)).astype(np.float32)
    assert bundle.encode("voice", mel).shape == (65, 7)
    assert bundle.encode("voice", mel[:0]).shape == (0, 7)
    assert bundle.encode("voice", mel, whole=True).shape == (65, 1024 + 7)
    whole = bundle.encode("face", crops[:3], whole=True)
    assert whole.shape[1] > 7
    np.testing.assert_allclose(whole[:, -7:], rows[:3], atol=1e-4)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("size", [1, 2, 5, 8])
@pytest.mark.parametrize("whole", [False, True])
def test_what_a_row_gets_does_not_hang_on_the_others(threads: int, size: int, whole: bool) -> None:
    bundle, draw = load(threads=threads), np.random.default_rng(1)
    rows = draw.integers(0, 255, (40, 48, 48), np.uint8)
    parts = [bundle.encode("face", rows[k : k + size], whole=whole) for k in range(0, 40, size)]
    at_once = bundle.encode("face", rows, whole=whole)
    np.testing.assert_array_equal(np.concatenate(parts), at_once)


@pytest.mark.parametrize("name", ["face.onnx", "voice.onnx"])
def test_a_changed_byte_is_noticed(copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(BundleError, match=f"{name}: changed since"):
        load(copy)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": 1}, "format"),
        ({"extra": 1}, "extra"),
        ({"files": {}}, "no SHA-256"),
        ({"files": {"../x": "0", "face.onnx": "0", "voice.onnx": "0"}}, "is missing|changed"),
        ({"reliable_from": 7}, "reliable_from"),
        ({"branches": {"face": {"stream": "eyes"}}}, "no stream eyes"),
        ({"branches": {"face": {"stream": "face"}}}, "fusion.branches and the branches differ"),
        ({"branches": {"face": {"stream": "face", "bias": {"bored": 1.0}}}}, "bias for 'bored'"),
        ({"reliable_from": float("nan")}, "malformed"),
        ({"reliable_from": "0.5"}, "reliable_from: Expected `float \\| object`, got `str`"),
        ({"prior": {"angry": True}}, "prior.angry: Expected `float`, got `bool`"),
        ({"branches": {}}, "branches: Expected `object` of length >= 1"),
        ({"below": {"right": 0.5, "n": 0}}, "below.n: Expected `int` >= 1"),
        ({"ranges": {"dim": 3}}, "ranges.dim: is unknown"),
        (
            {"branches": {"face": {"stream": "face", "sampler": {"mode": "all", "mood": 1}}}},
            "branches.face: mood: is unknown",
        ),
        (
            {"branches": {"face": {"stream": "face", "sampler": {"mode": "all", "n": 0}}}},
            "branches.face: sampler 'all': n must be at least 1",
        ),
        (
            {"branches": {"face": {"stream": "face", "pooling": "median"}}},
            "branches.face.pooling: must be 'log_mean' or 'mean' or 'max' or 'statistics'",
        ),
        (
            {"streams": {"face": {"extractor": "faces", "encoder": "../face.onnx"}}},
            "streams.face.encoder: Expected `str` matching regex",
        ),
        ({"fusion": {"kind": "oracle", "branches": ["face", "voice"]}}, "'oracle' is unknown"),
    ],
)
def test_a_table_that_is_not_right_is_refused_in_one_line(
    copy: Path, change: dict[str, object], words: str
) -> None:
    table = copy / "bundle.json"
    table.write_text(json.dumps(json.loads(table.read_text()) | change))
    with pytest.raises(BundleError, match=words) as caught:
        load(copy)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "[" * 100_000, '{"a":' * 100_000, "9" * 5000, "1e999", "\ufeff{}"]
)
def test_what_is_no_table_is_refused_in_one_line(copy: Path, text: str) -> None:
    (copy / "bundle.json").write_text(text, "utf-8")
    with pytest.raises(BundleError, match="not a bundle of format 2") as caught:
        load(copy)
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_that_is_no_bundle(copy: Path, tmp_path: Path) -> None:
    (copy / "voice.onnx").unlink()
    with pytest.raises(BundleError, match=r"'voice\.onnx' is missing"):
        load(copy)
    with pytest.raises(BundleError, match="installed ones: default"):
        load(tmp_path)


def test_a_stream_of_voice_that_does_not_hear_is_refused(copy: Path) -> None:
    table = copy / "bundle.json"
    told = json.loads(table.read_text())
    told["streams"]["voice"]["extractor"] = "lbp_top"
    table.write_text(json.dumps(told))
    with pytest.raises(BundleError, match="stream voice: 'lbp_top' does not hear"):
        Session(load(copy))


def test_rows_that_a_network_cannot_take_are_one_line() -> None:
    with pytest.raises(BundleError, match=r"face\.onnx: fails on input \(1, 3\)"):
        load().encode("face", np.zeros((1, 3), np.uint8))


@pytest.mark.parametrize("place", ["weights.bin", "../weights.bin", "/etc/hostname"])
def test_a_network_reads_no_other_file(tmp_path: Path, place: str) -> None:
    onnx = pytest.importorskip("onnx")
    weights = onnx.TensorProto(name="w", data_type=onnx.TensorProto.FLOAT, dims=[649, 7])
    weights.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", place), ("length", str(4 * 649 * 7))):
        weights.external_data.add(key=key, value=value)
    kind, make = onnx.TensorProto.FLOAT, onnx.helper.make_tensor_value_info
    node = onnx.helper.make_node("MatMul", ["x", "w"], ["log_probs"])
    given, found = make("x", kind, ["n", 649]), make("log_probs", kind, ["n", 7])
    graph = onnx.helper.make_graph([node], "g", [given], [found], [weights])
    model = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8
    )
    folder = tmp_path / "bundle"
    shutil.copytree(default_path(), folder)
    content = model.SerializeToString()
    (folder / "voice.onnx").write_bytes(content)
    for file in (folder / "weights.bin", tmp_path / "weights.bin"):
        file.write_bytes(np.ones(649 * 7, np.float32).tobytes())
    table = json.loads((folder / "bundle.json").read_text())
    table["files"]["voice.onnx"] = hashlib.sha256(content).hexdigest()
    (folder / "bundle.json").write_text(json.dumps(table))
    with pytest.raises(BundleError, match=r"voice\.onnx: onnxruntime cannot run it"):
        load(folder).encode("voice", np.ones((1, 649), np.float32))
