"""Whether the boxes lie over the face of the frame that is on the screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.serve.conftest import Running
from tests.serve.page.conftest import (
    SECONDS,
    SPEED,
    Opens,
    Page,
    answer_of,
    choose,
    job_of,
    write_moving,
)

pytestmark = pytest.mark.external

ALIGNMENT = """
(seconds) => new Promise((resolve) => {
  const video = document.querySelector("video"), boxes = document.querySelector("canvas.boxes");
  const frame = document.createElement("canvas");
  const context = frame.getContext("2d", {willReadFrequently: true});
  const [width, height] = [frame.width, frame.height] = [video.videoWidth, video.videoHeight];
  const found = [];
  const scale = Math.min(boxes.width / width, boxes.height / height);
  const bright = (data, x) => data[4 * x] > 128;
  function look() {
    context.drawImage(video, 0, 0);
    const bar = context.getImageData(0, height - 4, width, 1).data;
    let filled = 0;
    while (filled < width && bright(bar, filled)) filled++;
    const y = (boxes.height - height * scale) / 2 + ROW * scale;
    const row = boxes.getContext("2d").getImageData(0, y, boxes.width, 1).data;
    const drawn = [...Array(boxes.width).keys()].filter((x) => row[4 * x + 3] > 0);
    const middle = ((drawn[0] + drawn.at(-1) + 1) / 2 - boxes.width / 2) / scale + width / 2;
    if (drawn.length) found.push([filled / width * seconds, middle]);
    if (video.ended || found.length >= MOST) resolve(found);
    else requestAnimationFrame(look);
  }
  look();
})
"""
"""The time that is written into the frame on show, and where the box's middle is drawn, in pixels
of the frame."""

SEEK = """
(time) => new Promise((resolve) => {
  const video = document.querySelector("video");
  video.requestVideoFrameCallback(() => requestAnimationFrame(resolve));
  video.currentTime = time;
})
"""


def test_boxes_lie_over_the_face_of_the_frame_that_is_shown(
    opened: Opens, server: Running, moving: Path
) -> None:
    page = opened(server.url)
    choose(page, moving)
    page.wait_for_selector("video")
    check_boxes(server, page)


def test_boxes_lie_over_the_face_in_a_preview(
    opened: Opens, server: Running, tmp_path: Path, portrait: Any
) -> None:
    page = opened(server.url)
    choose(page, write_moving(tmp_path / "moving.mkv", portrait))
    page.wait_for_selector("video")
    assert server.job(job_of(page))["media"] == "preview"
    check_boxes(server, page)


def check_boxes(server: Running, page: Page) -> None:
    """Play from start to end, then seek; boxes may be 0.1 s off, at most.

    Near the ends of a track its boxes are smoothed from one side only, and lie behind.
    """
    track = answer_of(server, page)["people"][0]["track"]
    middles = np.array([(box[0] + box[2]) / 2 for box in track["boxes"]])
    times = np.array(track["times"])
    start = float(np.median(middles - SPEED * times))
    row = np.mean([box[1::2] for box in track["boxes"]])
    script = ALIGNMENT.replace("ROW", f"{row:.3f}")

    page.get_by_role("button", name="Play").click()
    seen = page.evaluate(script.replace("MOST", "1e9"), SECONDS)
    inner = [(t, x) for t, x in seen if times[1] < t < times[-2]]
    assert len({round(t, 2) for t, _ in inner}) > 20  # different frames
    late = max(abs(x - start - SPEED * t) / SPEED for t, x in inner)
    assert late < 0.1

    for t in (0.6, 3.2, 1.7):
        page.evaluate(SEEK, t)
        [[shown, x]] = page.evaluate(script.replace("MOST", "1"), SECONDS)
        assert abs(shown - t) < 0.06
        assert abs(x - start - SPEED * shown) / SPEED < 0.1
