from __future__ import annotations

import pytest
import torch
from torch import nn

from mien.training.models.score_tree import ScoreTreeNet


def layers(parts: nn.ModuleList) -> list[tuple[int, int]]:
    return [(p.in_features, p.out_features) for p in parts if isinstance(p, nn.Linear)]


def test_the_paper_s_dimensions_7_21_21_7() -> None:
    net = ScoreTreeNet((279, 297, 304), 7)
    assert layers(net.leaves) == [(279, 7), (297, 7), (304, 7)]
    assert layers(net.branches) == [(21, 7)] * 3
    assert layers(nn.ModuleList([net.root])) == [(21, 7)]
    assert net(torch.randn(5, 880), torch.rand(5, 3, 7)).shape == (5, 7)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_it_takes_any_number_of_modalities(n: int) -> None:
    net = ScoreTreeNet((4,) * n, 7)
    assert layers(net.branches) == [(7 * n, 7)] * n
    scores = torch.rand(3, n, 7, requires_grad=True)
    (net(torch.randn(3, 4 * n), scores) ** 2).mean().backward()
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_a_branch_sees_the_others_scores_and_not_its_own() -> None:
    net = ScoreTreeNet((2, 2, 2), 3).eval()
    seen = []
    net.branches[1].register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    scores = torch.arange(9.0).reshape(1, 3, 3)
    with torch.no_grad():
        net(torch.randn(1, 6), scores)
    assert seen[0][0, 3:].tolist() == [0, 1, 2, 6, 7, 8]
    assert float(seen[0][0, :3].sum()) == pytest.approx(1)  # its own leaf: probabilities
