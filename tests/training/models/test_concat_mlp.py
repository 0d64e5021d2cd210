from __future__ import annotations

import torch
from torch import nn

from mien.training.models.concat_mlp import ConcatMlpNet


def test_three_dense_layers_with_relu_and_dropout_and_a_last_one() -> None:
    net = ConcatMlpNet(128 + 64, 7)
    assert [type(layer) for layer in net.layers] == [nn.Linear, nn.ReLU, nn.Dropout] * 3
    assert [d.p for d in net.layers if isinstance(d, nn.Dropout)] == [0.5] * 3
    widths = [layer.out_features for layer in net.layers if isinstance(layer, nn.Linear)]
    assert widths == [256, 128, 64]
    assert net(torch.randn(4, 192)).shape == (4, 7)


def test_dropout_is_for_training_only() -> None:
    net, given = ConcatMlpNet(20, 7), torch.randn(3, 20)
    assert not torch.equal(net.train()(given), net(given))
    assert torch.equal(net.eval()(given), net(given))


def test_every_parameter_learns() -> None:
    net = ConcatMlpNet(20, 7, dropout=0.0)
    (net(torch.randn(8, 20)) ** 2).mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())
