from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from mien.errors import TrainingError, UsageError
from mien.training.devices import nearest_device
from mien.training.loop import Batch, OptimConfig, fit
from mien.training.rate_range import rate_range, suggested_rate

HOW = OptimConfig(epochs=6, steps=10, rate=0.1, average=0.9, select="accuracy")
TRUTH = torch.tensor([[1.0, -2.0, 0.5]])


def batches(_epoch: int) -> Iterator[Batch]:
    for _ in range(HOW.steps):
        x = torch.randn(32, 3)
        yield Batch((x, (x @ TRUTH.T > 0).long()[:, 0]))


def loss(model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
    return nn.functional.cross_entropy(model(batch[0]), batch[1])


def score(model: nn.Module) -> dict[str, float]:
    x = torch.randn(500, 3, generator=torch.Generator().manual_seed(1))
    right = model(x).argmax(1) == (x @ TRUTH.T > 0).long()[:, 0]
    return {"accuracy": float(right.float().mean())}


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Linear(3, 2)


def log(folder: Path) -> list[dict[str, str]]:
    with (folder / "log.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_it_learns_and_keeps_a_log(tmp_path: Path) -> None:
    model = fit(network(), batches, loss, score, HOW, tmp_path)
    assert score(model)["accuracy"] > 0.9
    rows = log(tmp_path)
    assert [float(row["epoch"]) for row in rows] == list(range(6))
    best = max(float(row["accuracy"]) for row in rows)
    assert best == pytest.approx(score(model)["accuracy"], abs=1e-4)


class StoppedError(Exception):
    pass


def test_an_interrupted_training_ends_as_an_uninterrupted_one(tmp_path: Path) -> None:
    whole = fit(network(), batches, loss, score, HOW, tmp_path / "whole")

    def broken(epoch: int) -> Iterator[Batch]:
        if epoch == 3:
            raise StoppedError
        return batches(epoch)

    with pytest.raises(StoppedError):
        fit(network(), broken, loss, score, HOW, tmp_path / "parts")
    parts = fit(network(), batches, loss, score, HOW, tmp_path / "parts")
    for a, b in zip(whole.parameters(), parts.parameters(), strict=True):
        assert torch.equal(a, b)
    assert [r["loss"] for r in log(tmp_path / "whole")] == [
        r["loss"] for r in log(tmp_path / "parts")
    ]


def test_another_seed_gives_other_weights(tmp_path: Path) -> None:
    one = fit(network(), batches, loss, None, replace(HOW, select=""), tmp_path / "1")
    two = fit(network(), batches, loss, None, replace(HOW, select="", seed=1), tmp_path / "2")
    assert not torch.equal(next(one.parameters()), next(two.parameters()))


def test_a_loss_that_is_not_finite_stops_and_names_the_clips(tmp_path: Path) -> None:
    def poisoned(epoch: int) -> Iterator[Batch]:
        for step, batch in enumerate(batches(epoch)):
            x, y = batch.tensors
            bad = epoch == 2 and step == 4
            yield Batch((x * float("nan") if bad else x, y), ("clip-7", "clip-9"))

    with pytest.raises(TrainingError, match=r"nan at epoch 2, batch 4.*clip-7, clip-9"):
        fit(network(), poisoned, loss, score, HOW, tmp_path)
    assert len(log(tmp_path)) == 2  # the whole epochs before it are kept
    good = fit(network(), batches, loss, score, HOW, tmp_path)
    assert score(good)["accuracy"] > 0.9


def test_patience_ends_a_training_that_gets_no_better(tmp_path: Path) -> None:
    how = replace(HOW, epochs=30, patience=3)
    fit(network(), batches, loss, lambda _: {"accuracy": 0.5}, how, tmp_path)
    assert len(log(tmp_path)) == 4  # one best epoch and three after it


def test_the_least_score_can_be_the_best(tmp_path: Path) -> None:
    values = iter([3.0, 1.0, 2.0, 4.0, 5.0, 6.0])
    kept: list[Tensor] = []

    def watch(model: nn.Module) -> dict[str, float]:
        kept.append(next(model.parameters()).clone())
        return {"nll": next(values)}

    model = fit(network(), batches, loss, watch, replace(HOW, select="-nll"), tmp_path)
    assert torch.equal(next(model.parameters()), kept[1])


def test_frozen_layers_stay_and_factors_scale_the_first_step(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    before = {name: p.clone() for name, p in net.named_parameters()}
    how = replace(HOW, select="", average=0.0, rates=(("0.", 0.0),))
    after = dict(fit(net, batches, loss, None, how, tmp_path).named_parameters())
    assert torch.equal(before["0.weight"], after["0.weight"])
    assert not torch.equal(before["1.weight"], after["1.weight"])
    with pytest.raises(UsageError, match="freezes every"):
        fit(network(), batches, loss, None, replace(how, rates=(("", 0.0),)), tmp_path / "none")


def test_a_state_of_another_network_is_refused(tmp_path: Path) -> None:
    fit(network(), batches, loss, None, replace(HOW, select="", epochs=1), tmp_path)
    with pytest.raises(TrainingError, match="another network"):
        fit(nn.Linear(3, 5), batches, loss, None, replace(HOW, select=""), tmp_path)


def test_the_range_test_ends_where_the_loss_explodes() -> None:
    rows = rate_range(network(), batches, loss, HOW, high=1e4)
    rates, losses = zip(*rows, strict=True)
    assert list(rates) == sorted(rates)
    assert rates[0] == pytest.approx(1e-6)
    assert min(losses) < losses[0]
    assert losses[-1] > 4 * min(losses)


def test_the_suggested_rate_is_well_below_the_one_that_is_too_high() -> None:
    curve = [(1e-4, 2.0), (1e-3, 1.5), (1e-2, 1.0), (1e-1, 1.8), (1.0, float("nan"))]
    assert suggested_rate(curve) == pytest.approx(1e-3)
    assert suggested_rate([(1e-4, 2.0), (1e-3, 1.99), (1e-2, 5.0)]) is None


def test_the_first_steps_are_averaged_less_than_later_ones(tmp_path: Path) -> None:
    how = OptimConfig(epochs=1, steps=1, rate=0.1, average=0.999)
    net, start = network(), network()
    averaged = fit(net, lambda _: [next(batches(0))], loss, None, how, tmp_path)
    for mean, now, before in zip(
        averaged.parameters(), net.parameters(), start.parameters(), strict=True
    ):
        assert not torch.equal(now, before)
        torch.testing.assert_close(mean, 0.1 * before + 0.9 * now)


def test_a_frozen_batch_norm_keeps_its_statistics(tmp_path: Path) -> None:
    def build() -> nn.Module:
        torch.manual_seed(0)
        return nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))

    how = replace(HOW, select="", epochs=1, rates=(("0.", 0.0),))
    trained, before = fit(build(), batches, loss, None, how, tmp_path), build().state_dict()
    after = trained.state_dict()
    assert torch.equal(before["0.running_mean"], after["0.running_mean"])
    assert not torch.equal(before["2.running_mean"], after["2.running_mean"])


def test_an_unknown_score_to_select_by_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"fit.select 'f1'.*there are epoch, loss, accuracy"):
        fit(network(), batches, loss, score, replace(HOW, select="f1"), tmp_path)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU (CUDA)")
def test_a_gpu_is_used_where_there_is_one(tmp_path: Path) -> None:
    seen = set()

    def watched(model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        seen.add(batch[0].device.type)
        return loss(model, batch)

    how = replace(HOW, select="")
    model = fit(network(), batches, watched, None, how, tmp_path, fabric=nearest_device(how))
    assert seen == {"cuda"}
    assert score(model)["accuracy"] > 0.9  # it is back on the CPU


ROWS = torch.arange(21.0).reshape(7, 3).sin()  # an odd number, so that parts are uneven


def whole_batch(_epoch: int) -> Iterator[Batch]:
    yield Batch((ROWS, (ROWS @ TRUTH.T > 0).long()[:, 0]))


def one_step(fabric: Fabric, out: str) -> None:
    """One step of plain SGD-like size, in each process of the group."""
    how = OptimConfig(epochs=1, steps=1, rate=0.1, schedule="constant", warmup=0.0, average=0.0)
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Dropout(0.4), nn.Linear(8, 2)
    )
    averaged = fit(net, whole_batch, loss, None, how, Path(out), fabric=fabric)
    if fabric.is_global_zero:
        found = {name: p.grad for name, p in net.named_parameters()}
        found |= {f"averaged {name}": value for name, value in averaged.state_dict().items()}
        torch.save(found, Path(out) / "found.pt")
    fabric.barrier()
    if torch.distributed.is_initialized():  # gloo's threads must end before the process does
        torch.distributed.destroy_process_group()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_two_processes_give_the_gradients_and_weights_of_one(tmp_path: Path) -> None:
    for count, strategy in ((1, "auto"), (2, "ddp_spawn")):
        fabric = Fabric(accelerator="cpu", devices=count, strategy=strategy)
        fabric.launch(one_step, str(tmp_path / str(count)))
    one, two = (torch.load(tmp_path / n / "found.pt", weights_only=True) for n in "12")
    assert one.keys() == two.keys()
    for name in one:
        torch.testing.assert_close(one[name], two[name], msg=name)
        assert "bias" in name or one[name].abs().sum() > 0


def test_a_batch_in_parts_gives_the_gradients_of_the_whole(tmp_path: Path) -> None:
    weights = []
    for part in (0, 10, 1):
        how = replace(HOW, epochs=1, steps=3, select="", average=0.0, part=part, clip=0.0)
        torch.manual_seed(0)
        model = fit(network(), batches, loss, None, how, tmp_path / str(part))
        weights.append(model.state_dict()["weight"])
    torch.testing.assert_close(weights[1], weights[0])
    torch.testing.assert_close(weights[2], weights[0])


def test_gradients_are_clipped_only_where_it_is_asked_for(tmp_path: Path) -> None:
    moved = []
    for clip in (0.0, 1e-6):
        how = replace(
            HOW, epochs=1, steps=1, select="", average=0.0, clip=clip, warmup=0.0, weight_decay=0.0
        )
        model = fit(network(), batches, loss, None, how, tmp_path / str(clip))
        moved.append(float((model.state_dict()["weight"] - network().weight).abs().max().detach()))
    assert moved[0] > 1e-3 > 1e-5 > moved[1]
