from __future__ import annotations

import numpy as np
import pytest
import torch

from mien.training.backbones.backbone import backbones
from mien.training.models.build import RowEncoder
from mien.training.recipes.networks import (
    C3d,
    CifarResnet,
    Inception,
    MobileFace,
    Net,
    Resnet,
    Vgg,
)

NETS: dict[str, Net] = {
    "vgg, fc6": Vgg(width=0.05, size=32, layer="fc6"),
    "vgg, fc7": Vgg(width=0.05, size=32, layer="fc7"),
    "resnet": Resnet(width=0.1, size=48, hidden=8),
    "cifar resnet": CifarResnet(grid=4),
    "inception": Inception(width=0.1, size=34),
    "inception v2": Inception("v2", width=0.1, size=34),
    "mobile face": MobileFace(size=32),
    "c3d, fc6": C3d(width=0.05, size=16, layer="fc6"),
    "c3d, fc7": C3d(width=0.05, size=16, layer="fc7"),
}


def test_every_network_that_can_be_declared_is_among_them() -> None:
    shipped = {k for k in backbones().values() if k.__module__.startswith("mien.training.")}
    assert {type(net) for net in NETS.values()} == shipped


@pytest.mark.parametrize("name", NETS)
def test_the_logits_behind_the_embedding_are_those_of_the_network(name: str) -> None:
    torch.manual_seed(0)
    encoder = RowEncoder(NETS[name], 5, (40, 40)).eval()
    window = (16,) if isinstance(NETS[name], C3d) else ()
    rows = torch.randint(0, 256, (2, *window, 40, 40), dtype=torch.uint8)
    embedding, logits = encoder(rows)
    assert embedding.shape[0] == 2
    assert logits.shape == (2, 5)
    torch.testing.assert_close(encoder.embed(rows), embedding)
    torch.testing.assert_close(logits, encoder.net(encoder.prepared(rows)))


@pytest.mark.parametrize(
    ("net", "start", "wanted"),
    [
        (Vgg(width=0.05, size=32), "vgg_face", (125.813721, -104.762382, -93.593964)),
        (C3d(width=0.05, size=16), "c3d", (-90.25, -97.66, 153.59)),
        (Inception(width=0.1, size=34), "bn_inception", (-104, -117, 127)),
        # torchvision's numbers, on the scale 0..1
        (
            Resnet(width=0.1, size=34),
            "resnet50",
            ((1 - 0.485) / 0.229, -0.456 / 0.224, -0.406 / 0.225),
        ),
    ],
)
def test_a_red_pixel_is_prepared_as_worked_out_by_hand(
    net: Net, start: str, wanted: tuple[float, float, float]
) -> None:
    window = (16,) if isinstance(net, C3d) else ()
    red = torch.zeros(1, *window, 50, 50, 3, dtype=torch.uint8)
    red[..., 0] = 255
    kept = red.clone()
    x = RowEncoder(net, 7, (50, 50, 3), start=start).prepared(red)
    assert x.shape == (1, 3, *window, net.size, net.size)
    np.testing.assert_allclose(x.flatten(2).mean(2)[0], wanted, rtol=1e-5)
    assert torch.equal(red, kept)


def test_where_training_crops_the_middle_is_looked_at() -> None:
    encoder = RowEncoder(Vgg(width=0.05, size=56), 7, (64, 64), crop=True)
    rows = torch.randint(0, 256, (2, 64, 64), dtype=torch.uint8)
    wanted = (rows[:, 4:60, 4:60].float() - encoder.mean[0]) / encoder.spread[0]
    torch.testing.assert_close(encoder.prepared(rows)[:, 2], wanted)
    cropped = rows[:, :56, 3:59]  # as training gives them: taken as they are
    assert encoder.prepared(cropped).shape == (2, 3, 56, 56)
