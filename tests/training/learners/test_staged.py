from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mien.errors import UsageError
from mien.training.learners.clip_set import ClipSet
from mien.training.learners.mlp import MlpLearner
from mien.training.learners.rows import drawn
from mien.training.learners.statistics import StatisticsLearner
from mien.training.recipes.declaration import Mlp, Statistics, TrainingConfig
from mien.training.schedules import OptimConfig
from mien.types import Features

FIRST = OptimConfig(epochs=3, steps=5, optimiser="adamw", rate=1e-2, average=0.5)


def clips() -> ClipSet:
    """Two classes, five speakers, four clips each."""
    draw = np.random.default_rng(0)
    labels = np.arange(20) % 2
    features = tuple(
        Features(
            (draw.normal(size=(4, 3)) + label).astype(np.float32), np.arange(4.0), np.ones(4, bool)
        )
        for label in labels
    )
    speakers = tuple(f"s{n // 4}" for n in range(20))
    return ClipSet(tuple(map(str, range(20))), features, labels, 2, speakers)


def weights(folder: Path, schooling: TrainingConfig) -> dict[str, np.ndarray]:
    learner = StatisticsLearner(Statistics(schooling), 2, (3,))
    learner.train(clips(), folder, seed=0)
    return {name: value.detach().numpy() for name, value in learner.net.named_parameters()}


def test_a_stage_goes_on_from_the_one_before(tmp_path: Path) -> None:
    still = replace(FIRST, rate=1e-12)
    alone = weights(tmp_path / "1", TrainingConfig(FIRST))
    stayed = weights(tmp_path / "2", TrainingConfig(FIRST, then=(still,)))
    moved = weights(tmp_path / "3", TrainingConfig(FIRST, then=(FIRST,)))
    for name, value in alone.items():
        np.testing.assert_allclose(stayed[name], value, atol=1e-6)
    assert any(not np.allclose(moved[name], value) for name, value in alone.items())
    assert (tmp_path / "3" / "stage2" / "log.csv").is_file()


def test_the_epoch_is_chosen_on_speakers_that_are_not_learned_from(tmp_path: Path) -> None:
    fit = replace(FIRST, select="uar")
    weights(tmp_path, TrainingConfig(fit))
    head = (tmp_path / "log.csv").read_text().splitlines()[0]
    assert head == "epoch,loss,accuracy,uar,nll,seconds"
    learned, watched = clips().apart(0.2, seed=3)
    assert len(watched) == 4
    assert len(learned) + len(watched) == 20
    assert not set(learned.speakers) & set(watched.speakers)


def test_one_speaker_cannot_be_held_out() -> None:
    with pytest.raises(UsageError, match="fewer than two"):
        clips().rows([0, 1, 2]).apart(0.2, seed=0)


def test_a_speaker_is_always_left_to_learn_from() -> None:
    learned, watched = clips().rows([0, 1, 2, 3, 4]).apart(0.9, seed=0)
    assert len(learned) > 0
    assert len(watched) > 0


def test_single_rows_can_be_mixed_and_sequences_cannot(tmp_path: Path) -> None:
    mixing = TrainingConfig(FIRST, mixup=0.4)
    plain, mixed = (MlpLearner(Mlp(how, (4,)), 2, (3,)) for how in (TrainingConfig(FIRST), mixing))
    for number, learner in enumerate((plain, mixed)):
        learner.train(clips(), tmp_path / str(number), seed=0)
    assert not torch.allclose(plain.net.last.weight, mixed.net.last.weight)
    with pytest.raises(UsageError, match="this network reads sequences; set mixup=0"):
        weights(tmp_path / "2", mixing)


def test_a_rate_range_begins_anew_each_time() -> None:
    learner = StatisticsLearner(Statistics(TrainingConfig(FIRST)), 2, (3,))
    first, second = (learner.rate_range(clips(), seed=0) for _ in range(2))
    assert first == second
    assert first != learner.rate_range(clips(), seed=1)


def test_batches_are_even_in_classes_or_as_the_clips_are() -> None:
    rare = clips().rows([0, 2, 4, 6, 8, 10, 12, 14, 1])  # eight of one class, one of the other
    draw = np.random.default_rng(0)
    even = np.concatenate([drawn(rare, 4, draw) for _ in range(200)])
    plain = np.concatenate([drawn(rare, 4, draw, even=False) for _ in range(200)])
    assert (even == 8).mean() == pytest.approx(1 / 2, abs=0.06)
    assert (plain == 8).mean() == pytest.approx(1 / 9, abs=0.04)
    assert len(set(drawn(rare, 9, draw, even=False).tolist())) == 9
    assert len(drawn(rare, 20, draw, even=False)) == 20  # more than there are
