from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import mien


@cache
def sample() -> dict[str, Any]:
    return mien.analyze(mien.sample()).to_dict()


def changed(**fields: Any) -> str:
    answer = sample()
    source = answer["source"] | fields.pop("source", {})
    return json.dumps(answer | fields | {"source": source})


def faults(answer: str | None, *lines: str, status: str = "answered") -> list[str]:
    from abuse_judge import Told, faults

    return faults(Told("a.mp4", answer, lines, 1.0, status))


def test_an_answer_and_a_line_are_right() -> None:
    assert faults(changed()) == []
    assert faults(None, "mien: a.mp4: is damaged", status="refused") == []


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"confidence": float("nan")}, "NaN in an answer"),
        ({"source": {"duration": 1e6}}, "a duration of"),
        ({"probabilities": dict.fromkeys(mien.EMOTIONS.names, 0.9)}, "probabilities that sum"),
        ({"branches": {}}, "a label without evidence"),
        ({"label": None}, "a label without evidence"),
        ({"reasons": [{"code": "a", "message": "\x1b[2J"}]}, "steers the terminal"),
        ({"schema": 2}, "no answer of version 1"),
    ],
)
def test_a_wrong_answer_is_noticed(fields: dict[str, Any], what: str) -> None:
    assert what in " ".join(faults(changed(**fields)))


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ((), "0 lines"),
        (("mien: a", "mien: b"), "2 lines"),
        (("mien: \x1b[2J",), "steers the terminal"),
        (("Traceback (most recent call last):",), "an error of mien's"),
        (("mien: a.mp4: an error in mien (TypeError: x); please report it",), "an error of mien's"),
        (("mien: a.mp4: the process that read it died; the file is skipped",), "decoder died"),
    ],
)
def test_a_wrong_line_is_noticed(lines: tuple[str, ...], what: str) -> None:
    assert what in " ".join(faults(None, *lines, status="refused"))


@pytest.mark.parametrize("status", ["hung", "lost"])
def test_silence_is_noticed(status: str) -> None:
    assert faults(None, status=status) == [status]


def test_what_holds_a_picture_or_a_sample(tmp_path: Path) -> None:
    from abuse_judge import holds_anything

    assert holds_anything(str(mien.sample()))
    empty = tmp_path / "a.mp4"
    empty.write_bytes(mien.sample().read_bytes()[:300])
    assert not holds_anything(str(empty))
