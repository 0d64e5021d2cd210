"""Names under which columns of tables of codings go, in lower case."""

from __future__ import annotations

__all__ = ["CLIP", "CODER", "DURATION", "END", "INTENSITY", "LABEL", "PERSON", "START"]

START = ("start", "start (s)", "start_s", "onset", "begin", "begin time - ss.msec", "from")
END = ("end", "stop", "end (s)", "stop (s)", "end_s", "offset", "end time - ss.msec", "to")
DURATION = ("duration", "duration (s)", "duration_s", "duration - ss.msec")
LABEL = ("label", "emotion", "code", "behavior", "behaviour", "annotation", "value")
CODER = ("coder", "annotator", "rater", "observer", "judge", "tier")
INTENSITY = ("intensity", "strength", "level")
CLIP = (
    "clip",
    "path",
    "file",
    "filename",
    "media file name",
    "media file path",
    "media file",
    "media",
    "video",
)
PERSON = ("person", "subject", "speaker", "participant")
