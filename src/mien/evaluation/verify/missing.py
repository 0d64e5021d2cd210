"""Data of a score that are missing, which is allowed."""

from __future__ import annotations

__all__ = ["MissingDataError"]


class MissingDataError(Exception):
    """The data of a score are not in the folder that was given."""
