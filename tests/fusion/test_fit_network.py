from __future__ import annotations

import numpy as np
import torch

from mien.fusion.branch_scores import BranchScores, stacked
from mien.fusion.fit_network import Prepared, kept_branches
from mien.fusion.fused_network import network_rows
from mien.training.models.concat_mlp import ConcatMlpNet


def test_modality_dropout_never_drops_all() -> None:
    draw = np.random.default_rng(0)
    present = draw.random((4000, 3)) < 0.7
    present = present[present.any(1)]
    kept = kept_branches(present, 0.3, np.random.default_rng(1))
    assert kept.any(1).all()
    assert not (kept & ~present).any()
    three = present.all(1)
    # One of three is left with its chance .7 plus a third of those that would be empty.
    assert abs(kept[three].mean() - (0.7 + 0.3**3 / 3)) < 0.02
    assert kept_branches(present, 0.99, draw).sum(1).max() <= 3
    np.testing.assert_array_equal(kept_branches(present, 0.0, draw), present)


def test_rows_hold_descriptors_probabilities_and_flags() -> None:
    face = BranchScores.of(np.log([[0.9, 0.1], [0.5, 0.5]]), np.array([[1.0, 2.0], [3.0, 4.0]]))
    voice = BranchScores.of(np.array([[np.nan, np.nan], np.log([0.2, 0.8])]))
    stack = stacked({"face": face, "voice": voice}, ("face", "voice"), 2)
    rows = network_rows(stack, (2, 0))
    wanted = [
        [1, 2, 0, 0, 0.9, 0.1, 0, 0, 1, 0],
        [3, 4, 0.2, 0.8, 0.5, 0.5, 0.2, 0.8, 1, 1],
    ]
    np.testing.assert_allclose(rows, wanted, atol=1e-6)


def test_descriptors_are_scaled_over_the_clips_that_have_them() -> None:
    # Two branches of width 1; the second is absent from the last clip.
    rows = np.zeros((3, 2 + 4 + 2), np.float32)
    rows[:, 0], rows[:, 1] = [1, 2, 6], [4, 8, 77]
    rows[:, -2:] = [[1, 1], [1, 1], [1, 0]]
    seen = []

    class Seen(ConcatMlpNet):
        def forward(self, descriptors: torch.Tensor) -> torch.Tensor:
            seen.append(descriptors)
            return super().forward(descriptors)

    Prepared(Seen(2, 2), (1, 1), 2, rows)(torch.from_numpy(rows))
    spread = np.std([1, 2, 6])
    np.testing.assert_allclose(seen[0][:, 0], np.array([-2, -1, 3]) / spread, rtol=1e-5)
    np.testing.assert_allclose(seen[0][:, 1], [-1, 1, 0], rtol=1e-5)
