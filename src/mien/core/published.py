"""How numbers, text and pictures stand in what is published: answers, lines, tables."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

__all__ = ["JPEG", "data_uri", "readable", "rounded", "rounded_all"]

JPEG = "data:image/jpeg;base64,"
"""How a JPEG picture as text begins."""


def rounded(values: Mapping[str, float] | None) -> dict[str, float] | None:
    """{label: p} with the 6 digits that probabilities are published with; None stays None."""
    return None if values is None else {name: round(float(p), 6) for name, p in values.items()}


def rounded_all(value: Any, digits: int) -> Any:
    """Plain JSON with so many digits; mappings, lists and tuples are gone through."""
    if isinstance(value, Mapping):
        return {key: rounded_all(item, digits) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded_all(item, digits) for item in value]
    return round(value, digits) if isinstance(value, float) else value


def readable(text: str) -> str:
    """Text that can be encoded: bytes of a file name that are not UTF-8 become U+FFFD."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def data_uri(jpeg: bytes) -> str:
    """A JPEG picture as text for JSON and HTML."""
    return JPEG + base64.b64encode(jpeg).decode()
