"""The face encoder's training: its loss, its batches and its stages."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mien.datasets.fer2013 import Fer2013  # noqa: E402
from mien.models.small_resnet import SmallResNet, deepen  # noqa: E402
from mien.recipes.mien.face import RECIPE, batches, centre, loss, run_stage  # noqa: E402
from mien.recipes.mien.face_tries import TAUGHT, ensembles, grow, teach  # noqa: E402


def pictures(count: int = 32) -> Fer2013:
    """Noise with labels and votes of ten people."""
    draw = np.random.default_rng(0)
    return Fer2013(
        pictures=draw.integers(0, 256, (count, 48, 48), np.uint8),
        labels=draw.integers(0, 7, count),
        votes=draw.multinomial(10, np.full(10, 0.1), count).astype(np.float32),
        names=tuple(f"Training_{i}.jpg" for i in range(count)),
    )


class Said(torch.nn.Module):
    """Answers with fixed logits."""

    def __init__(self, own: torch.Tensor, votes: torch.Tensor) -> None:
        super().__init__()
        self.own, self.votes = own, votes

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        return self.own.expand(len(x), 7), self.votes.expand(len(x), 8), x


def test_the_loss_of_an_even_answer_is_the_log_of_the_classes():
    even = Said(torch.zeros(7), torch.zeros(8))
    x = torch.zeros(2, 1, 44, 44)
    labels, votes = torch.eye(7)[:2], torch.eye(8)[:2]
    known = torch.tensor([1.0, 0.0])
    expected = np.log(7) + 1.5 * np.log(8)
    got = loss(even, (x, labels, votes, known), replace(RECIPE, votes_weight=1.5))
    assert float(got) == pytest.approx(expected, rel=1e-5)


def test_following_teachers_who_say_the_same_leaves_their_entropy():
    own, votes = torch.arange(7.0), torch.arange(8.0)
    t = TAUGHT.softness
    soft = [torch.softmax(v / t, 0)[None] for v in (own, votes)]
    recipe = replace(TAUGHT, taught=1.0)
    batch = (torch.zeros(1, 1, 44, 44), torch.eye(7)[:1], torch.eye(8)[:1], torch.ones(1), *soft)
    entropy = [float(-(p * p.log()).sum()) for p in soft]
    expected = t * t * (entropy[0] + recipe.votes_weight * entropy[1])
    assert float(loss(Said(own, votes), batch, recipe)) == pytest.approx(expected, rel=1e-4)


def test_batches_hold_what_the_teachers_say_of_the_same_pictures():
    teacher = Said(torch.arange(7.0), torch.arange(8.0))
    recipe = replace(TAUGHT, batch=8, fit=replace(TAUGHT.fit, steps=2))
    got = list(batches(pictures(), recipe, [teacher, teacher], 0))
    assert len(got) == 2
    x, labels, votes, known, own, plus = got[0].tensors
    assert x.shape == (8, 1, 44, 44)
    assert torch.allclose(labels.sum(1), torch.ones(8))
    assert ((votes.sum(1) - known).abs() < 1e-5).all()
    assert torch.allclose(own[0], torch.softmax(torch.arange(7.0) / 3, 0), atol=1e-2)
    assert plus.shape == (8, 8)
    without = next(iter(batches(pictures(), recipe, [], 0)))
    assert len(without.tensors) == 4


def test_the_network_looks_at_the_middle():
    assert centre(torch.arange(48.0).expand(1, 1, 48, 48)).shape == (1, 1, 44, 44)
    assert float(centre(torch.arange(48.0).expand(1, 1, 48, 48))[0, 0, 0, 0]) == 2


def test_a_deeper_network_starts_with_the_answers_of_the_small_one():
    torch.manual_seed(0)
    small = SmallResNet(4, (1, 1, 1, 1)).eval()
    x = torch.rand(3, 1, 44, 44)
    small.train()(x)  # statistics that are not those of a fresh network
    large = deepen(small.eval(), (2, 1, 3, 1)).eval()
    for a, b in zip(small(x), large(x), strict=True):
        assert torch.allclose(a, b, atol=1e-5)
    assert sum(p.numel() for p in large.parameters()) > sum(p.numel() for p in small.parameters())
    with pytest.raises(ValueError, match="fewer"):
        deepen(large, (1, 1, 1, 1))


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


def test_what_was_tried_can_be_tried_again(tmp_path):
    data = {"Training": pictures(16), "PublicTest": pictures(8)}
    short = replace(RECIPE.fit, epochs=1, steps=1)
    small = SmallResNet(RECIPE.width, RECIPE.blocks)
    for name in ("stage_3.pt", "stage_4.pt", "face.pt"):
        torch.save(small.state_dict(), tmp_path / name)
    grow(data, tmp_path, [replace(TAUGHT, blocks=(2, 2, 2, 2), taught=0.0, batch=4, fit=short)])
    teach(data, tmp_path, replace(TAUGHT, batch=4, fit=short))
    found = ensembles(data["PublicTest"], tmp_path)
    assert found["stage_3"] == found["weights of stages 3 and 4 averaged"]
    assert {"(2, 2, 2, 2) blocks", "taught, flips averaged"} <= found.keys()
    assert all(0 <= share <= 1 for pair in found.values() for share in pair)
