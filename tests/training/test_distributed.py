from __future__ import annotations

import pytest

from mien.training.distributed import (
    agreed,
    exchanged,
    is_first,
    rank,
    size,
    started,
    together,
    wait,
)


def test_alone_everything_is_made_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RANK", raising=False)
    with together():
        wait()
        assert (size(), rank(), is_first(), started()) == (1, 0, True, False)
        assert agreed(lambda: 5) == 5
        assert exchanged(lambda places: [10 * place for place in places], 3) == [0, 10, 20]


def test_outside_of_together_only_the_first_one_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    for number, first in (("0", True), ("1", False)):
        monkeypatch.setenv("RANK", number)
        assert (started(), is_first(), size()) == (True, first, 1)
