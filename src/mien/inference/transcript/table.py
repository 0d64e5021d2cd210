"""Tables of lines: CSV with start, end, text and, where there is one, speaker."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from mien.errors import UsageError
from mien.inference.transcript.cues import Cue, seconds_of

__all__ = ["is_table", "rows_of"]

_DELIMITERS = ",;\t|"
_NAMES = {
    "start": ("start", "begin", "from", "onset", "start_time", "start time", "starttime", "in"),
    "end": ("end", "stop", "to", "offset", "end_time", "end time", "endtime", "out"),
    "text": ("text", "utterance", "transcript", "sentence", "words", "line", "value"),
    "speaker": ("speaker", "name", "participant", "who", "speaker_name"),
}
"""What columns are called, here and in tables of others."""


def is_table(text: str) -> bool:
    """Whether the first line names columns of times."""
    _, head = _head(text)
    return "start" in head and ("end" in head or "text" in head)


def rows_of(text: str, name: str) -> Iterator[Cue]:
    """A line for each row; times in seconds or as hours:minutes:seconds.

    Raises:
        UsageError: a column is missing, or a time is none.
    """
    delimiter, head = _head(text)
    missing = [column for column in ("start", "end", "text") if column not in head]
    if missing:
        raise UsageError(f"{name}: no column '{missing[0]}'; a table has start, end, text, speaker")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        next(reader)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _cue(dict(zip(head, cells, strict=False)), f"{name}: line {reader.line_num}")
    except csv.Error as error:
        raise UsageError(f"{name}: line {reader.line_num}: {error}") from None


def _head(text: str) -> tuple[str, list[str]]:
    """What separates the cells, and the names of the columns as they are called here."""
    first = text.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}").partition("\n")[0].strip()
    known = {name: column for column, names in _NAMES.items() for name in names}
    heads = {
        d: [known.get(cell.strip(' "\r').lower(), cell.strip(' "\r')) for cell in first.split(d)]
        for d in _DELIMITERS
    }
    best = max(_DELIMITERS, key=lambda d: len(set(heads[d]) & set(_NAMES)))
    return best, heads[best]


def _cue(row: dict[str, str], where: str) -> Cue:
    times = []
    for column in ("start", "end"):
        try:
            times.append(seconds_of(row.get(column, "")))
        except ValueError:
            problem = f"{column} '{row.get(column, '')}' is no time in seconds"
            raise UsageError(f"{where}: {problem}") from None
    return Cue(times[0], times[1], row.get("text", ""), row.get("speaker", "").strip())
