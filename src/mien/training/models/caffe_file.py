"""Caffe's `.caffemodel` files: the parameters of each layer, in Caffe's order.

Only the parts of Caffe's `caffe.proto` that hold parameters are declared here, both the layers of
today (`layer`, field 100) and those of 2014 (`layers`, field 2), in which VGG-Face and C3D came.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["net_parameter", "read_caffe"]

Floats = NDArray[np.float32]

_PLAIN, _NORM, _NORM_OF_CAFFE = 2, 4, 3  # parameters of a layer


def read_caffe(path: Path) -> dict[str, Floats]:
    """{"conv1_1.weight": ..., "conv1_1.bias": ...} of a file, "/" in names written as "_".

    A layer of four blobs is a batch norm of TSN's Caffe (scale, shift, mean, variance); one of
    three is that of Caffe itself (mean and variance, both times a factor). Blobs whose shape does
    not hold their values, as in C3D's own Caffe, are given flat: their order is that of torch.

    Raises:
        google.protobuf.message.DecodeError: it is no such file, or a damaged one.
        ValueError: the values of a layer are not whole floats.
        OSError: it cannot be read.
    """
    net = net_parameter()()
    net.ParseFromString(path.read_bytes())
    tensors = {}
    for layer in (*net.layer, *net.layers):
        blobs = [_array(blob) for blob in layer.blobs]
        name = layer.name.replace("/", "_")
        tensors.update({f"{name}.{kind}": value for kind, value in _named(blobs)})
    return tensors


def _named(blobs: list[Floats]) -> Iterator[tuple[str, Floats]]:
    if len(blobs) == _NORM:
        yield from zip(("weight", "bias", "running_mean", "running_var"), blobs, strict=True)
    elif len(blobs) == _NORM_OF_CAFFE and blobs[2].size == 1:
        factor = float(blobs[2].reshape(())) or 1.0
        yield from (("running_mean", blobs[0] / factor), ("running_var", blobs[1] / factor))
    else:
        yield from zip(("weight", "bias"), blobs[:_PLAIN], strict=False)


def _array(blob: Any) -> Floats:
    """The values of a blob, in its shape."""
    values = np.frombuffer(blob.data, "<f4")
    old = [int(getattr(blob, name)) for name in ("num", "channels", "height", "width")]
    shape = list(blob.shape.dim) or [max(1, side) for side in old]
    return values.reshape(shape) if int(np.prod(shape)) == values.size else values


@cache
def net_parameter() -> Any:
    """The message class NetParameter, with what is needed of it; `data` is kept as bytes."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="mien_caffe.proto", package="mien_caffe")
    messages: Mapping[str, tuple[tuple[str, int, str, bool], ...]] = {
        "BlobShape": (("dim", 1, "int64", True),),
        "BlobProto": (
            ("num", 1, "int32", False),
            ("channels", 2, "int32", False),
            ("height", 3, "int32", False),
            ("width", 4, "int32", False),
            ("data", 5, "bytes", False),  # packed floats look the same
            ("shape", 7, "BlobShape", False),
        ),
        "LayerParameter": (("name", 1, "string", False), ("blobs", 7, "BlobProto", True)),
        "V1LayerParameter": (("name", 4, "string", False), ("blobs", 6, "BlobProto", True)),
        "NetParameter": (
            ("name", 1, "string", False),
            ("layers", 2, "V1LayerParameter", True),
            ("layer", 100, "LayerParameter", True),
        ),
    }
    for name, fields in messages.items():
        message = file.message_type.add(name=name)
        for field, number, kind, repeated in fields:
            declared = message.field.add(name=field, number=number, label=3 if repeated else 1)
            plain = getattr(descriptor_pb2.FieldDescriptorProto, f"TYPE_{kind.upper()}", None)
            declared.type = 11 if plain is None else plain
            if plain is None:
                declared.type_name = f".mien_caffe.{kind}"
            elif repeated:
                declared.options.packed = True
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("mien_caffe.NetParameter"))
