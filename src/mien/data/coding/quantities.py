"""Times and numbers as people write them."""

from __future__ import annotations

import math
import re

__all__ = ["number", "seconds", "stretch_times"]

_NUMBER = re.compile(r"[-+]?(\d+([.,]\d*)?|[.,]\d+)(e[-+]?\d+)?", re.IGNORECASE)
_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{1,2}(?:[.,]\d*)?)")
_FAR = 1e7  # s, a third of a year


def number(text: str) -> float | None:
    """A number with a decimal point or comma; None for no text and for "NA".

    Raises:
        ValueError: it is none.
    """
    text = text.strip()
    if not text or text.upper() in ("NA", "N/A", "NAN", "-"):
        return None
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"'{text}' is not a number")
    return float(text.replace(",", "."))


def seconds(text: str) -> float | None:
    """A time in seconds, as 12.5, 12,5, 1:02.5 or 0:01:02,5; None for no text.

    Raises:
        ValueError: it is no time, or before 0.
    """
    clock = _CLOCK.fullmatch(text.strip())
    if clock:
        hours, minutes, rest = clock.groups()
        value: float | None = (
            3600 * int(hours or 0) + 60 * int(minutes) + float(rest.replace(",", "."))
        )
    else:
        value = number(text)
    if value is not None and not 0 <= value < _FAR:
        raise ValueError(f"'{text.strip()}' is not a time in seconds from the start of a clip")
    return value


def stretch_times(
    start: float | None, end: float | None, duration: float | None = None
) -> tuple[float, float | None]:
    """Start and end in s; no start is the start of the clip, no end its end.

    Raises:
        ValueError: the end is not after the start, or is no time.
    """
    begin = start or 0.0
    stop = begin + duration if end is None and duration is not None else end
    if stop is not None and not math.isfinite(stop):
        raise ValueError("the end is not a time")
    if stop is not None and stop < begin:
        raise ValueError(f"ends at {stop:g} s, before it starts at {begin:g} s")
    if stop is not None and stop == begin:
        raise ValueError(f"is a point at {begin:g} s and not a stretch; give it an end")
    return begin, stop
