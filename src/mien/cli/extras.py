"""Check that optional packages are installed before a long job starts."""

from __future__ import annotations

from importlib.util import find_spec

from mien.errors import MissingExtraError

__all__ = ["need"]


def need(extra: str, *packages: str) -> None:
    """Raise `MissingExtraError` for the first package that is not installed."""
    for package in packages:
        if find_spec(package) is None:
            raise MissingExtraError(package, extra)
