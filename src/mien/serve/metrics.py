"""What the server counts, as Prometheus text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from time import perf_counter

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mien.serve.store import State

__all__ = ["TEXT", "Measure", "Metrics"]

TEXT = "text/plain; version=0.0.4; charset=utf-8"
_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)


class Metrics:
    """The counters of one application; two in one process do not mix.

    Args:
        jobs: {state: how many jobs}, asked for when the metrics are read.
    """

    def __init__(self, jobs: Callable[[], Mapping[State, int]]) -> None:
        self.registry = CollectorRegistry()
        self.seconds = Histogram(
            "mien_http_request_seconds",
            "Time from a request to the end of its answer.",
            ("method", "route", "status"),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.in_work = Gauge(
            "mien_http_requests_in_work", "Requests in work.", registry=self.registry
        )
        self.uploaded = Counter(
            "mien_uploaded_bytes", "Bytes of accepted files.", registry=self.registry
        )
        self.accepted = Counter("mien_jobs_accepted", "Accepted jobs.", registry=self.registry)
        self.registry.register(_Jobs(jobs))
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)

    def text(self) -> bytes:
        """All of them, in Prometheus' text format."""
        return generate_latest(self.registry)


class _Jobs(Collector):
    def __init__(self, jobs: Callable[[], Mapping[State, int]]) -> None:
        self._jobs = jobs

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Its name, without asking for the numbers."""
        yield self._family()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The numbers now."""
        family = self._family()
        for state, count in self._jobs().items():
            family.add_metric([state], count)
        yield family

    @staticmethod
    def _family() -> GaugeMetricFamily:
        return GaugeMetricFamily("mien_jobs", "Jobs by state.", labels=["state"])


class Measure:
    """ASGI middleware that times every request, refused ones included."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, start = 499, perf_counter()  # 499: the client went away before the answer

        async def tracked_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            with self.metrics.in_work.track_inprogress():
                await self.app(scope, receive, tracked_send)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "other"
            seconds = self.metrics.seconds.labels(method, _route(scope), str(status))
            seconds.observe(perf_counter() - start)


def _route(scope: Scope) -> str:
    """The pattern, so that ids and made-up addresses do not make a series each."""
    return getattr(scope.get("route"), "path", "none")
