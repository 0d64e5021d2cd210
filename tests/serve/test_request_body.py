from __future__ import annotations

import asyncio

import pytest
from starlette.types import Message

from mien.serve.problems import Problem
from mien.serve.request_body import RATE, RequestBody
from tests.serve.loops import run_alone

TOO_LARGE = Problem(413, "too-large", "too large")


class Client:
    """Sends pieces of the given sizes, each after a pause in s."""

    def __init__(self, *pieces: tuple[float, int]) -> None:
        self.pieces = list(pieces)

    async def __call__(self) -> Message:
        if not self.pieces:
            return {"type": "http.disconnect"}
        pause, size = self.pieces.pop(0)
        await asyncio.sleep(pause)
        return {"type": "http.request", "body": b"x" * size, "more_body": bool(self.pieces)}


def read(client: Client, limit: int, seconds: float) -> int:
    async def all_of_it() -> int:
        body, size = RequestBody(client, limit, seconds, TOO_LARGE), 0
        while True:
            message = await body()
            size += len(message.get("body", b""))
            if not message.get("more_body"):
                return size

    return run_alone(all_of_it())


def test_a_body_up_to_the_limit_comes_through() -> None:
    assert read(Client((0, 60), (0, 40)), 100, 1) == 100


def test_a_body_beyond_the_limit_is_cut_off() -> None:
    client = Client((0, 60), (0, 41), (0, 10**6))
    with pytest.raises(Problem) as caught:
        read(client, 100, 1)
    assert caught.value.status_code == 413
    assert len(client.pieces) == 1  # it was not read on


def test_a_client_that_pauses_too_long_is_let_go() -> None:
    with pytest.raises(Problem) as caught:
        read(Client((0, 10), (60, 10)), 100, 0.05)
    assert caught.value.status_code == 408


def test_a_byte_now_and_then_is_too_slow_too() -> None:
    with pytest.raises(Problem) as caught:
        read(Client(*[(0.01, 1)] * 1000), 10**6, 0.1)
    assert caught.value.status_code == 408


def test_a_steady_client_may_take_longer_than_one_pause() -> None:
    pieces = [(0.03, RATE)] * 10
    assert read(Client(*pieces), 10**6, 0.2) == 10 * RATE


def test_after_the_end_nothing_is_limited() -> None:
    async def waits() -> str:
        body = RequestBody(Client((0, 1)), 100, 0.01, TOO_LARGE)
        await body()
        return str((await body())["type"])

    assert run_alone(waits()) == "http.disconnect"


def test_once_an_answer_is_on_its_way_nothing_is_limited() -> None:
    async def waits() -> int:
        body = RequestBody(Client((0.05, 1000), (0, 1)), 10, 0.01, TOO_LARGE)
        body.answered = True
        return len((await body())["body"])

    assert run_alone(waits()) == 1000
