from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from mien.train import Fit, fit

HOW = Fit(epochs=6, steps=10, rate=0.1, average=0.9, select="accuracy")
TRUTH = torch.tensor([[1.0, -2.0, 0.5]])


def batches(_epoch: int) -> Iterator[tuple[Tensor, ...]]:
    for _ in range(HOW.steps):
        x = torch.randn(32, 3)
        yield x, (x @ TRUTH.T > 0).long()[:, 0]


def loss(model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
    return nn.functional.cross_entropy(model(batch[0]), batch[1])


def score(model: nn.Module) -> dict[str, float]:
    x = torch.randn(500, 3, generator=torch.Generator().manual_seed(1))
    right = model(x).argmax(1) == (x @ TRUTH.T > 0).long()[:, 0]
    return {"accuracy": float(right.float().mean())}


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Linear(3, 2)


def test_it_learns_and_keeps_a_log(tmp_path: Path) -> None:
    model = fit(network(), batches, loss, score, HOW, tmp_path)
    assert score(model)["accuracy"] > 0.9
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [row["epoch"] for row in log] == list(range(6))
    assert max(row["accuracy"] for row in log) == pytest.approx(score(model)["accuracy"], abs=1e-4)


class StoppedError(Exception):
    pass


def test_an_interrupted_training_ends_as_an_uninterrupted_one(tmp_path: Path) -> None:
    whole = fit(network(), batches, loss, score, HOW, tmp_path / "whole")

    def broken(epoch: int) -> Iterator[tuple[Tensor, ...]]:
        if epoch == 3:
            raise StoppedError
        return batches(epoch)

    with pytest.raises(StoppedError):
        fit(network(), broken, loss, score, HOW, tmp_path / "parts")
    parts = fit(network(), batches, loss, score, HOW, tmp_path / "parts")
    for a, b in zip(whole.parameters(), parts.parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_another_seed_gives_other_weights(tmp_path: Path) -> None:
    one = fit(network(), batches, loss, None, replace(HOW, select=""), tmp_path / "1")
    two = fit(network(), batches, loss, None, replace(HOW, select="", seed=1), tmp_path / "2")
    assert not torch.equal(next(one.parameters()), next(two.parameters()))
