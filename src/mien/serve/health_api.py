"""/healthz, /readyz, /metrics and /v1/info: alive, ready to work, counters, description."""

from __future__ import annotations

from fastapi import APIRouter, Response

from mien import __version__
from mien.output.report.palette import colours
from mien.serve.incoming import check_space
from mien.serve.metrics import TEXT
from mien.serve.models import HealthModel, InfoModel, LimitsModel
from mien.serve.problems import Problem, documented
from mien.serve.service import TheService
from mien.serve.uploads import FILES

__all__ = ["metrics_router", "router"]

router = APIRouter(tags=["about"])
metrics_router = APIRouter(tags=["about"])


@router.get("/healthz", responses=documented())
async def alive() -> HealthModel:
    """Whether the server answers."""
    return HealthModel()


@router.get("/readyz", responses=documented(503, 507))
def ready(service: TheService) -> HealthModel:
    """Whether it can take and do a job: database, workers, room on the disk."""
    service.store.counts()
    check_space(service.files.incoming, service.settings.limits.spare_bytes)
    if not service.pool.alive:
        raise Problem(503, "no-workers", "no worker process is ready yet", retry_after=5)
    return HealthModel()


@router.get("/v1/info", responses=documented())
async def info(service: TheService) -> InfoModel:
    """What a client has to know beforehand; needs no key."""
    limits, about = service.settings.limits, service.about
    return InfoModel(
        version=__version__,
        model=about.model,
        labels=list(about.labels),
        colours=dict(colours(about.labels)),
        branches=list(about.branches),
        modalities=dict(about.branches),
        limits=LimitsModel(
            upload_bytes=limits.upload_bytes,
            duration=limits.duration,
            pixels=limits.pixels,
            predict_seconds=limits.predict_seconds,
            files=FILES,
            keep_hours=service.settings.keep_hours,
        ),
        key_needed=bool(service.settings.keys),
    )


@metrics_router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
        **documented(401),
    },
)
def metrics(service: TheService) -> Response:
    """Counters, as Prometheus text."""
    return Response(service.metrics.text(), media_type=TEXT)
