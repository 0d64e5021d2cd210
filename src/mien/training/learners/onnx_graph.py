"""Finishing the ONNX graph of a scikit-learn pipeline in the form that bundles have."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["with_log_probs"]


def with_log_probs(content: bytes, seen: Sequence[int], classes: int, decides: bool) -> bytes:
    """Make the graph give `log_probs` (N,classes) for `rows` (N,D), and nothing else.

    Args:
        content: an ONNX file with the input X and the outputs label and scores.
        seen: columns of the classes that the scores are for, in order.
        classes: size of the label set; a class that was not seen gets log(1e-6).
        decides: whether the scores are decision values, and not probabilities.
    """
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load_from_string(content)
    graph = model.graph
    scores, rows = graph.output[1].name, graph.input[0].name
    placement = np.zeros((len(seen), classes), np.float32)
    placement[np.arange(len(seen)), list(seen)] = 1
    rest = np.where(placement.any(0), 0, np.log(1e-6)).astype(np.float32)
    for name, value in (("place", placement), ("rest", rest)):
        graph.initializer.append(numpy_helper.from_array(value, name))
    if decides:
        graph.node.append(helper.make_node("LogSoftmax", [scores], ["logs"], axis=1))
    else:
        limits = {"least": np.float32(1e-6), "most": np.float32(1)}
        for name, limit in limits.items():
            graph.initializer.append(numpy_helper.from_array(np.array(limit), name))
        graph.node.append(helper.make_node("Clip", [scores, *limits], ["clipped"]))
        graph.node.append(helper.make_node("Log", ["clipped"], ["logs"]))
    graph.node.append(helper.make_node("MatMul", ["logs", "place"], ["placed"]))
    graph.node.append(helper.make_node("Add", ["placed", "rest"], ["log_probs"]))
    for node in graph.node:
        node.input[:] = ["rows" if name == rows else name for name in node.input]
    del graph.output[:]
    kind = onnx.TensorProto.FLOAT
    graph.output.append(helper.make_tensor_value_info("log_probs", kind, [None, classes]))
    graph.input[0].name = "rows"
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())
