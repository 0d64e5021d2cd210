"""Whether what mien said of a damaged file keeps its promise."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np

from mien.errors import UsageError
from mien.output.answer import prediction_from_dict

__all__ = ["LIMIT", "LONGEST", "Told", "faults", "holds_anything"]

LIMIT = 120.0
"""Seconds after which a file counts as one that hangs."""
LONGEST = 2 * 3600 + 60
"""Seconds; more than a gap of an hour in the pictures and one in the sound can make of a clip of
two seconds."""

_BROKEN = (av.error.FFmpegError, OSError, ValueError, MemoryError)
_LONGEST_LINE = 2100


@dataclass(frozen=True)
class Told:
    """What was said of one file.

    Args:
        path: relative to the corpus.
        answer: of the file, as text; None where there is none.
        lines: what was said in its place.
        seconds: it took; None if not known.
        status: "answered", "refused", "hung", or "lost" where nothing was said.
    """

    path: str
    answer: str | None
    lines: tuple[str, ...]
    seconds: float | None
    status: str


def faults(told: Told) -> list[str]:
    """Each way in which the promise is broken; none, where it is kept."""
    if told.status in ("hung", "lost"):
        return [told.status]
    found = [] if told.answer is None else list(_of_answer(told.answer))
    if told.answer is None and len(told.lines) != 1:
        found.append(f"{len(told.lines)} lines in place of one")
    for line in told.lines:
        found += _of_line(line)
    return found


def _of_line(line: str) -> Iterator[str]:
    if not line.isprintable():
        yield "a line that steers the terminal"
    if "Traceback" in line or "an error in mien" in line:
        yield "an error of mien's"
    if "process that read it died" in line:
        yield "the decoder died"
    if len(line) > _LONGEST_LINE:
        yield "a line that fills the terminal"


def _of_answer(text: str) -> Iterator[str]:
    try:
        answer: dict[str, Any] = json.loads(text, parse_constant=_no_number)
        prediction_from_dict(answer)
    except (ValueError, UsageError) as error:
        yield f"no answer of version 1: {error}"
        return
    duration = answer["source"]["duration"]
    if not 0 <= duration <= LONGEST:
        yield f"a duration of {duration:g} s"
    branches = answer["branches"].values()
    heard = any(branch["present"] for branch in branches)
    if (answer["label"] is not None) != heard:
        yield "a label without evidence, or the other way round"
    if answer["probabilities"] is not None:
        total = sum(answer["probabilities"].values())
        if not math.isclose(total, 1, abs_tol=1e-3):
            yield f"probabilities that sum to {total:g}"
    if any(not reason["message"].isprintable() for reason in answer["reasons"]):
        yield "a reason that steers the terminal"
    if any(person["end"] > duration + 1 for person in answer["people"]):
        yield "a person after the end"


def _no_number(name: str) -> float:
    raise ValueError(f"{name} in an answer")


def holds_anything(path: str) -> bool:
    """Whether FFmpeg finds one picture or one sample in a file, without any code of mien's."""
    av.logging.set_level(None)
    try:
        content = io.BytesIO(Path(path).read_bytes())  # found out by the content, as mien does it
        container = av.open(content, metadata_errors="replace")
    except _BROKEN:
        return False
    with container:
        chosen = [s for s in container.streams if s.type in ("video", "audio") and s.codec_context]
        packets, failed = container.demux(chosen), 0
        while failed < 50:
            try:
                for frame in next(packets).decode():
                    if isinstance(frame, av.VideoFrame) or np.size(frame.to_ndarray()):
                        return True
            except StopIteration:
                return False
            except (*_BROKEN, EOFError):
                failed += 1
                packets = container.demux(chosen)
    return False
