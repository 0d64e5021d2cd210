from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from mien.core.prefetch import prefetch


def counting(most: int, seen: list[int]) -> Iterator[int]:
    for k in range(most):
        seen.append(k)
        yield k


def alive() -> set[str]:
    return {thread.name for thread in threading.enumerate()} & {"one", "two"}


def test_all_items_come_in_order() -> None:
    with prefetch(counting(50, []), 2, "one") as items:
        assert list(items) == list(range(50))
    assert not alive()


def test_it_runs_no_further_ahead_than_the_queue_is_deep() -> None:
    seen: list[int] = []
    with prefetch(counting(50, seen), 2, "one") as items:
        assert next(items) == 0
        assert len(seen) <= 5
    assert not alive()


def test_an_error_comes_out_where_the_consumer_stands() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise KeyError("gone")

    with pytest.raises(KeyError, match="gone"), prefetch(failing(), 2, "one") as items:
        assert [next(items), next(items)] == [1]
    assert not alive()


@pytest.mark.parametrize("wanted", [0, 1, 30])
def test_stages_of_which_one_feeds_the_other_all_end(wanted: int) -> None:
    with (
        prefetch(counting(10**6, []), 2, "one") as first,
        prefetch((2 * k for k in first), 1, "two") as second,
    ):
        assert [next(second) for _ in range(wanted)] == [2 * k for k in range(wanted)]
    assert not alive()


def test_an_interruption_of_the_consumer_leaves_no_thread() -> None:
    def interrupted() -> None:
        with (
            prefetch(counting(10**6, []), 2, "one") as first,
            prefetch((k for k in first), 1, "two") as second,
        ):
            next(second)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not alive()


def test_an_error_in_the_first_stage_passes_through_the_second() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise OSError("the disk")

    with (
        pytest.raises(OSError, match="the disk"),
        prefetch(failing(), 2, "one") as first,
        prefetch((k for k in first), 1, "two") as second,
    ):
        list(second)
    assert not alive()
