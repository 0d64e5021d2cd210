from __future__ import annotations

import pytest
import torch

from mien.training.models.moddrop_net import ModDropNet

SIZES = (279, 297, 304)  # audio, VGG-LSTM, C3D-LSTM of paper 002


def test_it_has_the_paper_s_blocks() -> None:
    net = ModDropNet(SIZES, 7)
    assert net.first.weight.shape == (3 * 64, 880)
    assert net.block(0, 2).shape == (64, 304)
    assert torch.equal(net.block(2, 1), net.first.weight[128:, 279:576])
    assert net(torch.randn(5, 880)).shape == (5, 7)


def test_the_penalty_worked_out_by_hand() -> None:
    net = ModDropNet((1, 2), 2, hidden=1)
    with torch.no_grad():
        # W1_11 = 9, W1_12 = (3, 4); W1_21 = 2, W1_22 = (7, 7)
        net.first.weight.copy_(torch.tensor([[9.0, 3.0, 4.0], [2.0, 7.0, 7.0]]))
    assert float(net.penalty().detach()) == pytest.approx(5 + 2)
    assert float(net.penalty(squared=True).detach()) == pytest.approx(25 + 4)
    net.penalty().backward()
    wanted = torch.tensor([[0, 0.6, 0.8], [1, 0, 0]])  # W / ||W|| beside the diagonal only
    torch.testing.assert_close(net.first.weight.grad, wanted)
    assert float(ModDropNet((3,), 2).penalty().detach()) == 0


def test_closed_no_modality_reaches_the_units_of_another() -> None:
    net = ModDropNet((2, 3), 4, hidden=5)
    net.close()
    assert float(net.penalty().detach()) == 0
    net(torch.randn(6, 5)).square().sum().backward()
    assert net.first.weight.grad is not None
    assert float(net.first.weight.grad[:5, 2:].abs().max()) == 0
    assert float(net.first.weight.grad[:5, :2].abs().max()) > 0
    net.zero_grad()
    net.release()
    net(torch.randn(6, 5)).square().sum().backward()
    assert float(net.first.weight.grad[:5, 2:].abs().max()) > 0
    copy = ModDropNet((2, 3), 4, hidden=5)
    net.close()
    copy.load_state_dict(net.state_dict())
    assert bool(copy.closed)


def test_every_parameter_learns_and_the_input_stays() -> None:
    net, given = ModDropNet((4, 3, 2), 7, hidden=8), torch.randn(6, 9)
    before = given.clone()
    (net(given) ** 2).mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())
    assert torch.equal(given, before)
