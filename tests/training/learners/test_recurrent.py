"""Encoder and head as one network, as they learn end to end."""

from __future__ import annotations

import torch
from torch import Tensor

from mien.training.learners.recurrent import _EndToEnd, _Scaled
from mien.training.models.build import RowEncoder
from mien.training.models.recurrent import RecurrentHead
from mien.training.recipes.networks import Vgg


def end_to_end() -> _EndToEnd:
    torch.manual_seed(0)
    encoder = RowEncoder(Vgg(width=0.05, size=32, batch_norm=True), 7, (32, 32))
    inputs = encoder.embed(torch.zeros(1, 32, 32)).shape[1]
    return _EndToEnd(encoder, _Scaled(RecurrentHead(inputs, 7, 6), inputs))


def crops() -> tuple[Tensor, Tensor]:
    """Two clips of four and two crops, the second one padded."""
    frames = torch.randint(0, 256, (2, 4, 32, 32), dtype=torch.uint8)
    return frames, torch.tensor([[True] * 4, [True, True, False, False]])


def test_each_crop_is_encoded_by_itself_and_the_head_reads_them_in_order() -> None:
    net = end_to_end().eval()
    frames, mask = crops()
    logits, descriptor = net(frames, mask)
    for clip, valid, *said in zip(frames, mask, logits, descriptor, strict=True):
        rows = torch.cat([net.encoder.embed(crop[None]) for crop in clip[valid]])
        for given, wanted in zip(said, net.head.whole(rows[None]), strict=True):
            torch.testing.assert_close(given, wanted[0])


def test_padding_does_not_reach_the_batch_norms() -> None:
    frames, mask = crops()
    spoilt = frames.masked_fill(~mask[..., None, None], 255)
    states = []
    for given in (frames, spoilt):
        net = end_to_end().train()
        net(given, mask)
        states.append(net.state_dict())
    assert states[0]
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
