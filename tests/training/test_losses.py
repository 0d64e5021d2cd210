from __future__ import annotations

import math

import pytest
import torch

from mien.training.losses import ClassLoss, mixed, smoothed


def test_smoothing_by_hand() -> None:
    target = smoothed(torch.tensor([1]), 4, 0.2)
    torch.testing.assert_close(target, torch.tensor([[0.05, 0.85, 0.05, 0.05]]))


def test_plain_loss_is_cross_entropy() -> None:
    logits, labels = torch.randn(6, 3), torch.tensor([0, 1, 2, 0, 1, 2])
    mine = ClassLoss((2, 2, 2))(logits, smoothed(labels, 3))
    torch.testing.assert_close(mine, torch.nn.functional.cross_entropy(logits, labels))


def test_class_weights_by_hand() -> None:
    even = ClassLoss((10, 30), balance=0.0).weights()
    torch.testing.assert_close(even, torch.ones(2))
    # b = 0.9: effective numbers (1 - 0.9^n) / 0.1, for n = 1 and 2: 1 and 1.9
    weights = ClassLoss((1, 2), balance=0.9).weights()
    assert float(weights[0] / weights[1]) == pytest.approx(1.9, rel=1e-5)
    assert float((weights * torch.tensor([1.0, 2.0])).sum()) == pytest.approx(3, rel=1e-5)


def test_a_class_without_clips_weighs_nothing() -> None:
    assert ClassLoss((4, 0), balance=0.99).weights()[1] == 0


def test_logit_adjustment_by_hand() -> None:
    # equal logits, shares 3/4 and 1/4, tau 1: the softmax in training is the shares themselves
    loss = ClassLoss((3, 1), adjustment=1.0)(torch.zeros(1, 2), torch.tensor([[0.0, 1.0]]))
    assert float(loss) == pytest.approx(-math.log(0.25), rel=1e-5)


def test_mixup_mixes_rows_and_targets_alike() -> None:
    x, y = torch.tensor([[0.0], [10.0]]), torch.eye(2)
    both = mixed(x, y, 0.75, torch.tensor([1, 0]))
    torch.testing.assert_close(both[0], torch.tensor([[2.5], [7.5]]))
    torch.testing.assert_close(both[1], torch.tensor([[0.75, 0.25], [0.25, 0.75]]))
