"""Live mode, with a camera and a microphone that play the sample clip."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import cv2
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
    folder = tmp_path_factory.mktemp("devices")
    started = chromium(
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={filmed(folder / 'camera.mjpeg')}",
        f"--use-file-for-fake-audio-capture={spoken(folder / 'microphone.wav')}",
    )
    yield started
    started.close()


def filmed(path: Path) -> Path:
    """The sample clip's pictures as Motion JPEG, which Chromium's fake camera wants."""
    with av.open(str(mien.sample())) as given, path.open("wb") as out:
        for frame in given.decode(video=0):
            picture = frame.to_ndarray(format="bgr24")
            out.write(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes())
    return path


def test_live_sees_the_camera_hears_the_microphone_and_stores_nothing(
    devices: Any, serving: Serving
) -> None:
    server = serving()
    with opening(devices) as opens:
        page = opens(f"{server.url}/#/live")
        page.get_by_role("button", name="Start").click()
        until(page, "document.querySelector('.rate')?.dataset.rate > 0")
        expect(page.locator(".headline .label bdi")).to_have_text("happy")
        until(page, painted)
        expect(page.get_by_role("status")).to_contain_text("Nothing is stored")
        expect(page.locator(".answer .best b")).to_have_text(re.compile("[5-9][0-9]%"))
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_role("button", name="Start")).to_be_visible()
        assert page.evaluate("document.querySelector('video').srcObject") is None
    assert server.http.get("/v1/jobs").json()["jobs"] == []
