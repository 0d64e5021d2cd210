"""Request and response models of the routes, beside the answer itself (`PredictionModel`)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from mien.inference.transcript.result import LinesModel
from mien.output.answer_schema import PredictionModel
from mien.output.relative_schema import RelativeModel
from mien.serve.incoming import RefusedFile
from mien.serve.problems import ProblemModel

if TYPE_CHECKING:
    from mien.serve.store import Job

__all__ = [
    "ANSWER",
    "ANSWERS",
    "LINES",
    "RELATIVE",
    "AcceptedModel",
    "HealthModel",
    "InfoModel",
    "JobModel",
    "LinksModel",
    "PageModel",
    "RefusedModel",
    "job_model",
    "refused_model",
]

ANSWERS = "#/components/schemas"
"""Where the OpenAPI document has the schema of answers."""

ANSWER: dict[str, Any] = {
    "content": {"application/json": {"schema": {"$ref": f"{ANSWERS}/{PredictionModel.__name__}"}}}
}
"""The response of a route that returns a `Prediction.to_dict()`, for that document."""

RELATIVE: dict[str, Any] = {
    "content": {"application/json": {"schema": {"$ref": f"{ANSWERS}/{RelativeModel.__name__}"}}}
}
"""What a route gives that answers with the part `relative` of an answer."""

LINES: dict[str, Any] = {
    "content": {"application/json": {"schema": {"$ref": f"{ANSWERS}/{LinesModel.__name__}"}}}
}
"""What a route gives that answers with a `Lines.to_dict()`."""

State = Literal["queued", "running", "done", "failed", "cancelled"]
VideoState = Literal["none", "making", "done", "failed"]
MediaState = Literal["none", "source", "making", "preview", "failed"]

_ID = "hB2m0Gg8rK3lqXcQv5nT1w"
_JOB: dict[str, JsonValue] = {
    "id": _ID,
    "name": "clip.mp4",
    "size": 423_981,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "options": {
        "window": 2.0,
        "fps": None,
        "people": None,
        "max_side": 1920,
        "video_track": None,
        "audio_track": None,
        "channel": "mix",
        "keep_tracks": False,
    },
    "state": "done",
    "progress": 1.0,
    "seconds_done": 8.0,
    "duration": 8.0,
    "error": None,
    "label": "happy",
    "confidence": 0.83,
    "reliable": True,
    "media": "source",
    "video": "none",
    "attempts": 1,
    "created": "2026-05-04T09:12:01Z",
    "started": "2026-05-04T09:12:01Z",
    "finished": "2026-05-04T09:12:04Z",
    "expires": "2026-05-05T09:12:01Z",
    "links": {
        "self": f"/v1/jobs/{_ID}",
        "events": f"/v1/jobs/{_ID}/events",
        "result": f"/v1/jobs/{_ID}/result",
        "media": f"/v1/jobs/{_ID}/media",
        "waveform": f"/v1/jobs/{_ID}/waveform",
    },
}


class OptionsModel(BaseModel):
    """How the clip is looked at (`mien.Options`)."""

    window: float = Field(description="seconds of one window of the timeline")
    fps: float | None = Field(description="pictures looked at in each second; null: the model's")
    people: int | None = Field(description="most faces followed at once; null: all")
    max_side: int = Field(1920, description="px of the long side; larger pictures are made smaller")
    video_track: int | None = Field(None, description="of pictures; null: the default one")
    audio_track: int | None = Field(None, description="of sound; null: the default one")
    channel: str = Field("mix", description="of the sound: left, right, a number, mix, or person")
    keep_tracks: bool = Field(False, description="whether faces were not compared with one another")


class LinksModel(BaseModel):
    """Where to go on; null where there is nothing (yet)."""

    self_: str = Field(alias="self")
    events: str
    result: str | None
    media: str | None
    waveform: str | None


class JobModel(BaseModel):
    """One clip and what becomes of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_JOB]})

    id: str
    name: str = Field(description="the file's name as the client gave it, made safe to show")
    size: int = Field(description="bytes")
    sha256: str
    options: OptionsModel
    state: State
    progress: float | None = Field(description="0 to 1; null: not known")
    seconds_done: float | None = Field(description="seconds of the clip that are analysed")
    duration: float | None = Field(description="seconds of the clip")
    error: str | None = Field(description="why it failed, or waits, in one line")
    label: str | None
    confidence: float | None
    reliable: bool | None
    media: MediaState = Field(description="what a browser can play: the file, or a preview of it")
    video: VideoState = Field(description="the annotated copy; made when it is asked for")
    attempts: int
    created: datetime
    started: datetime | None
    finished: datetime | None
    expires: datetime | None = Field(description="when the clip and its results are deleted")
    links: LinksModel


class RefusedModel(BaseModel):
    """A file that was not taken."""

    name: str
    problem: ProblemModel


class AcceptedModel(BaseModel):
    """What became of the files of one request; an accepted job is not lost any more."""

    jobs: list[JobModel]
    refused: list[RefusedModel]


class PageModel(BaseModel):
    """Some of the jobs, the newest first."""

    jobs: list[JobModel]
    next: str | None = Field(description="give it as `after` for the next ones; null: no more")


class ModelModel(BaseModel):
    """The bundle in use."""

    name: str
    sha256: str


class LimitsModel(BaseModel):
    """What the server allows."""

    upload_bytes: int
    duration: float = Field(description="seconds of a clip")
    pixels: int = Field(description="of one picture")
    predict_seconds: float = Field(description="seconds of a clip for POST /v1/predict")
    files: int = Field(description="in one request")
    keep_hours: float


class InfoModel(BaseModel):
    """What a client has to know beforehand."""

    version: str
    model: ModelModel
    labels: list[str]
    colours: dict[str, str] = Field(description="{label: #rrggbb}")
    branches: list[str]
    modalities: dict[str, str] = Field(description="{branch: face, voice or frame}")
    limits: LimitsModel
    key_needed: bool


class HealthModel(BaseModel):
    """All is well."""

    status: Literal["ok"] = "ok"


def job_model(job: Job) -> JobModel:
    """A job as clients see it."""
    here = f"/v1/jobs/{job.id}"
    done, playable = job.state == "done", job.media in ("source", "preview")
    links = {
        "self": here,
        "events": f"{here}/events",
        "result": f"{here}/result" if done else None,
        "media": f"{here}/media" if playable else None,
        "waveform": f"{here}/waveform" if done else None,
    }
    fields = {name: getattr(job, name) for name in JobModel.model_fields if name != "links"}
    return JobModel.model_validate({**fields, "links": links})


def refused_model(refused: RefusedFile, instance: str) -> RefusedModel:
    """A file that was not taken, with the problem as it would be answered alone."""
    return RefusedModel(
        name=refused.name, problem=ProblemModel.model_validate(refused.problem.body(instance))
    )
