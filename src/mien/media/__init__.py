"""The only place that decodes: picture and sound of a file in one pass, in constant memory."""

from mien.media.reader import Media, open_media, read_sound
from mien.media.sound import RATE
from mien.media.tracks import TrackChoice

__all__ = ["RATE", "Media", "TrackChoice", "open_media", "read_sound"]
