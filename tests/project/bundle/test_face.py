"""The face encoder's training: its loss, its batches and its stages."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mien.data.datasets.fer2013 import Fer2013  # noqa: E402
from mien.training.models.small_resnet import SmallResNet, centre  # noqa: E402
from project.bundle.face import RECIPE, batches, loss, run_stage  # noqa: E402


def pictures(count: int = 32) -> Fer2013:
    """Noise with labels and votes of ten people."""
    draw = np.random.default_rng(0)
    return Fer2013(
        pictures=draw.integers(0, 256, (count, 48, 48), np.uint8),
        labels=draw.integers(0, 7, count),
        votes=draw.multinomial(10, np.full(10, 0.1), count).astype(np.float32),
        names=tuple(f"Training_{i}.jpg" for i in range(count)),
    )


class FixedLogits(torch.nn.Module):
    """Answers with fixed logits."""

    def __init__(self, own: torch.Tensor, votes: torch.Tensor) -> None:
        super().__init__()
        self.own, self.votes = own, votes

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        return self.own.expand(len(x), 7), self.votes.expand(len(x), 8), x


def test_the_loss_of_an_even_answer_is_the_log_of_the_classes():
    even = FixedLogits(torch.zeros(7), torch.zeros(8))
    x = torch.zeros(2, 1, 44, 44)
    labels, votes = torch.eye(7)[:2], torch.eye(8)[:2]
    known = torch.tensor([1.0, 0.0])
    expected = np.log(7) + 1.5 * np.log(8)
    got = loss(even, (x, labels, votes, known), replace(RECIPE, votes_weight=1.5))
    assert float(got) == pytest.approx(expected, rel=1e-5)


def test_votes_count_where_there_are_some():
    sure = FixedLogits(torch.zeros(7), torch.tensor([9.0, *[0.0] * 7]))
    x, labels = torch.zeros(2, 1, 44, 44), torch.eye(7)[:2]
    right, wrong = torch.eye(8)[[0, 0]], torch.eye(8)[[0, 1]]
    without = loss(sure, (x, labels, wrong, torch.tensor([1.0, 0.0])))
    np.testing.assert_allclose(without, loss(sure, (x, labels, right, torch.ones(2))), rtol=1e-5)
    assert float(loss(sure, (x, labels, wrong, torch.ones(2)))) > float(without) + 3


def test_batches_hold_mixed_labels_and_the_shares_of_the_votes():
    recipe = replace(RECIPE, batch=8, fit=replace(RECIPE.fit, steps=2))
    got = list(batches(pictures(), recipe, 0))
    assert len(got) == 2
    x, labels, votes, known = got[0].tensors
    assert x.shape == (8, 1, 44, 44)
    assert labels.shape == (8, 7)
    assert torch.allclose(labels.sum(1), torch.ones(8))
    assert votes.shape == (8, 8)
    assert ((votes.sum(1) - known).abs() < 1e-5).all()


def test_the_network_looks_at_the_middle():
    assert centre(torch.arange(48.0).expand(1, 1, 48, 48)).shape == (1, 1, 44, 44)
    assert float(centre(torch.arange(48.0).expand(1, 1, 48, 48))[0, 0, 0, 0]) == 2


def test_a_finished_stage_is_loaded_and_not_trained_again(tmp_path):
    data = {"Training": pictures(16), "PublicTest": pictures(8)}
    stage = replace(
        RECIPE, width=4, blocks=(1, 1, 1, 1), batch=8, fit=replace(RECIPE.fit, epochs=1, steps=1)
    )
    first, second = SmallResNet(4, stage.blocks), SmallResNet(4, stage.blocks)
    run_stage(first, stage, data, tmp_path / "stage")
    log = (tmp_path / "stage" / "log.csv").read_text()
    assert "public_ferplus" in log
    run_stage(second, stage, {}, tmp_path / "stage")
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(a, b)
