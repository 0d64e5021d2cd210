from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mien.errors import UsageError
from mien.fusion.concat_mlp import ConcatMlp
from mien.fusion.fused_network import FusedNetwork
from mien.training.schedules import OptimConfig

from .clips import CLASSES, made

QUICK = ConcatMlp(OptimConfig(epochs=1, steps=5, average=0.0), hidden=(8,))


def test_a_descriptor_that_is_missing_or_of_another_width_is_named(tmp_path: Path) -> None:
    parts, labels = made(60, seed=0)
    fused = QUICK.fit(parts, labels, CLASSES, 0, tmp_path)
    assert isinstance(fused, FusedNetwork)
    assert dict(zip(fused.branches, fused.sizes, strict=True)) == {
        "face": 6,
        "scene": 5,
        "voice": 0,
    }
    say = np.zeros(CLASSES)
    with pytest.raises(UsageError, match="'face': descriptor of 0 values, the fusion takes 6"):
        fused({"face": (say, None)})
    with pytest.raises(UsageError, match="'scene': descriptor of 6 values, the fusion takes 5"):
        fused({"scene": (say, np.zeros(6))})


def test_the_log_stays_and_the_state_does_not(tmp_path: Path) -> None:
    parts, labels = made(60, seed=0)
    QUICK.fit(parts, labels, CLASSES, 0, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fusion.onnx", "log.csv"]
