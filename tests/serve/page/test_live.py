"""Live mode, with a camera and a microphone that play the sample clip."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

import mien
from tests.serve.conftest import Serving
from tests.serve.page.conftest import opening, painted, spoken, until

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.external


@pytest.fixture(scope="session")
def devices(
    chromium: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """Chromium whose camera shows the sample clip and whose microphone plays its voice."""
    with watching(chromium, tmp_path_factory.mktemp("devices"), lambda picture: picture) as started:
        yield started


@contextmanager
def watching(
    chromium: Callable[..., Any], folder: Path, see: Callable[[Any], Any]
) -> Iterator[Any]:
    """Chromium whose camera shows what `see` makes of the sample clip's pictures."""
    started = chromium(
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={filmed(folder / 'camera.mjpeg', see)}",
        f"--use-file-for-fake-audio-capture={spoken(folder / 'microphone.wav')}",
    )
    yield started
    started.close()


def filmed(path: Path, see: Callable[[Any], Any]) -> Path:
    """Pictures as Motion JPEG, which Chromium's fake camera wants."""
    with av.open(str(mien.sample())) as given, path.open("wb") as out:
        for frame in given.decode(video=0):
            picture = see(frame.to_ndarray(format="bgr24"))
            out.write(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes())
    return path


WORDS = """() => {
  window.words = [];
  const write = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    window.words = [...window.words.slice(-20), text];
    return write.call(this, text, ...rest);
  };
}"""
"""Keeps what is written on canvases."""


def test_each_of_two_people_has_a_box_with_a_label(
    chromium: Callable[..., Any], serving: Serving, tmp_path: Path
) -> None:
    server = serving()
    beside = watching(chromium, tmp_path, lambda picture: np.hstack([picture, picture[:, ::-1]]))
    with beside as browser, opening(browser) as opens:
        page = opens(f"{server.url}/#/live", viewport={"width": 1400, "height": 900})
        page.evaluate(WORDS)
        page.get_by_role("button", name="Start").click()
        for number in (1, 2):
            until(page, f"window.words.some((text) => /^{number}  [a-z]+ [0-9]+%$/.test(text))")
        page.get_by_role("button", name="Stop").click()


def test_live_sees_the_camera_hears_the_microphone_and_stores_nothing(
    devices: Any, serving: Serving
) -> None:
    server = serving()
    with opening(devices) as opens:
        page = opens(f"{server.url}/#/live")
        page.get_by_role("button", name="Start").click()
        until(page, "document.querySelector('.rate')?.dataset.rate > 0")
        expect(page.locator(".headline .label bdi")).to_have_text(
            re.compile(r"^(angry|happy|neutral)$")
        )
        until(page, painted)
        expect(page.get_by_role("status")).to_contain_text("Nothing is stored")
        expect(page.locator(".answer .best b")).to_have_text(re.compile("[5-9][0-9]%"))
        expect(page.locator(".answer")).to_contain_text("The voice goes with no mouth in view.")
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("button", name="Start")).to_be_visible()
        assert page.evaluate("document.querySelector('video').srcObject") is None
    assert server.http.get("/v1/jobs").json()["jobs"] == []
