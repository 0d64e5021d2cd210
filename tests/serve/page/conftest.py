"""The page in a real browser: Debian's Chromium, through Playwright, on a real server."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import pytest

import mien
from tests.conftest import shifted, tone, write_clip
from tests.serve.conftest import Running

PATIENCE = 60.0  # s; only where something is wrong
SECONDS, SPEED = 4.0, 60.0  # of the moving clip; pixels a second
LABEL = ".headline .label bdi"
CHROMIUM = shutil.which("chromium")

Page = Any
Opens = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Callable[..., Any]]:
    """Starts Chromium with switches."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        yield lambda *switches: driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", *switches]
        )


@pytest.fixture(scope="session")
def browser(chromium: Callable[..., Any]) -> Iterator[Any]:
    started = chromium()
    yield started
    started.close()


@pytest.fixture
def opened(browser: Any) -> Iterator[Opens]:
    with opening(browser) as opens:
        yield opens


@pytest.fixture(scope="session")
def moving(tmp_path_factory: pytest.TempPathFactory, portrait: Any) -> Path:
    """A face that goes to the right; how far the clip has come is written along its foot."""
    return write_moving(tmp_path_factory.mktemp("moving") / "moving.mp4", portrait)


@contextmanager
def opening(browser: Any) -> Iterator[Opens]:
    """Gives what opens pages; fails if one complains, for example of a broken security policy."""
    complaints: list[str] = []
    contexts: list[Any] = []

    def listen(message: Any) -> None:
        # An HTTP status that is not a success; advice about what tests do with the canvas.
        fine = ("Failed to load resource", "Canvas2D: Multiple readback")
        if message.type in ("error", "warning") and not message.text.startswith(fine):
            complaints.append(message.text)

    def opens(url: str, **options: Any) -> Page:
        contexts.append(browser.new_context(**options))
        contexts[-1].set_default_timeout(1000 * PATIENCE)
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", listen)
        page.goto(url)
        return page

    try:
        yield opens
        assert not complaints, complaints
    finally:
        for context in contexts:
            context.close()


def until(page: Page, expression: str | Callable[[Page], bool]) -> None:
    """Wait until something is true in the page, whose policy forbids Playwright's own way."""
    end = time.monotonic() + PATIENCE
    true = expression if callable(expression) else lambda page: page.evaluate(expression)
    while not true(page):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(30)


def painted(page: Page) -> bool:
    """Whether anything is drawn over the picture."""
    drawn: bool = page.evaluate(
        """() => { const { width, height } = document.querySelector("canvas.boxes");
             const context = document.querySelector("canvas.boxes").getContext("2d");
             return context.getImageData(0, 0, width, height).data.some((value) => value > 0); }"""
    )
    return drawn


def choose(page: Page, *paths: Path) -> None:
    page.set_input_files("#files", [str(path) for path in paths])


def answer_of(server: Running, page: Page) -> dict[str, Any]:
    """The answer that the page shows, as the server gives it."""
    answer: dict[str, Any] = server.http.get(f"/v1/jobs/{job_of(page)}/result").json()
    return answer


def job_of(page: Page) -> str:
    return str(page.url).rpartition("/")[2]


def write_moving(path: Path, portrait: Any) -> Path:
    times = [k / 25 for k in range(round(25 * SECONDS))]
    frames = [shifted(portrait, SPEED * (t - SECONDS / 2)) for t in times]
    for frame, shown in zip(frames, times, strict=True):
        frame[-8:] = 0
        frame[-8:, : round(shown / SECONDS * frame.shape[1])] = 255
    return write_clip(path, frames, times, sound=tone(SECONDS))


def spoken(path: Path) -> Path:
    """The sound of the sample clip as a WAV file."""
    with av.open(str(mien.sample())) as given, av.open(str(path), "w") as out:
        stream = out.add_stream("pcm_s16le", rate=16_000, layout="mono")
        resampler = av.AudioResampler(format="s16", layout="mono", rate=16_000)
        for frame in given.decode(audio=0):
            for piece in resampler.resample(frame):
                out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return path
