"""A real server: uvicorn on a free port of this machine, with workers of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

import mien
from mien.serve import Limits, Settings, create_app
from mien.serve.server import Server, address, listen
from mien.serve.service import Service
from tests.conftest import tone, write_sound

PATIENCE = 300.0  # s; the machine may be busy, and no test is about time


@dataclass(frozen=True)
class Running:
    """A server that runs.

    Args:
        url: its address, without a slash at the end.
        settings: what it was started with.
        service: its parts, to look at.
        http: a client that knows its address, and its first key.
    """

    url: str
    settings: Settings
    service: Service
    http: httpx.Client

    def give(self, *paths: Path, **fields: str) -> list[dict[str, Any]]:
        """Send clips to /v1/jobs; gives the accepted jobs."""
        files = [("file", (path.name, path.read_bytes())) for path in paths]
        answer = self.http.post("/v1/jobs", files=files, data=fields)
        assert answer.status_code == 202, answer.text
        jobs: list[dict[str, Any]] = answer.json()["jobs"]
        return jobs

    def job(self, number: str) -> dict[str, Any]:
        """A job as it is now."""
        answer = self.http.get(f"/v1/jobs/{number}")
        assert answer.status_code == 200, answer.text
        job: dict[str, Any] = answer.json()
        return job

    def ended(self, number: str) -> dict[str, Any]:
        """A job once it has ended and its preview, if it gets one, is made."""
        return self.until(number, lambda job: bool(job["finished"]) and job["media"] != "making")

    def until(self, number: str, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """A job once something is true of it."""
        end = time.monotonic() + PATIENCE
        while not true(job := self.job(number)):
            assert time.monotonic() < end, job
            time.sleep(0.05)
        return job


@contextmanager
def running(settings: Settings) -> Iterator[Running]:
    """Start a server and end it."""
    with listen(settings.host, 0) as listener:
        app = create_app(settings)
        server = Server(app, settings)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.01)
            assert server.started
            url = address(listener)
            headers = {"Authorization": f"Bearer {settings.keys[0]}"} if settings.keys else {}
            with httpx.Client(base_url=url, headers=headers, timeout=PATIENCE) as http:
                yield Running(url, settings, app.state.service, http)
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One server for all tests that leave it as it is; jobs in it are of other tests, too."""
    data = tmp_path_factory.mktemp("server")
    with running(Settings(data, workers=2, threads=1)) as one:
        yield one


Serving = Callable[..., Running]


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    """Starts servers with settings of their own: `serving(keys=(...), queued=3)`.

    What `Limits` has is taken as a limit. The data folder is the test's own, the same each time.
    """
    with ExitStack() as stack:

        def start(**given: Any) -> Running:
            limits = {name: given.pop(name) for name in set(given) & set(Limits.__annotations__)}
            values = {"workers": 1, "threads": 1, "limits": Limits(**limits), **given}
            return stack.enter_context(running(Settings(tmp_path / "data", **values)))

        yield start


@pytest.fixture(scope="session")
def beep(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A tenth of a second of sound: the smallest clip there is."""
    path = tmp_path_factory.mktemp("beep") / "beep.wav"
    return write_sound(path, tone(0.1), 16_000, "mono", "pcm_s16le").read_bytes()


@pytest.fixture(scope="session")
def done(server: Running) -> dict[str, Any]:
    """The sample clip as a job of `server` that is done; not to be changed."""
    [job] = server.give(mien.sample())
    job = server.ended(job["id"])
    assert job["state"] == "done", job
    return job
