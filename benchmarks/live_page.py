"""Live mode as people have it: the page in Chromium, with a clip as its camera and microphone."""

from __future__ import annotations

import shutil
import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np

from mien.media import RATE

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["CHROMIUM", "in_chromium", "percentiles"]

CHROMIUM = shutil.which("chromium")
WARM = 2.0  # s after the first answer that are not counted
PATIENCE = 60  # s for the first one
NOTE = """
window.measured = {start: 0, answers: [], pictures: []};
const Plain = window.WebSocket;
window.WebSocket = class extends Plain {
  constructor(...given) {
    super(...given);
    measured.start = performance.now();
    const video = document.querySelector("video");
    const seen = (now, {captureTime}) => {
      measured.pictures.push([now, captureTime ?? null]);
      video.requestVideoFrameCallback(seen);
    };
    video.requestVideoFrameCallback(seen);
    this.addEventListener("message", ({data}) => {
      const {t, span, people} = JSON.parse(data);
      const came = performance.now();
      requestAnimationFrame(() =>
        measured.answers.push({t, came, shown: performance.now(), people: people?.length ?? 0}));
    });
  }
};
"""
"""Notes when answers come and are shown, and when the camera took what the page shows."""


def in_chromium(url: str, clip: Path, folder: Path, seconds: float) -> dict[str, Any]:
    """Answers a second, and how old they are when the page shows them.

    Args:
        url: of a running `mien serve`.
        clip: with sound.
        folder: for what the camera and the microphone play.
        seconds: to measure for.

    Raises:
        ImportError: Playwright is not installed.
    """
    from playwright.sync_api import sync_playwright

    switches = [
        "--no-sandbox",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={camera(clip, folder / 'camera.mjpeg')}",
        f"--use-file-for-fake-audio-capture={microphone(clip, folder / 'microphone.wav')}",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=switches)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.add_init_script(NOTE)
        page.goto(f"{url}/#/live")
        page.get_by_role("button", name="Start").click()
        _wait(page)
        page.wait_for_timeout(1000 * (WARM + seconds))
        measured = page.evaluate("window.measured")
        measured["end"] = page.evaluate("performance.now()")
        version = browser.version
        browser.close()
    return {"chromium": version, **told(measured, seconds)}


def _wait(page: Page) -> None:
    """Until the first answer came; the page's policy forbids Playwright's own way of waiting.

    Raises:
        SystemExit: none comes.
    """
    for _ in range(10 * PATIENCE):
        if page.evaluate("measured.answers.length"):
            return
        page.wait_for_timeout(100)
    raise SystemExit(f"live: no answer came; the page says: {page.inner_text('main')[:300]}")


def told(measured: dict[str, Any], seconds: float) -> dict[str, Any]:
    """The figures of what was noted in the last `seconds`; times are in milliseconds."""
    begin = measured["end"] - 1000 * seconds
    first: dict[float, dict[str, float]] = {}
    for answer in measured["answers"]:
        if answer["came"] >= begin:
            first.setdefault(answer["t"], answer)
    shown = np.array([at for at, _ in measured["pictures"]])
    since_taken, since_capture = [], []
    for answer in first.values():
        taken = measured["start"] + 1000 * answer["t"]
        since_taken.append(answer["shown"] - taken)
        place = int(np.searchsorted(shown, taken, "right")) - 1
        captured = measured["pictures"][place][1] if place >= 0 else None
        if captured is not None:
            since_capture.append(answer["shown"] - captured)
    return {
        "answers_per_s": round(len(first) / seconds, 1),
        "with_a_face": round(sum(a["people"] > 0 for a in first.values()) / max(1, len(first)), 3),
        "taken_to_label_ms": percentiles(since_taken),
        "capture_to_label_ms": percentiles(since_capture) if since_capture else None,
    }


def percentiles(values: list[float]) -> dict[str, float]:
    """The median and the 95th percentile, to a tenth.

    Raises:
        SystemExit: there are no values.
    """
    if not values:
        raise SystemExit("live: no answer came")
    ordered = sorted(values)
    late = ordered[int(0.95 * (len(ordered) - 1))]
    return {"median": round(statistics.median(ordered), 1), "p95": round(late, 1)}


def camera(clip: Path, path: Path) -> Path:
    """A clip's pictures as Motion JPEG, which Chromium's fake camera plays, 30 a second."""
    with av.open(str(clip)) as given, path.open("wb") as out:
        for frame in given.decode(video=0):
            picture = frame.to_ndarray(format="bgr24")
            out.write(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes())
    return path


def microphone(clip: Path, path: Path) -> Path:
    """A clip's sound as a WAV file."""
    with av.open(str(clip)) as given, av.open(str(path), "w") as out:
        stream = out.add_stream("pcm_s16le", rate=RATE, layout="mono")
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        for frame in given.decode(audio=0):
            for piece in resampler.resample(frame):
                out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return path
