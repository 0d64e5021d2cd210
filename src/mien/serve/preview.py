"""A copy that every browser plays, for clips that it does not: H.264 and AAC in MP4, times kept."""

from __future__ import annotations

from pathlib import Path

import av
import av.error

from mien.core.atomic import atomic
from mien.errors import MediaError, OutputError
from mien.media import TrackChoice
from mien.output.report.video_copy import Progress, copy_video
from mien.output.report.video_sound import SoundCopy
from mien.types import MediaInfo

__all__ = ["SIDE", "write_preview"]

SIDE = 1280
"""Pixels of the long side, at most."""

_COPIED = frozenset({"aac", "mp3"})
_KEYS = 50  # pictures; jumping about in the preview is what it is for


def write_preview(
    source: Path,
    info: MediaInfo,
    path: Path,
    progress: Progress | None = None,
    tracks: TrackChoice | None = None,
) -> None:
    """Write the preview of a video or a sound file.

    Pictures and sound keep their times, from the start of the file as mien counts them.

    Args:
        source: the clip.
        info: what it is.
        path: the preview, MP4.
        progress: called with (seconds done, seconds in all or None).
        tracks: which of them are shown and heard.

    Raises:
        MediaError: the source cannot be read.
        OutputError: the preview cannot be written.
    """
    if info.kind == "sound":
        _write_sound(source, path, tracks)
        return
    copy_video(
        source,
        path,
        lambda picture, _: picture,
        max_side=SIDE,
        keys=_KEYS,
        from_zero=True,
        sound=_COPIED,
        progress=progress,
        tracks=tracks,
    )


def _write_sound(source: Path, path: Path, tracks: TrackChoice | None) -> None:
    with atomic(path) as part:
        try:
            with (
                av.open(str(part), "w", format="mp4") as out,
                SoundCopy(source, out, _COPIED, tracks) as s,
            ):
                s.prepare()
                if not out.streams.audio:
                    raise MediaError(f"{source}: the sound could not be decoded")
                s.mux(float("inf"))
        except av.error.FFmpegError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror})") from None
