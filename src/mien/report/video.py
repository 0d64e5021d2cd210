"""A copy of the video with boxes, labels and bars drawn in; its sound and times are kept."""

from __future__ import annotations

from pathlib import Path

from mien.report.drawing import annotate
from mien.report.video_copy import Progress, copy_video
from mien.types import Prediction

__all__ = ["write_video"]


def write_video(p: Prediction, source: Path, path: Path, progress: Progress | None = None) -> None:
    """Write the annotated copy as an MP4 file, as `mien.report.video_copy` describes it.

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

    copy_video(source, path, lambda picture, time: annotate(picture, p, time), progress=tell)
