from __future__ import annotations

from pathlib import Path

import pytest

from mien.errors import UsageError
from mien.serve import Limits, Settings


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "localhost", "::1", "[::1]"])
def test_this_machine_needs_no_key(host: str, tmp_path: Path) -> None:
    assert Settings(data=tmp_path, host=host).keys == ()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_others_need_a_key(host: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs an API key"):
        Settings(data=tmp_path, host=host)
    assert Settings(data=tmp_path, host=host, keys=("secret",)).host == host


@pytest.mark.parametrize(
    "change",
    [
        {"workers": 0},
        {"threads": 0},
        {"keep_hours": 0.0},
        {"keep_hours": float("inf")},
        {"keep_hours": float("nan")},
        {"keys": ("good", " ")},
    ],
)
def test_what_cannot_be_used(change: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        Settings(data=tmp_path, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["upload_bytes", "job_seconds", "memory", "attempts"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_limits_are_above_nothing(name: str, value: float) -> None:
    with pytest.raises(UsageError, match=f"{name} .*: must be above 0"):
        Limits(**{name: value})  # type: ignore[arg-type]


def test_keys_are_not_printed(tmp_path: Path) -> None:
    assert "secret" not in repr(Settings(data=tmp_path, keys=("secret",)))


def test_the_database_is_in_the_data_folder(tmp_path: Path) -> None:
    assert Settings(data=tmp_path).database_url == f"sqlite:///{tmp_path / 'mien.db'}"
    assert Settings(data=tmp_path, database="postgresql://x/y").database_url == "postgresql://x/y"
