"""MatConvNet's `.mat` files: VGG-Face as its authors give it out, and other networks of Oxford."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["read_matconvnet"]

Floats = NDArray[np.float32]

_KINDS = {"_filter": "weight", "_bias": "bias", "f": "weight", "b": "bias"}
"""How DagNN's names of parameters end."""


def read_matconvnet(path: Path) -> dict[str, Floats]:
    """{"conv1_1.weight": (outputs,inputs,height,width), "conv1_1.bias": ...}.

    SimpleNN keeps `layers`, each with `weights` (or `filters` and `biases`), DagNN `params`, each
    with `name` and `value`. MatConvNet orders filters by height, width, inputs and outputs, and
    writes a fully connected layer as a convolution: behind a flattened map it becomes a matrix.

    Raises:
        NotImplementedError: it is of MATLAB 7.3, which is HDF5.
        KeyError: it holds no network.
        ValueError, TypeError, IndexError: it is no such file, or a network of another form.
        scipy.io.matlab.MatReadError, zlib.error, OSError: it is empty, damaged, or cannot be read.
    """
    from scipy.io import loadmat

    content = loadmat(path)
    if "net" in content:
        content = {name: content["net"][0, 0][name] for name in content["net"].dtype.names}
    if "params" in content:
        return _dag(content["params"])
    return _simple(content["layers"])


def _simple(layers: Any) -> dict[str, Floats]:
    tensors = {}
    for cell in layers.ravel():
        layer = cell[0, 0]
        known = layer.dtype.names
        if "weights" in known and layer["weights"].size >= 2:
            filters, biases = layer["weights"].ravel()[:2]
        elif "filters" in known:
            filters, biases = layer["filters"], layer["biases"]
        else:
            continue
        name = str(layer["name"].ravel()[0])
        tensors[f"{name}.weight"] = _filters(filters)
        tensors[f"{name}.bias"] = np.asarray(biases, np.float32).ravel()
    return tensors


def _dag(params: Any) -> dict[str, Floats]:
    tensors = {}
    for param in params.ravel():
        name, value = str(param["name"].ravel()[0]), param["value"]
        end = next((end for end in _KINDS if name.endswith(end)), "")
        kind = _KINDS.get(end, "")
        if kind:
            fitting = _filters(value) if kind == "weight" else np.asarray(value, np.float32).ravel()
            tensors[f"{name.removesuffix(end)}.{kind}"] = fitting
    return tensors


def _filters(value: Any) -> Floats:
    """(height,width,inputs,outputs), of which MATLAB drops last ones of 1, as torch has them."""
    filters = np.asarray(value, np.float32)
    filters = filters.reshape(*filters.shape, *[1] * (4 - filters.ndim))
    return np.ascontiguousarray(filters.transpose(3, 2, 0, 1))
