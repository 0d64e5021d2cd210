from __future__ import annotations

import numpy as np

from mien.fusion.maximum import FusedMaximum

from .clips import made, spoken


def test_the_surest_branch_decides() -> None:
    fused = FusedMaximum(("a", "b", "c"), 3)
    said = fused.batch(
        {
            "a": spoken([0.6, 0.3, 0.1], [0.6, 0.3, 0.1], [0.5, 0.4, 0.1]),
            "b": spoken([0.1, 0.8, 0.1], [], [0.1, 0.5, 0.4]),
            "c": spoken([0.2, 0.1, 0.7], [0.2, 0.1, 0.7], []),
        }
    )
    wanted = [[0.1, 0.8, 0.1], [0.2, 0.1, 0.7], [0.5, 0.4, 0.1]]  # a tie: the first by name
    np.testing.assert_allclose(said, wanted)


def test_its_class_is_that_of_the_largest_score() -> None:
    parts, _ = made(200, seed=3, absent=0)
    said = FusedMaximum(tuple(sorted(parts)), 4).batch(parts)
    largest = np.max([part.log_probs for part in parts.values()], axis=0)
    np.testing.assert_array_equal(said.argmax(1), largest.argmax(1))
