from __future__ import annotations

import pickle

import pytest

from mien import errors


@pytest.mark.parametrize("name", [name for name in errors.__all__ if name.endswith("Error")])
def test_every_error_comes_back_whole_from_a_worker_process(name: str) -> None:
    kind = getattr(errors, name)
    given = kind("optuna", "train") if name == "MissingExtraError" else kind("one line")
    back = pickle.loads(pickle.dumps(given))
    assert type(back) is kind
    assert str(back) == str(given)


def test_no_message_steers_a_terminal_or_fills_it() -> None:
    hostile = "a\n\r\x1b[2J\x9b31m\u202egpj.4pm \udcff é"
    told = str(errors.MediaError(f"{hostile}: no such file"))
    assert told.isprintable()
    assert told.endswith("é: no such file")
    long = str(errors.UsageError("a.csv: " + "x" * 10**6 + "; write it anew"))
    assert len(long) < 2100
    assert long.startswith("a.csv: x")
    assert long.endswith("x; write it anew")
    assert errors.printable("plain é \N{GRINNING FACE}") == "plain é \N{GRINNING FACE}"
