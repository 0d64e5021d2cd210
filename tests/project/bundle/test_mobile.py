"""The recipe of the face network from VGGFace2, on made pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from mien.data.datasets.fer2013 import Fer2013
from mien.labels import EMOTIONS, FERPLUS
from mien.training.loop import make_optimiser
from mien.training.models.mobile_face import MobileFace
from project.bundle.face import FaceRecipe, loss
from project.bundle.mobile import RECIPE, batches, enlarge, predict, targets


def pictures(n: int = 8) -> Fer2013:
    draw = np.random.default_rng(0)
    votes = np.zeros((n, len(FERPLUS) + 2), np.float32)
    votes[1:, 2] = 7
    votes[1:, 0] = 3
    votes[1:, 5] = 1  # a single one, which does not count
    grey = draw.integers(0, 256, (n, 48, 48)).astype(np.uint8)
    return Fer2013(tuple(map(str, range(n))), grey, np.arange(n) % len(EMOTIONS), votes)


def test_votes_of_one_person_and_pictures_without_votes_ask_for_nothing() -> None:
    wanted = targets(pictures(), RECIPE)
    torch.testing.assert_close(wanted.labels.sum(1), torch.ones(8))
    assert wanted.labels.argmax(1).tolist() == [0, 1, 2, 3, 4, 5, 6, 0]
    assert wanted.votes[0].sum() == 0
    torch.testing.assert_close(wanted.votes[1, [0, 2, 5]], torch.tensor([0.3, 0.7, 0.0]))


def test_a_teacher_has_its_share_and_speaks_alone_where_nobody_voted() -> None:
    told = torch.full((8, len(EMOTIONS)), 1 / 7), torch.full((8, len(FERPLUS)), 1 / 8)
    share = 0.4
    recipe = replace(RECIPE, taught=share)
    wanted, plain = targets(pictures(), recipe, told), targets(pictures(), recipe)
    torch.testing.assert_close(wanted.labels, (1 - share) * plain.labels + share * told[0])
    torch.testing.assert_close(wanted.votes[0], told[1][0])
    torch.testing.assert_close(wanted.votes[3], (1 - share) * plain.votes[3] + share * told[1][3])


def test_the_network_sees_larger_pictures_of_the_middle_whatever_the_light() -> None:
    data = torch.from_numpy(pictures().pictures)[:, None].float()
    seen = enlarge(data, 64)
    assert seen.shape == (8, 1, 64, 64)
    torch.testing.assert_close(seen, enlarge(data / 2, 64), atol=0.1, rtol=0.1)
    logits, plus = predict(MobileFace().eval(), torch.from_numpy(pictures().pictures), 32)
    assert logits.shape == (8, 7)
    assert plus.shape == (8, 8)


def test_an_epoch_shows_every_picture_once_and_the_first_blocks_stay() -> None:
    data = pictures()
    recipe = replace(RECIPE, sizes=((32, 1),), batch=4, fit=replace(RECIPE.fit, steps=2))
    given = list(batches(data, targets(data, recipe), recipe, 0))
    assert [tuple(batch.tensors[0].shape) for batch in given] == [(4, 1, 32, 32)] * 2
    assert sum(float(batch.tensors[3].sum()) for batch in given) == 7  # one without votes
    model = MobileFace()
    make_optimiser(model, recipe.fit)
    loss(model, given[0].tensors, FaceRecipe()).backward()
    frozen = [n for n, p in model.named_parameters() if p.grad is None]
    assert {name.rsplit(".", 3)[0] for name in frozen} >= {"blocks.0", "blocks.2"}
    assert not any(name.startswith(("blocks.3.", "blocks.12.", "heads")) for name in frozen)
