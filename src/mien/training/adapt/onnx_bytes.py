"""A linear head as the ONNX file that bundles run, written without the package onnx.

Bundles are run on the base install, which has onnxruntime and not onnx; and the one small graph
that is written here needs no more than the wire format of protocol buffers: fields, each a number
and a value, either a whole number or bytes with their length before them
(https://protobuf.dev/programming-guides/encoding; numbers of fields from onnx.proto, IR version 8).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["linear_model"]

_WHOLE, _BYTES = 0, 2  # wire types
_FLOAT = 1  # TensorProto.FLOAT
_IR, _OPSET = 8, 17


def linear_model(weights: NDArray[np.float32], bias: NDArray[np.float32]) -> bytes:
    """A model `rows` (n,E) -> `log_probs` (n,K), the logarithm of softmax(rows W + b).

    Args:
        weights: (E,K).
        bias: (K,).
    """
    columns, classes = weights.shape
    graph = (
        _field(1, _node("Gemm", ("rows", "weights", "bias"), "logits"))
        + _field(1, _node("LogSoftmax", ("logits",), "log_probs"))
        + _field(2, b"linear")
        + _field(5, _tensor("weights", weights))
        + _field(5, _tensor("bias", bias))
        + _field(11, _table("rows", columns))
        + _field(12, _table("log_probs", classes))
    )
    opset = _field(1, b"") + _number(2, _OPSET)
    return _number(1, _IR) + _field(2, b"mien") + _field(7, graph) + _field(8, opset)


def _node(kind: str, inputs: tuple[str, ...], output: str) -> bytes:
    """NodeProto; attributes have their defaults."""
    named = b"".join(_field(1, name.encode()) for name in inputs)
    return named + _field(2, output.encode()) + _field(3, kind.encode()) + _field(4, kind.encode())


def _tensor(name: str, values: NDArray[np.float32]) -> bytes:
    """TensorProto with raw little-endian float32."""
    shape = b"".join(_number(1, size) for size in values.shape)
    raw = np.ascontiguousarray(values, dtype="<f4").tobytes()
    return shape + _number(2, _FLOAT) + _field(8, name.encode()) + _field(9, raw)


def _table(name: str, columns: int) -> bytes:
    """ValueInfoProto of floats (n,columns)."""
    shape = _field(1, _field(2, b"n")) + _field(1, _number(1, columns))
    kind = _field(1, _number(1, _FLOAT) + _field(2, shape))
    return _field(1, name.encode()) + _field(2, kind)


def _number(field: int, value: int) -> bytes:
    """A field with a whole number."""
    return _varint(field << 3 | _WHOLE) + _varint(value)


def _field(field: int, content: bytes) -> bytes:
    """A field with bytes: text, a message, or raw numbers."""
    return _varint(field << 3 | _BYTES) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """A whole number from 0 in groups of seven bits, the lowest first."""
    result = bytearray()
    while value > 0x7F:
        result.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*result, value])
