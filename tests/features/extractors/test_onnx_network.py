from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import mien
from mien.errors import UsageError
from mien.features.extractors import extractor
from mien.features.extractors.frame_statistics import FrameStatistics, statistics
from tests.conftest import tone, write_sound


def network(folder: Path, **preparation: object) -> str:
    """The mean of each channel over the picture, and a second output of no use."""
    pictures = helper.make_tensor_value_info("pictures", TensorProto.FLOAT, ["n", 3, 32, 32])
    mean = helper.make_tensor_value_info("mean", TensorProto.FLOAT, ["n", 3, 1, 1])
    same = helper.make_tensor_value_info("same", TensorProto.FLOAT, ["n", 3, 32, 32])
    nodes = [
        helper.make_node("Identity", ["pictures"], ["same"]),
        helper.make_node("GlobalAveragePool", ["pictures"], ["mean"]),
    ]
    graph = helper.make_graph(nodes, "means", [pictures], [same, mean])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    onnx.save(model, folder / "net.onnx")
    how = {"size": 32, "output": "mean", **preparation}
    (folder / "net.json").write_text(json.dumps(how))
    return f"onnx:{folder / 'net.onnx'}"


@pytest.mark.parametrize("sees", ["faces", "frames"])
def test_rows_are_what_the_network_says_of_each_picture(sees: str, tmp_path: Path) -> None:
    name = network(tmp_path, sees=sees, order="BGR", mean=[10, 20, 30], std=[2.0])
    one = extractor(name, fps=5.0)
    assert one.name == "onnx"
    assert one.modality == ("face" if sees == "faces" else "frame")
    found = one.extract(mien.sample(), 0.0, 2.0)
    more = {"colour": True, "detector": "blazeface"} if sees == "faces" else {}
    seen = extractor(sees, fps=5.0, size=32, **more).extract(mien.sample(), 0.0, 2.0)
    wanted = (seen.values.reshape(len(seen), -1, 3).mean(1)[:, ::-1] - [10, 20, 30]) / 2
    np.testing.assert_allclose(found.values, wanted, atol=1e-2)
    assert found.times.tolist() == seen.times.tolist()


def test_another_preparation_is_another_feature(tmp_path: Path) -> None:
    first = extractor(network(tmp_path)).settings()
    assert first == extractor(network(tmp_path)).settings()
    assert first != extractor(network(tmp_path, margin=0.1)).settings()


def test_a_clip_without_a_face_has_no_rows_but_their_width(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.wav", tone(1.0), 16_000, "mono", "pcm_s16le")
    found = extractor(network(tmp_path)).extract(path, None, None)
    assert found.values.shape == (0, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "no file .*net.json"),
        ("{}", "net.json: .*missing required field `size`"),
        ('{"size": 32, "sise": 3}', "unknown field `sise`"),
        ('{"size": 4}', "size 4 must be"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(text: str | None, message: str, tmp_path: Path) -> None:
    network(tmp_path)
    (tmp_path / "net.json").unlink()
    if text is not None:
        (tmp_path / "net.json").write_text(text)
    (tmp_path / "net.onnx").rename(tmp_path / f"{len(message)}net.onnx")  # no cached answer
    (tmp_path / "net.json").rename(tmp_path / f"{len(message)}net.json") if text else None
    with pytest.raises(UsageError, match=message) as error:
        extractor(f"onnx:{tmp_path}/{len(message)}net.onnx")
    assert "\n" not in str(error.value)


def test_four_statistics_of_the_rows_of_a_clip(tmp_path: Path) -> None:
    rows = np.array([[1.0, 4.0], [3.0, 0.0]], np.float32)
    assert statistics(rows).tolist() == [[2, 2, 1, 2, 1, 0, 3, 4]]
    assert statistics(rows[:0]).shape == (0, 8)
    name = network(tmp_path)
    one = FrameStatistics(name, fps=5.0)
    whole = extractor(name, fps=5.0).extract(mien.sample(), 0.0, 2.0)
    found = one.extract(mien.sample(), 0.0, 2.0)
    np.testing.assert_allclose(found.values, statistics(whole.values))
    with pytest.raises(UsageError, match="gives pictures"):
        FrameStatistics("faces")
