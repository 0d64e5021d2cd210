"""Live mode: answers a second, and how old they are, in the browser and over a bare WebSocket.

    python benchmarks/live.py [--data DATA/java_sed] [--seconds 20] [--json FILE]

Starts `mien serve`, and shows it one person talking at 1280x720. In Chromium (where it and
Playwright are installed) the clip is the page's camera and microphone; the page sends 12 pictures
a second of 640 pixels. Over the WebSocket the clip goes as a program would send it: 30 pictures
a second of 640x360, JPEG, and sound.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
from live_page import CHROMIUM, in_chromium, percentiles
from talking import Camera, Kind, material, talking_clip
from websockets.sync.client import ClientConnection, connect

from mien.media import RATE, open_media

__all__ = ["live"]

FAST = Camera("libx264", 30, 0.0, (("preset", "ultrafast"), ("crf", "20")))
CAMERA = Kind(1280, 720, camera=FAST)
SENT_SIDE = 640  # px of the pictures that are sent
PIECE = RATE // 5

Message = tuple[float, bytes]


def live(folder: Path, seconds: float, data: Path | None) -> dict[str, Any]:
    """All figures, times in milliseconds."""
    clip = talking_clip(folder / "live.mp4", CAMERA, seconds, data)
    sent = messages(clip)
    result: dict[str, Any] = {"seconds": seconds, "load": round(os.getloadavg()[0], 1)}
    with service() as url:
        if CHROMIUM is not None and find_spec("playwright") is not None:
            result["page"] = in_chromium(url, clip, folder, seconds)
        else:
            print("live: no Chromium (or no Playwright) here; not measured in it", file=sys.stderr)
        socket = f"{url.replace('http', 'ws', 1)}/v1/live"
        with connect(socket) as session:
            answers = played(session, sent)
        worker = one_by_one(socket, sent)
    boxes = {answer["t"] for _, answer in answers if answer["people"]}
    result["socket"] = {
        "camera_fps": CAMERA.camera.fps,
        "answers_per_s": round(len(answers) / seconds, 1),
        "boxes_per_s": round(len(boxes) / seconds, 1),
        "late_ms": percentiles([1000 * late for late, _ in answers]),
        "picture_ms": round(1000 * worker, 1),
    }
    return result


def messages(clip: Path) -> list[Message]:
    """When each message is sent, and the message; sound goes out when its piece is over."""
    result = []
    with open_media(clip, fps=CAMERA.camera.fps, max_side=SENT_SIDE) as media:
        for chunk in media.chunks():
            for frame, at in zip(chunk.frames, chunk.times, strict=True):
                bgr = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
                jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 70])[1].tobytes()
                result.append((float(at), struct.pack("<Bd", 1, at) + jpeg))
            for begin in range(0, len(chunk.sound), PIECE):
                at, piece = chunk.sound_start + begin / RATE, chunk.sound[begin : begin + PIECE]
                result.append((at + len(piece) / RATE, struct.pack("<Bd", 2, at) + piece.tobytes()))
    return sorted(result)


def played(session: ClientConnection, sent: list[Message]) -> list[tuple[float, dict[str, Any]]]:
    """Each answer, and how many seconds after the picture it is about it came."""
    answers: list[tuple[float, dict[str, Any]]] = []
    session.send(sent[0][1])
    session.recv()  # the worker is there
    began = time.perf_counter()

    def listen() -> None:
        for text in session:
            answer = json.loads(text)
            answers.append((time.perf_counter() - began - answer["t"], answer))

    ear = threading.Thread(target=listen)
    ear.start()
    for at, message in sent:
        time.sleep(max(0.0, began + at - time.perf_counter()))
        session.send(message)
    time.sleep(1)
    session.close()
    ear.join()
    return answers


def one_by_one(url: str, sent: list[Message]) -> float:
    """Median seconds from a picture that is sent to its answer, when nothing else is waiting."""
    took = []
    with connect(url) as session:
        for _, message in [pair for pair in sent if pair[1][0] == 1]:
            began = time.perf_counter()
            session.send(message)
            session.recv()
            took.append(time.perf_counter() - began)
    return statistics.median(took)


@contextmanager
def service() -> Iterator[str]:
    """A real one on a free port; gives its address."""
    with tempfile.TemporaryDirectory() as stored:
        command = [sys.executable, "-m", "mien", "serve", "--port", "0", "--data", stored]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            yield next(word for line in process.stdout for word in line.split() if "//" in word)
        finally:
            process.terminate()
            process.wait()


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = live(Path(folder), options.seconds, options.data)
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "material": material(options.data),
        **found,
    }
    print(json.dumps(result, indent=1))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
