"""A transcript from a file of any of the kinds that are known, told by what is in it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence

from mien.core.sources import Source, name_of, opened
from mien.errors import MediaError, UsageError
from mien.inference.transcript.cues import Cue, Transcript, transcript
from mien.inference.transcript.encodings import decoded
from mien.inference.transcript.recognisers import recognised
from mien.inference.transcript.subtitles import cues_of
from mien.inference.transcript.table import is_table, rows_of
from mien.inference.transcript.tiers import elan, praat
from mien.types import Reason

__all__ = ["KINDS", "read_transcript"]

KINDS = "SRT, WebVTT, SubStation Alpha, JSON of Whisper, CSV, ELAN or Praat"
_MOST = 32 * 2**20  # bytes
_ARROW = re.compile(r"^\s*[\d:.,]+\s*-->\s*[\d:.,]+", re.MULTILINE)
_JSON = re.compile(r'\{|\[\s*[\[\]{"\d]')
_LOOK = 20_000  # characters that tell what a file is


def read_transcript(
    source: Source | Transcript, *, encoding: str | None = None, tiers: Sequence[str] = ()
) -> Transcript:
    """The lines of a transcript.

    Args:
        source: SRT, WebVTT, SubStation Alpha, the JSON of Whisper, whisperX or whisper.cpp, CSV
            with columns start, end, text and perhaps speaker, an ELAN file or a Praat TextGrid:
            its path, its bytes, or a file object; what it is, its content tells.
        encoding: of the text; None finds out.
        tiers: of ELAN and Praat: the ones to take.

    Raises:
        UsageError: it is none of these, has no lines or no times, or no such tier.
        MissingExtraError: ELAN or Praat without the extra `coding`.
    """
    if isinstance(source, Transcript):
        return source
    content, name = _content(source)
    text, notes = decoded(content, name, encoding)
    return transcript(name, *_cues(text, name, tiers, notes))


def _content(source: Source) -> tuple[bytes, str]:
    try:
        stream, name = opened(source)
        with stream:
            content = stream.read(_MOST + 1)
    except MediaError as error:
        raise UsageError(str(error)) from None
    except OSError as error:
        raise UsageError(f"{name_of(_named(source))}: cannot be read ({error.strerror})") from None
    short = os.path.basename(name)  # noqa: PTH119 (a name, not a place)
    if len(content) > _MOST:
        raise UsageError(f"{short}: is larger than {_MOST >> 20} MB, which no transcript is")
    if not content.strip():
        raise UsageError(f"{short}: is empty; give a transcript with lines and times")
    return content, short


def _named(source: Source) -> str:
    return os.fsdecode(source) if isinstance(source, str | os.PathLike) else "the transcript"


def _cues(
    text: str, name: str, tiers: Sequence[str], notes: tuple[Reason, ...]
) -> tuple[Iterable[Cue], tuple[Reason, ...]]:
    """By what stands at the start of the file."""
    head = text[:_LOOK].lstrip()
    if head.startswith("WEBVTT"):
        return cues_of(text.lstrip(), "webvtt", name), notes
    if _JSON.match(head):
        return recognised(text, name), notes
    if "<ANNOTATION_DOCUMENT" in head:
        return elan(text, name, tiers), notes
    if "ooTextFile" in head[:200] or re.match(r'"?Praat chronological', head):
        return praat(text, name, tiers), notes
    if "[Script Info]" in head or head.startswith("[Events]"):
        return cues_of(text, "ass", name), notes
    if _ARROW.search(head):
        return cues_of(text, "srt", name), notes
    if is_table(text.lstrip()):
        return list(rows_of(text.lstrip(), name)), notes
    problem = "has no lines with times" if head[:1].isprintable() else "is not text"
    raise UsageError(f"{name}: {problem}; give {KINDS}")
