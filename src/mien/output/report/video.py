"""A copy of the video with boxes, labels and bars drawn in; its sound and times are kept."""

from __future__ import annotations

from pathlib import Path

from mien.media import TrackChoice
from mien.output.report.drawing import annotate
from mien.output.report.video_copy import Progress, copy_video
from mien.output.report.video_sound import COPIED
from mien.types import Prediction

__all__ = ["write_video"]


def write_video(p: Prediction, source: Path, path: Path, progress: Progress | None = None) -> None:
    """Write the annotated copy as an MP4 file, as `mien.output.report.video_copy` describes it.

    Args:
        p: the answer for `source`.
        source: the video.
        path: the copy.
        progress: called with (seconds done, seconds in all or None).

    Raises:
        MediaError: the source cannot be read, or has no moving picture.
        OutputError: the copy cannot be written.
    """
    total = float(p.source["duration"]) or None

    def tell(time: float, _: float | None) -> None:
        if progress is not None:
            progress(time, total)

    read = p.source.get("read") or {}
    odd = {reason.code for reason in p.reasons} & {"sound_changes", "timestamps"}
    copy_video(
        source,
        path,
        lambda picture, time: annotate(picture, p, time),
        sound=frozenset() if odd else COPIED,
        tracks=TrackChoice(read.get("video_track"), read.get("audio_track")),
        progress=tell,
    )
