from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mien.training.models.recurrent import RecurrentHead
from tests.training.models.checks import every_parameter_learns, exported, parameters

# Each of the papers' heads, narrow where only the width differs.
HEADS: list[dict[str, Any]] = [
    {"bidirectional": True, "dropout": 0.85, "longest": 64},
    {"uniform": 0.01},
    {"descriptor": 9, "longest": 272, "pooling": "mean"},
    {"layers": 3, "dropout": 0.5},
    {"layers": 2, "bidirectional": True, "pooling": "mean", "forget_bias": 1.0},
]


def masked(*lengths: int) -> Tensor:
    return torch.arange(max(lengths)) < torch.tensor(lengths).unsqueeze(1)


def head(**arguments: Any) -> RecurrentHead:
    torch.manual_seed(0)
    return RecurrentHead(**({"inputs": 5, "classes": 7, "hidden": 6} | arguments))


@pytest.mark.parametrize(
    ("inputs", "hidden", "descriptor"), [(4096, 2230, 297), (4096, 1324, 304), (4096, 128, 0)]
)
def test_sizes_are_those_of_the_papers(inputs: int, hidden: int, descriptor: int) -> None:
    with torch.device("meta"):
        net = RecurrentHead(inputs, 7, hidden, descriptor=descriptor)
        logits, description = net.whole(torch.zeros(1, 16, inputs))
    assert logits.shape == (1, 7)
    assert description.shape == (1, descriptor or hidden)
    assert parameters(net.lstm) == 4 * hidden * (inputs + hidden + 2)  # four gates, two biases


def test_both_directions_have_all_units() -> None:
    with torch.device("meta"):
        net = RecurrentHead(4096, 7, 1024, bidirectional=True)
        assert net.whole(torch.zeros(1, 64, 4096))[1].shape == (1, 2048)


@pytest.mark.parametrize("arguments", HEADS)
def test_padding_changes_nothing(arguments: dict[str, Any]) -> None:
    net, rows, mask = head(**arguments).eval(), torch.randn(3, 9, 5), masked(9, 4, 1)
    spoilt = rows.masked_fill(~mask.unsqueeze(2), torch.nan)
    longer = torch.cat([spoilt, torch.full((3, 4, 5), torch.inf)], 1)
    for padded in (spoilt, longer):
        wide = torch.zeros(3, padded.shape[1], dtype=torch.bool)
        wide[:, :9] = mask
        logits, descriptor = net(padded, wide)
        for i, length in enumerate((9, 4, 1)):
            alone = net.whole(rows[i : i + 1, :length])
            torch.testing.assert_close(logits[i], alone[0][0])
            torch.testing.assert_close(descriptor[i], alone[1][0])


@pytest.mark.parametrize("arguments", HEADS)
def test_every_parameter_learns(arguments: dict[str, Any]) -> None:
    net = head(**arguments | {"hidden": 20})  # enough to survive a dropout of 0.85
    every_parameter_learns(net, torch.randn(8, 7, 5), masked(7, 6, 5, 4, 7, 7, 7, 2))


def test_a_clip_without_rows_is_read_as_zeros() -> None:
    net = head().eval()
    logits, _ = net(torch.full((2, 3, 5), torch.nan), torch.zeros(2, 3, dtype=torch.bool))
    torch.testing.assert_close(logits[:1], net.whole(torch.zeros(1, 1, 5))[0])


def test_a_row_is_read_as_the_lstm_equations_say() -> None:
    """Paper 000 (3.1.2): gates i, f, o and g; c = f c + i g, h = o tanh(c)."""
    net = head(hidden=3).eval()
    row = torch.randn(1, 1, 5)
    weights, bias = net.lstm.weight_ih_l0, net.lstm.bias_ih_l0 + net.lstm.bias_hh_l0
    i, _, g, o = (weights @ row[0, 0] + bias).chunk(4)
    hidden = o.sigmoid() * (i.sigmoid() * g.tanh()).tanh()  # the cell starts at 0
    torch.testing.assert_close(net.whole(row)[1][0], hidden)


def test_rows_behind_the_longest_are_not_read() -> None:
    rows, mask = torch.randn(2, 9, 5), masked(9, 3)
    net = head(longest=4).eval()
    whole = head().eval()
    wanted, _ = whole(rows[:, :4], mask[:, :4])
    torch.testing.assert_close(net(rows, mask)[0], wanted)
    torch.testing.assert_close(net.whole(rows[:1])[0], wanted[:1])


def test_paper_001_starts_between_a_hundredth_and_its_negative() -> None:
    net = head(hidden=64, uniform=0.01)
    weights = torch.cat([w.flatten() for n, w in net.lstm.named_parameters() if "weight" in n])
    assert 0.0099 < weights.abs().max() <= 0.01
    assert abs(weights.mean()) < 0.001
    assert all((b == 0).all() for n, b in net.lstm.named_parameters() if "bias" in n)


def test_the_forget_gates_can_start_open() -> None:
    net = head(layers=2, bidirectional=True, uniform=0.01, forget_bias=1.0)
    for place in ("l0", "l1", "l0_reverse", "l1_reverse"):
        both = getattr(net.lstm, f"bias_ih_{place}") + getattr(net.lstm, f"bias_hh_{place}")
        assert both.tolist() == [0.0] * 6 + [1.0] * 6 + [0.0] * 12


class _Logits(nn.Module):
    """The exported form: one clip of any length in, logits and descriptor side by side out."""

    def __init__(self, net: RecurrentHead) -> None:
        super().__init__()
        self.net = net

    def forward(self, clip: Tensor) -> Tensor:
        return torch.cat(self.net.whole(clip), 1)


@pytest.mark.parametrize("arguments", HEADS)
def test_the_export_gives_the_same_at_any_length(arguments: dict[str, Any], tmp_path: Path) -> None:
    net, rows = head(**arguments).eval(), torch.randn(1, 11, 5)
    got = exported(_Logits(net), rows, tmp_path / "head.onnx", free=1)
    logits, descriptor = net(rows, masked(11))
    wanted = torch.cat([logits, descriptor], 1).detach().numpy()
    np.testing.assert_allclose(got, wanted, atol=1e-5)


def test_without_layers_the_rows_are_averaged() -> None:
    net = RecurrentHead(3, 2, layers=0, dropout=0.5).eval()
    rows = torch.tensor([[[1.0, 2, 3], [3, 4, 5], [9, 9, 9]]])
    logits, descriptor = net(rows, torch.tensor([[True, True, False]]))
    assert descriptor.tolist() == [[2, 3, 4]]
    torch.testing.assert_close(net.whole(rows[:, :2])[0], logits)
    assert not any(name.startswith("lstm") for name, _ in net.named_parameters())
