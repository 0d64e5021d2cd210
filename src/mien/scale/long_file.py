"""The state of a long file whose pieces are being analysed."""

from __future__ import annotations

from mien.scale.listing import Entry
from mien.scale.pieces import Piece, SoundEvidence
from mien.scale.worker import LongFilePlan

__all__ = ["LongFile"]


class LongFile:
    """The parts of a file that have arrived: its spans in order, then the sound.

    Args:
        cut: the plan that its first call returned.

    Attributes:
        given_up: it is read whole instead.
    """

    JOIN = -1

    def __init__(self, cut: LongFilePlan) -> None:
        self._plan = cut
        self._pieces: dict[int, Piece] = {}
        self._sound: SoundEvidence | None = None
        self._has_sound = cut.info.audio_codec is not None
        self.given_up = False

    @property
    def parts(self) -> int:
        """The number of calls before the parts can be joined."""
        return len(self._plan.spans) + self._has_sound

    def call(self, entry: Entry, part: int) -> tuple[str, tuple[object, ...]]:
        """Method and arguments for a part, or for joining all of them."""
        if part == self.JOIN:
            pieces = [self._pieces[n] for n in range(len(self._plan.spans))]
            return "join", (entry, self._plan, pieces, self._sound)
        if part == len(self._plan.spans):
            return "sound", (entry,)
        return "piece", (entry, *self._plan.spans[part])

    def put(self, part: int, result: object) -> bool:
        """Store a result; whether all results have arrived."""
        if isinstance(result, SoundEvidence):
            self._sound = result
        elif isinstance(result, Piece):
            self._pieces[part] = result
        arrived = len(self._pieces) + (self._sound is not None)
        return arrived == self.parts
