from __future__ import annotations

import numpy as np

from mien.fusion.majority import FusedVote

from .clips import made, spoken


def test_votes_with_and_without_a_tie() -> None:
    fused = FusedVote(("a", "b", "c"), 3)
    said = fused.batch(
        {
            # two votes against one; one each, where the mean decides; a tie of two
            "a": spoken([0.4, 0.35, 0.25], [0.5, 0.3, 0.2], [0.9, 0.1, 0.0]),
            "b": spoken([0.4, 0.30, 0.30], [0.1, 0.6, 0.3], [0.4, 0.6, 0.0]),
            "c": spoken([0.0, 1.00, 0.00], [0.1, 0.4, 0.5], []),
        }
    )
    assert said.argmax(1).tolist() == [0, 1, 0]
    # (votes 2, 1, 0 + mean .8/3, 1.65/3, .55/3) / 4
    np.testing.assert_allclose(said[0], np.array([6.8, 4.65, 0.55]) / 12, atol=1e-8)


def test_the_mean_never_overturns_a_majority() -> None:
    parts, _ = made(300, seed=5, absent=0)
    said = FusedVote(tuple(sorted(parts)), 4).batch(parts).argmax(1)
    ballots = np.array([part.log_probs.argmax(1) for part in parts.values()]).T
    votes = np.array([np.bincount(row, minlength=4) for row in ballots])
    assert (votes[np.arange(300), said] == votes.max(1)).all()
