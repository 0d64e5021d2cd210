from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from mien.training.adapt.onnx_bytes import linear_model


@pytest.mark.parametrize("shape", [(1, 2), (14, 3), (300, 7)])
def test_it_is_what_the_package_onnx_writes(shape: tuple[int, int], tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    from mien.training.learners.linear import LinearHead

    draw = np.random.default_rng(0)
    weights, bias = draw.normal(size=shape).astype("f4"), draw.normal(size=shape[1]).astype("f4")
    path = tmp_path / "head.onnx"
    path.write_bytes(linear_model(weights, bias))
    onnx.checker.check_model(onnx.load(str(path)), full_check=True)
    head = LinearHead.load(path)
    np.testing.assert_array_equal(head.weights, weights)
    np.testing.assert_array_equal(head.bias, bias)


def test_onnxruntime_runs_it() -> None:
    draw = np.random.default_rng(1)
    weights, bias = draw.normal(size=(6, 4)).astype("f4"), draw.normal(size=4).astype("f4")
    session = onnxruntime.InferenceSession(linear_model(weights, bias))
    assert session.get_inputs()[0].shape == ["n", 6]
    rows = draw.normal(size=(3, 6)).astype("f4")
    (said,) = session.run(None, {"rows": rows})
    logits = rows @ weights + bias
    np.testing.assert_allclose(
        said, logits - np.log(np.exp(logits).sum(1, keepdims=True)), atol=1e-5
    )
