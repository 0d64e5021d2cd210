"""Which of seven emotions the people in a video show, from face and voice together.

    >>> import mien
    >>> prediction = mien.analyze(mien.sample())
    >>> prediction.label, prediction.confidence

Names below are imported on first use, so that `import mien` stays quick.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

# Official builds of ONNX Runtime (from 1.29 on) report to Microsoft unless told not to before they
# are loaded (its Privacy.md).
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

__version__ = "0.1.0"

_HOMES = {
    "Bundle": "mien.inference.bundle",
    "BundleError": "mien.errors",
    "Client": "mien.client",
    "EMOTIONS": "mien.labels",
    "LabelSet": "mien.labels",
    "Live": "mien.inference.live",
    "MediaError": "mien.errors",
    "MienError": "mien.errors",
    "MissingExtraError": "mien.errors",
    "Options": "mien.inference.analysis",
    "OutputError": "mien.errors",
    "Prediction": "mien.types",
    "ServiceError": "mien.errors",
    "UsageError": "mien.errors",
    "analyze": "mien.inference.analysis",
    "lines": "mien.inference.transcript.analyze",
    "load": "mien.inference.bundle",
    "sample": "mien.core.sample_clip",
}

__all__ = [
    "EMOTIONS",
    "Bundle",
    "BundleError",
    "Client",
    "LabelSet",
    "Live",
    "MediaError",
    "MienError",
    "MissingExtraError",
    "Options",
    "OutputError",
    "Prediction",
    "ServiceError",
    "UsageError",
    "__version__",
    "analyze",
    "lines",
    "load",
    "sample",
]

if TYPE_CHECKING:
    from mien.client import Client
    from mien.core.sample_clip import sample
    from mien.errors import (
        BundleError,
        MediaError,
        MienError,
        MissingExtraError,
        OutputError,
        ServiceError,
        UsageError,
    )
    from mien.inference.analysis import Options, analyze
    from mien.inference.bundle import Bundle, load
    from mien.inference.live import Live
    from mien.inference.transcript.analyze import lines
    from mien.labels import EMOTIONS, LabelSet
    from mien.types import Prediction


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'mien' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return list(__all__)
