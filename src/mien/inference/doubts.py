"""What is said of a doubtful answer, and of evidence beyond the range of the model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from mien.inference.bundle import Bundle
from mien.inference.in_view import InView
from mien.inference.operating_range import OperatingRange
from mien.inference.range_monitor import FaceRangeMonitor, SoundRangeMonitor, stretches
from mien.inference.session import Session, Track
from mien.inference.stillness import candidates
from mien.media.stretches import told
from mien.types import Reason

__all__ = ["DOUBTS", "SOME", "doubt", "face_warnings", "is_still_longest", "sound_warnings"]

DOUBTS = ("no_evidence", "low_confidence", *FaceRangeMonitor.CODES, *SoundRangeMonitor.CODES)
"""Codes of reasons that make an answer uncertain: its confidence was measured without them."""

_MOST = 0.5  # of the sights of a face
SOME = 0.25  # of the sound with speech: loud cells are clipped, the soft ones between them not

_FACE = {
    "dark_face": ("is too dark", "add light, or brighten the clip"),
    "bright_face": ("is too bright", "lower the exposure"),
    "flat_face": ("has hardly any contrast", "look for haze, or for light from behind"),
    "blurred_face": ("is strongly blurred", "focus, or give the clip as it was filmed"),
    "turned_face": ("is turned away", "film it from the front"),
}
_SOUND = {
    "clipped_sound": ("is clipped", "record at a lower level"),
    "narrow_sound": (
        "has nothing above 4 kHz, as on a telephone",
        "give a recording sampled at 16 kHz or more",
    ),
}


def doubt(bundle: Bundle, fused: NDArray[np.float64], present: Iterable[str]) -> Reason | None:
    """Why probabilities (C,) are no answer to rely on; None where they are high enough.

    Args:
        bundle: the model.
        fused: the answer.
        present: the branches that it rests on.
    """
    least, below = bundle.spec.least_confidence(present), bundle.spec.below
    if fused.max() >= least:
        return None
    text = f"the likeliest label has only {fused.max():.0%}; "
    if below is None:
        return Reason("low_confidence", f"{text}below {least:.0%} it is a guess")
    told = f"of {below.n} uncertain answers on held-out clips, {below.right:.0%} were right"
    return Reason("low_confidence", text + told)


def face_warnings(main: Track, ranges: OperatingRange) -> list[Reason]:
    """What most sights of the main face are beyond the range of."""
    small = f"is only {main.side:.0f} px wide; {ranges.small:.0f} px are needed"
    words = {"small_face": (small, "film from nearer, or give a larger picture"), **_FACE}
    beyond = main.watch.beyond()
    return [
        _warning(code, f"the main face {words[code][0]}", words[code][1], cells)
        for code, (share, cells) in beyond.items()
        if share >= _MOST
    ]


def is_still_longest(view: InView) -> bool:
    """Whether a face that was passed over as a photograph is in view longer than any other."""
    sights = {id(track): len(track.times) for track in view.people}
    alive = [sights[id(track)] for track in candidates(view.people)]
    return len(alive) < len(sights) and max(sights.values()) > max(alive)


def sound_warnings(session: Session) -> list[Reason]:
    """What the speech is beyond the range of; without speech, whether there are tones."""
    beyond = session.watch.beyond()
    if not beyond and session.watch.tonal:
        text = "the sound is steady tones for the most part, as of music or a hum"
        return [Reason("tones", text)]
    return [
        _warning(code, f"the voice {_SOUND[code][0]}", _SOUND[code][1], cells)
        for code, (share, cells) in beyond.items()
        if share >= SOME
    ]


def _warning(code: str, what: str, to_do: str, cells: Sequence[int]) -> Reason:
    spans = stretches(cells)
    return Reason(code, f"{what} ({told(spans)}); {to_do}", tuple(spans))
