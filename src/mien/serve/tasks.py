"""What a worker does with a clip: analyse it, make a preview, make the annotated video."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from av.video.codeccontext import VideoCodecContext

from mien.errors import MediaError, MissingExtraError, UsageError
from mien.inference.analysis import Options, Progress, observe
from mien.inference.bundle import Bundle
from mien.inference.transcript.evidence import ClipEvidence, evidence_of
from mien.inference.transcript.store import save_evidence
from mien.media.container import open_container
from mien.media.guard import open_bytes
from mien.media.tracks import tracks_of
from mien.output.answer import prediction_from_dict
from mien.output.formats import FORMATS as CONVERTED
from mien.output.report import WRITERS, write_video
from mien.serve.confine import is_short_of_memory
from mien.serve.files import ANNOTATED, FORMATS, JobFiles
from mien.serve.job import Task
from mien.serve.playable import playback, read_info
from mien.serve.preview import write_preview
from mien.serve.settings import Limits
from mien.serve.waveform import write_waveform
from mien.types import MediaInfo, Prediction

__all__ = ["JobRunner", "SendMessage", "WorkRequest"]

SendMessage = Callable[[Mapping[str, Any]], None]


class _TooLargeError(MediaError):
    """More than a limit of the service allows."""


@dataclass(frozen=True)
class WorkRequest:
    """What a supervisor asks a worker to do.

    Args:
        task: what is to be done.
        id, name, options, kept: of the job, see `mien.serve.job.Job`.
    """

    task: Task
    id: str
    name: str
    options: Mapping[str, Any]
    kept: bool


@dataclass(frozen=True)
class JobRunner:
    """Carries out requests of a supervisor.

    Args:
        bundle: the model.
        files: where the clips lie.
        limits: see `Limits`.
        say: called with intermediate messages: {"progress", "seconds_done", "duration", "media"}.
    """

    bundle: Bundle
    files: JobFiles
    limits: Limits
    say: SendMessage

    def do(self, request: WorkRequest) -> dict[str, Any]:
        """Do it; when this returns all files are on the disk under their final names.

        Returns:
            what is to be noted about the job.

        Raises:
            MienError: it cannot be done; the message may hold the path of the clip.
            OSError: ENOSPC, there is no room on the disk.
        """
        if not self.files.has_room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        handlers = {"analyze": self._analyze, "preview": self._preview, "video": self._video}
        outcome = handlers[request.task](request)
        _sync(self.files.folder(request.id))
        return outcome

    def _analyze(self, request: WorkRequest) -> dict[str, Any]:
        source, watch = self.files.source(request.id), self._watch(request)
        info = self._admitted_info(request)
        self.say({"media": playback(source, info), "duration": info.duration})
        analyzed, evidence = self._predict(source, Options(**request.options), watch)
        if any(reason.code == "picture_changes" for reason in analyzed.reasons):
            self.say({"media": "making"})  # a player would change its frame: boxes miss their faces
        prediction = replace(
            analyzed, source={**analyzed.source, "path": request.name, "folder": None}
        )
        self._write(prediction, request)
        if request.kept:
            save_evidence(evidence, self.bundle, self.files.evidence(request.id))
        return {
            "label": prediction.label,
            "confidence": prediction.confidence,
            "reliable": prediction.reliable,
            "duration": float(prediction.source["duration"]),
            "seconds_done": float(prediction.source["duration"]),
        }

    def _predict(
        self, source: Path, options: Options, watch: Progress
    ) -> tuple[Prediction, ClipEvidence]:
        """The prediction; `MemoryError` where what looks like damage may be a lack of memory."""
        try:
            observed = observe(source, self.bundle, options, watch)
            prediction = observed.answer(options.window)
        except _TooLargeError:
            raise
        except MediaError as error:
            if is_short_of_memory():
                raise MemoryError from error
            raise
        if not prediction.source["complete"] and is_short_of_memory():
            raise MemoryError
        return prediction, evidence_of(observed, prediction)

    def _write(self, prediction: Prediction, request: WorkRequest) -> None:
        source = self.files.source(request.id)
        for name in FORMATS if request.kept else ("json",):
            target = self.files.result(request.id, name)
            if name in ANNOTATED:
                _annotate(prediction, name, target)
                continue
            with suppress(MissingExtraError):  # Parquet; the server says so to who asks for it
                WRITERS[name].write(prediction, source, target)
        if request.kept:
            tracks = Options(**request.options).tracks
            write_waveform(source, self.files.waveform(request.id), tracks)

    def _preview(self, request: WorkRequest) -> dict[str, Any]:
        source = self.files.source(request.id)
        tracks = Options(**request.options).tracks
        write_preview(
            source, read_info(source, tracks), self.files.preview(request.id), tracks=tracks
        )
        return {"media": "preview"}

    def _video(self, request: WorkRequest) -> dict[str, Any]:
        answer = json.loads(self.files.result(request.id, "json").read_bytes())
        source, target = self.files.source(request.id), self.files.result(request.id, "video")
        write_video(prediction_from_dict(answer), source, target)
        return {"video": "done"}

    def _admitted_info(self, request: WorkRequest) -> MediaInfo:
        """What a clip is; raises `MediaError` for one that is larger than allowed."""
        source, tracks = self.files.source(request.id), Options(**request.options).tracks
        width, height = _size(source)
        if width * height > self.limits.pixels:
            raise _TooLargeError(
                f"{source}: a picture of {width} x {height}; at most "
                f"{self.limits.pixels / 1e6:.3g} million pixels are allowed; make it smaller"
            )
        info = read_info(source, tracks)
        self._check_length(request, info.duration or 0)
        return info

    def _watch(self, request: WorkRequest) -> Callable[[float, float | None], None]:
        """A callback that reports progress and stops a clip that is longer than its header says."""

        def watch(done: float, total: float | None) -> None:
            self._check_length(request, done)
            part = min(1.0, done / total) if total else None
            self.say({"seconds_done": done, "progress": part})

        return watch

    def _check_length(self, request: WorkRequest, seconds: float) -> None:
        longest = self.limits.duration if request.kept else self.limits.predict_seconds
        if seconds > longest:
            advice = "cut it into parts" if request.kept else "send it to POST /v1/jobs"
            raise _TooLargeError(
                f"{self.files.source(request.id)}: is longer than {longest:g} s, "
                f"the longest that is allowed here; {advice}"
            )


def _annotate(prediction: Prediction, name: str, target: Path) -> None:
    """For an annotation program, which looks for the clip beside the file: not on this machine."""
    source = {**prediction.source, "path": f"/{prediction.source['path']}"}
    with suppress(UsageError):  # a still picture has no time
        CONVERTED[name].write(replace(prediction, source=source), target)


def _size(source: Path) -> tuple[int, int]:
    """Of the largest picture as stored, before any of it is decoded; 0, 0 without."""
    stream, name = open_bytes(source)
    with stream, open_container(stream, name) as container:
        contexts = [stream.codec_context for stream in tracks_of(container, "video")]
        sizes = [(c.width, c.height) for c in contexts if isinstance(c, VideoCodecContext)]
        return max(sizes, key=lambda size: size[0] * size[1], default=(0, 0))


def _sync(folder: Path) -> None:
    """Write files and their names through to the disk."""
    for path in [*folder.iterdir(), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
