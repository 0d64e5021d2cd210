from __future__ import annotations

import numpy as np
import pytest

from mien.fusion.branch_scores import BranchScores
from mien.fusion.log_opinion import FusedLogPool
from mien.fusion.log_pool import LogPool, softmax
from mien.training.adapt.pool import fit_pool, fused, log_losses
from tests.training.adapt.made import BASE, made_clips


def test_fused_is_what_a_bundle_fuses_also_where_a_branch_is_absent() -> None:
    clips = made_clips(20)
    parts = {name: rows.copy() for name, rows in clips.said.items()}
    parts["voice"][:5] = np.nan
    parts["face"][3:8] = np.nan
    pool = FusedLogPool(("face", "voice"), 3, BASE.weights, BASE.temperatures)
    theirs = pool.batch({name: BranchScores.of(rows) for name, rows in parts.items()})
    ours = fused(LogPool(BASE.weights, BASE.temperatures), parts, BASE.prior)
    there = ~np.isnan(theirs[:, 0])
    assert there.sum() == 18
    np.testing.assert_allclose(ours[there], theirs[there], atol=1e-9)
    np.testing.assert_allclose(ours[~there], 1 / 3)


def test_without_clips_the_numbers_of_the_bundle_stay() -> None:
    nothing = {name: np.full((12, 3), np.nan) for name in BASE.weights}
    found = fit_pool(nothing, np.zeros(12, int), BASE)
    assert found.weights == BASE.weights
    assert found.temperatures == BASE.temperatures


def test_weight_goes_to_the_branch_that_is_right_the_more_the_more_labels() -> None:
    shares = []
    for n in (15, 60, 240):
        clips = made_clips(n)
        right = np.log(softmax(4.0 * np.eye(3)[clips.labels]))
        found = fit_pool({"face": right, "voice": clips.said["voice"]}, clips.labels, BASE)
        assert sum(found.weights.values()) == pytest.approx(1)
        shares.append(found.weights["face"])
    assert 0.5 < shares[0] < shares[1] < shares[2]


def test_answers_that_are_too_sure_get_a_higher_temperature() -> None:
    clips = made_clips(100)
    sure = {name: 5 * rows for name, rows in clips.said.items()}
    found = fit_pool(sure, clips.labels, BASE)
    assert all(
        found.temperatures[name] > 1.5 * BASE.temperatures[name] for name in ("face", "face+voice")
    )
    before = fused(LogPool(BASE.weights, BASE.temperatures), sure, BASE.prior)
    adapted = log_losses(fused(found, sure, BASE.prior), clips.labels)
    assert adapted.mean() < log_losses(before, clips.labels).mean()
