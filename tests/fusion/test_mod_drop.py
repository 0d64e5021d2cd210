from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from mien.errors import UsageError
from mien.fusion.mod_drop import ModDrop

from .clips import CLASSES, made

SMALL = ModDrop(hidden_per_modality=8)
SHORT = replace(SMALL, training=replace(SMALL.training, epochs=12, rate=1e-2, weight_decay=0.0))


def norms(fusion: ModDrop, path: Path) -> np.ndarray:
    """The off-diagonal norm after each epoch."""
    parts, labels = made(160, seed=0)
    fusion.fit(parts, labels, CLASSES, 0, path)
    lines = (path / "log.csv").read_text().splitlines()
    column = lines[0].split(",").index("off_diagonal")
    return np.array([float(line.split(",")[column]) for line in lines[1:]])


def test_gamma_falls_geometrically_from_high_to_low() -> None:
    assert ModDrop().gamma(0) == pytest.approx(1e2)
    assert ModDrop().gamma(0.5) == pytest.approx(1e-1)
    assert ModDrop().gamma(1) == pytest.approx(1e-4)


def test_the_blocks_between_modalities_fall_to_zero_and_are_freed(tmp_path: Path) -> None:
    found = norms(SHORT, tmp_path)
    least = int(found.argmin())
    assert 0 < least < 10
    assert found[least] < 0.01 * found[0]
    assert found[-1] > 2 * found[least]


def test_neverova_s_variant_holds_them_at_zero_until_the_release(tmp_path: Path) -> None:
    fusion = replace(SHORT, hard_zero=True)
    found = norms(fusion, tmp_path)
    # The release falls on the first step of epoch 6.
    assert (found[:6] == 0).all()
    assert (found[6:] > 0.05).all()
    weights = onnx.load(str(tmp_path / "fusion.onnx")).graph.initializer
    first = [w for w in map(numpy_helper.to_array, weights) if w.shape == (24, 15)]
    assert any(np.abs(w[:8, 6:]).max() > 0 for w in first)  # freed in what is kept, too


def test_a_low_gamma_lets_them_be(tmp_path: Path) -> None:
    found = norms(replace(SHORT, gamma_start=1e-8, gamma_end=1e-8), tmp_path)
    assert found.min() > 0.5 * found[0]


def test_bad_numbers_are_refused() -> None:
    with pytest.raises(UsageError, match="gamma may not rise"):
        ModDrop(gamma_start=1e-4, gamma_end=1.0)
    with pytest.raises(UsageError, match="drop 1"):
        ModDrop(drop=1.0)
