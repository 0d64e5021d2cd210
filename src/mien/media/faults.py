"""What was repaired in a file: wrong times, and pictures and sound that change."""

from __future__ import annotations

from collections.abc import Iterator

from mien.media.clock import PictureClock
from mien.media.reference import Reference
from mien.media.sound import SoundStream
from mien.media.stretches import told
from mien.types import Reason

__all__ = ["mended"]


def mended(clock: PictureClock, pictures: Reference, sound: SoundStream) -> Iterator[Reason]:
    """The problems that were repaired without loss."""
    yield from _times(clock, sound)
    if pictures.changed and pictures.size is not None:
        sizes = [f"{width}x{height}" for width, height in dict.fromkeys(pictures.sizes)]
        spans = pictures.changed.spans
        text = (
            f"the pictures change from {sizes[0]} to {_listed(sizes[1:])} ({told(spans)}); those "
            f"were fitted into a frame of {sizes[0]}, which is that of all boxes"
        )
        yield Reason("picture_changes", text, spans)
    if len(sound.forms) > 1:
        forms = [f"{rate} Hz, {_channels(count)}" for _, rate, count in sound.forms]
        text = (
            f"the sound changes from {forms[0]} to {_listed(list(dict.fromkeys(forms[1:])))} "
            f"(first at {sound.forms[1][0]:.1f} s); it was joined"
        )
        yield Reason("sound_changes", text)
    if sound.turned:
        spans = sound.turned.spans
        text = (
            f"channels of the sound are of opposite phase ({told(spans)}) and would silence one "
            "another; one was turned round before they were mixed"
        )
        yield Reason("opposite_phase", text, spans)


def _times(clock: PictureClock, sound: SoundStream) -> Iterator[Reason]:
    texts = [clock.problem] if clock.problem else []
    spans = sound.mended.spans
    if spans:
        texts.append(f"the sound's times overlap or jump ({told(spans)}); they were made to run on")
    if texts:
        yield Reason("timestamps", "; ".join(texts), spans)


def _listed(texts: list[str]) -> str:
    """Three of them at most."""
    more = [f"{len(texts) - 3} more"] if len(texts) > 3 else []
    return " and ".join(filter(None, [", ".join(texts[:3]), *more]))


def _channels(count: int) -> str:
    return "1 channel" if count == 1 else f"{count} channels"
