"""Live mode over a real WebSocket: answers a second, and what one picture takes the worker.

    python benchmarks/live.py [--seconds 20] [--json reports/live.json]

Starts `mien serve`, plays a clip of 640x480 with one face and speech to it as a camera (30 pictures
a second, JPEG) and a microphone would, and notes when each answer comes.
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
from pathlib import Path

import cv2
from websockets.sync.client import ClientConnection, connect

from mien.media import RATE, open_media

sys.path.insert(0, str(Path(__file__).parent))

from clips import make_clip

CAMERA = 30.0
PIECE = RATE // 5


def messages(clip: Path) -> list[tuple[float, bytes]]:
    """When each message is sent, and the message; sound goes out when its piece is over."""
    found = []
    with open_media(clip, fps=CAMERA) as media:
        for chunk in media.chunks():
            for frame, at in zip(chunk.frames, chunk.times, strict=True):
                bgr = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
                jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 70])[1].tobytes()
                found.append((float(at), struct.pack("<Bd", 1, at) + jpeg))
            for begin in range(0, len(chunk.sound), PIECE):
                at, piece = chunk.sound_start + begin / RATE, chunk.sound[begin : begin + PIECE]
                found.append((at + len(piece) / RATE, struct.pack("<Bd", 2, at) + piece.tobytes()))
    return sorted(found)


def played(session: ClientConnection, sent: list[tuple[float, bytes]]) -> list[tuple[float, dict]]:
    """Each answer, and how many seconds after the picture it is about it came."""
    answers: list[tuple[float, dict]] = []
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


def one_by_one(url: str, sent: list[tuple[float, bytes]]) -> float:
    """Median seconds from a picture that is sent to its answer, when nothing else is waiting."""
    took = []
    with connect(url) as session:
        for _, message in [one for one in sent if one[1][0] == 1]:
            began = time.perf_counter()
            session.send(message)
            session.recv()
            took.append(time.perf_counter() - began)
    return statistics.median(took)


@contextmanager
def service() -> Iterator[str]:
    """A real one on a free port; gives its address."""
    with tempfile.TemporaryDirectory() as data:
        command = [sys.executable, "-m", "mien", "serve", "--port", "0", "--data", data]
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
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, service() as url:
        sent = messages(make_clip(Path(folder) / "clip.mp4", options.seconds, 640, 480, 30))
        with connect(f"{url.replace('http', 'ws', 1)}/v1/live") as session:
            answers = played(session, sent)
        worker = one_by_one(f"{url.replace('http', 'ws', 1)}/v1/live", sent)
    late = sorted(seconds for seconds, _ in answers)
    boxes = {answer["t"] for _, answer in answers if answer["people"]}
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "camera_fps": CAMERA,
        "answers_per_s": round(len(answers) / options.seconds, 1),
        "boxes_per_s": round(len(boxes) / options.seconds, 1),
        "late_ms_median": round(1000 * statistics.median(late), 1),
        "late_ms_p95": round(1000 * late[int(0.95 * len(late))], 1),
        "picture_ms_median": round(1000 * worker, 1),
    }
    print(json.dumps(result, indent=1))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
