from __future__ import annotations

import pickle

import pytest

from mien import errors


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_comes_back_whole_from_a_worker_process(name: str) -> None:
    kind = getattr(errors, name)
    given = kind("optuna", "train") if name == "MissingExtraError" else kind("one line")
    back = pickle.loads(pickle.dumps(given))
    assert type(back) is kind
    assert str(back) == str(given)
