"""What is not there and need not be."""

from __future__ import annotations

__all__ = ["MissingDataError"]


class MissingDataError(Exception):
    """The data of a score are not in the folder that was given."""
