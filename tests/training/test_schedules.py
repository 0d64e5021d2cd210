from __future__ import annotations

import pytest

from mien.errors import UsageError
from mien.training.schedules import share


def test_one_cycle_rises_and_falls_to_nothing() -> None:
    at = [share("one_cycle", e, 20, warmup=0.25) for e in (0, 2.5, 5, 12.5, 20)]
    assert at == pytest.approx([0.05, 0.525, 1.0, 0.5, 0.0])


def test_steps_fall_every_period() -> None:
    at = [share("step", e, 30, gamma=0.1, period=10) for e in (0, 9.9, 10, 25)]
    assert at == pytest.approx([1, 1, 0.1, 0.01])


def test_exponential_falls_every_epoch() -> None:
    assert share("exponential", 3, 30, gamma=0.9) == pytest.approx(0.729)


def test_warm_restarts_double_their_period() -> None:
    at = [share("warm_restarts", e, 70, period=10) for e in (0, 5, 10, 20, 30)]
    assert at == pytest.approx([1, 0.5, 1, 0.5, 1])


def test_an_unknown_schedule_is_refused() -> None:
    with pytest.raises(UsageError, match="one_cycle"):
        share("cosine", 0, 10)  # type: ignore[arg-type]
