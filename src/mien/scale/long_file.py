"""A long file while its pieces are with the workers."""

from __future__ import annotations

from mien.scale.listing import Entry
from mien.scale.spans import Heard, Piece
from mien.scale.worker import Long

__all__ = ["LongFile"]


class LongFile:
    """Which parts of a file came back: its spans in order, then the sound.

    Args:
        cut: what the first look at it said.

    Attributes:
        given_up: it is read whole instead.
    """

    JOIN = -1

    def __init__(self, cut: Long) -> None:
        self._cut = cut
        self._pieces: dict[int, Piece] = {}
        self._heard: Heard | None = None
        self._sounds = cut.info.audio_codec is not None
        self.given_up = False

    @property
    def parts(self) -> int:
        """How many calls it takes before it can be joined."""
        return len(self._cut.spans) + self._sounds

    def call(self, entry: Entry, part: int) -> tuple[str, tuple[object, ...]]:
        """Method and arguments for a part, or for joining all of them."""
        if part == self.JOIN:
            pieces = [self._pieces[n] for n in range(len(self._cut.spans))]
            return "join", (entry, self._cut, pieces, self._heard)
        if part == len(self._cut.spans):
            return "sound", (entry,)
        return "piece", (entry, *self._cut.spans[part])

    def put(self, part: int, result: object) -> bool:
        """Take what came back; whether it is all there now."""
        if isinstance(result, Heard):
            self._heard = result
        elif isinstance(result, Piece):
            self._pieces[part] = result
        there = len(self._pieces) + (self._heard is not None)
        return there == self.parts
