"""Live sessions over a real WebSocket, with the real model behind it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

import mien
from mien.media import open_media
from mien.serve.live_api import MESSAGE
from tests.conftest import tone
from tests.serve.conftest import Running, Serving

PICTURE, SOUND = 1, 2
PATIENCE = 60.0  # s; only where something is wrong


@pytest.fixture
def live(server: Running) -> str:
    """Address of the WebSocket."""
    return address(server)


def address(server: Running) -> str:
    return server.url.replace("http", "ws", 1) + "/v1/live"


def room(server: Running) -> dict[str, int]:
    answer: dict[str, int] = server.http.get("/v1/live").json()
    return answer


def jpeg(rgb: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1].tobytes()


def message(kind: int, at: float, payload: bytes) -> bytes:
    return struct.pack("<Bd", kind, at) + payload


def sound(at: float, samples: np.ndarray) -> bytes:
    return message(SOUND, at, samples.astype("<f4").tobytes())


def hear(session: ClientConnection) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(session.recv(PATIENCE))
    return answer


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def workers() -> set[int]:
    """Process numbers of the live workers of this process."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            command = path.with_name("cmdline").read_bytes()
        except OSError:
            continue
        if parent == os.getpid() and b"mien.serve.live_worker" in command:
            found.add(int(path.parent.name))
    return found


def test_a_real_clip_is_answered_as_it_comes(live: str) -> None:
    with connect(f"{live}?window=4&people=1") as session, open_media(mien.sample()) as media:
        for chunk in media.chunks():
            session.send(sound(chunk.sound_start, chunk.sound))
            for frame, at in zip(chunk.frames[::3], chunk.times[::3], strict=True):
                session.send(message(PICTURE, float(at), jpeg(frame)))
                answer = hear(session)
                while answer["t"] != at:
                    answer = hear(session)
    height, width = frame.shape[:2]
    assert answer["span"]["label"] == "neutral"
    assert answer["span"]["end"] - answer["span"]["start"] >= 4
    assert {k for k, v in answer["span"]["branches"].items() if v} == {"face", "voice"}
    (person,) = answer["people"]
    x0, y0, x1, y1 = person["box"]
    assert person["id"] == 1
    assert person["label"] == max(person["probabilities"], key=person["probabilities"].get)
    assert sum(person["probabilities"].values()) == pytest.approx(1, abs=1e-4)
    assert 0 <= x0 < width / 2 < x1 <= width
    assert 0 <= y0 < height / 2 < y1 <= height


def test_boxes_are_in_pixels_of_the_sent_picture(live: str, portrait: np.ndarray) -> None:
    boxes = []
    with connect(live) as session:
        for times in (1, 4):
            large = cv2.resize(portrait, None, fx=times, fy=times)
            for k in range(4):
                session.send(message(PICTURE, times + k / 10, jpeg(large)))
                people = hear(session)["people"]
            boxes.append(np.array(people[0]["box"]) / times)
    np.testing.assert_allclose(*boxes, atol=8)


def test_what_comes_too_fast_is_dropped_and_counted(live: str, portrait: np.ndarray) -> None:
    picture, sent = jpeg(portrait), 300
    with connect(live) as session:
        for k in range(sent):
            session.send(message(PICTURE, k / 10, picture))
        answers = [hear(session)]
        while answers[-1]["t"] < (sent - 1) / 10:
            answers.append(hear(session))
    assert [a["t"] for a in answers] == sorted(a["t"] for a in answers)
    assert len(answers) + sum(a["dropped"] for a in answers) == sent
    assert len(answers) < sent


def test_nothing_is_stored(server: Running, live: str, portrait: np.ndarray) -> None:
    def files() -> set[Path]:
        return {path for path in server.settings.data.rglob("*") if path.is_file()}

    before, counted = files(), server.service.store.counts()
    with connect(live) as session:
        session.send(message(PICTURE, 0.0, jpeg(portrait)))
        hear(session)
        assert files() == before
    assert files() == before
    assert server.service.store.counts() == counted


def test_sound_alone_is_answered(live: str) -> None:
    with connect(live) as session:
        session.send(sound(0.0, tone(1.0)[0]))
        answer = hear(session)
    assert answer["people"] == []
    assert answer["span"]["label"] is None


def huge() -> bytes:
    """A small file that says that it is a picture of 30,000 x 30,000."""
    small = bytearray(jpeg(np.zeros((16, 16, 3), np.uint8)))
    at = small.index(b"\xff\xc0") + 5
    small[at : at + 4] = struct.pack(">HH", 30_000, 30_000)
    return bytes(small)


PNG = cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
BAD = {
    "no payload": (message(PICTURE, 0.0, b""), 1007, "payload"),
    "other kind": (message(3, 0.0, b"x"), 1007, "kind 3"),
    "not a picture": (message(PICTURE, 0.0, b"#EXTM3U\n/etc/passwd"), 1007, "not a JPEG"),
    "other format": (message(PICTURE, 0.0, PNG), 1007, "not a JPEG"),
    "cut off": (message(PICTURE, 0.0, b"\xff\xd8\xff\xe0"), 1007, "damaged"),
    "huge": (message(PICTURE, 0.0, huge()), 1007, "8,294,400 pixels"),
    "no time": (message(PICTURE, float("nan"), b"x"), 1007, "time nan"),
    "early": (message(PICTURE, -1.0, b"x"), 1007, "time -1"),
    "late": (message(SOUND, 1e300, b"1234"), 1007, r"time 1e\+300"),
    "half a sample": (message(SOUND, 0.0, b"12345"), 1007, "float32"),
    "not a number": (sound(0.0, np.array([np.nan])), 1007, "not finite"),
    "long sound": (sound(0.0, np.zeros(16_000 * 6)), 1007, "5 s"),
    "text": ("hello", 1003, "binary"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_messages_end_the_session_in_one_clear_line(
    server: Running, live: str, name: str
) -> None:
    content, code, words = BAD[name]
    with connect(live) as session:
        session.send(content)
        problem = hear(session)["problem"]
        with pytest.raises(ConnectionClosed) as closed:
            session.recv(PATIENCE)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code
    assert 400 <= problem["status"] < 500
    assert re.fullmatch(f".*{words}.*", problem["detail"]), problem
    wait_until(lambda: room(server) == {"running": 0, "allowed": 2})


def test_time_does_not_run_backwards(live: str, portrait: np.ndarray) -> None:
    with connect(live) as session:
        session.send(message(PICTURE, 2.0, jpeg(portrait)))
        hear(session)
        session.send(message(PICTURE, 1.0, jpeg(portrait)))
        assert "comes after" in hear(session)["problem"]["detail"]


def test_a_message_that_is_too_long_is_not_read(live: str) -> None:
    with connect(live) as session:
        with suppress(ConnectionClosed):  # it may be cut off while it is sent
            session.send(message(PICTURE, 0.0, bytes(MESSAGE)))
        with pytest.raises(ConnectionClosed) as closed:
            session.recv(PATIENCE)
    found = closed.value.rcvd  # None where the reset overtook it: the message was not read out
    assert found is None or found.code == 1009


def test_two_people_have_a_label_each(live: str, portrait: np.ndarray) -> None:
    picture = jpeg(np.concatenate([portrait, portrait[:, ::-1]], 1))
    with connect(f"{live}?fps=10") as session:
        for k in range(6):
            session.send(message(PICTURE, k / 10, picture))
            people = hear(session)["people"]
    assert sorted(person["id"] for person in people) == [1, 2]
    assert all(person["label"] in person["probabilities"] for person in people)


def test_no_more_pictures_are_looked_at_than_wanted(live: str, portrait: np.ndarray) -> None:
    picture = jpeg(portrait)
    seen = {}
    for fps in (1, 10):
        with connect(f"{live}?fps={fps}") as session:
            for k in range(10):
                session.send(message(PICTURE, k / 10, picture))
                people = hear(session)["people"]
        seen[fps] = len(people)
    assert seen == {1: 0, 10: 1}  # a face has to be seen three times


@pytest.mark.parametrize(
    "query", ["fps=0", "fps=x", "window=0.7", "window=x", "window=61", "people=0", "people=x"]
)
def test_options_that_cannot_be_used_are_refused(live: str, query: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{live}?{query}")
    assert refused.value.response.status_code == 422
    assert json.loads(refused.value.response.body)["type"] == "urn:mien:problem:invalid"


def test_a_full_house_says_when_to_come_again(serving: Serving, portrait: np.ndarray) -> None:
    server = serving(live=1)
    live = address(server)
    with connect(live) as session:
        assert room(server) == {"running": 1, "allowed": 1}
        with pytest.raises(InvalidStatus) as refused:
            connect(live)
        session.send(message(PICTURE, 0.0, jpeg(portrait)))
        assert "problem" not in hear(session)
    assert refused.value.response.status_code == 429
    assert int(refused.value.response.headers["Retry-After"]) > 0
    wait_until(lambda: room(server)["running"] == 0)
    with connect(live) as session:
        session.send(message(PICTURE, 0.0, jpeg(portrait)))
        assert hear(session)["t"] == 0.0


def test_who_says_nothing_is_hung_up_on(serving: Serving) -> None:
    with connect(address(serving(idle_seconds=0.2))) as session:
        assert hear(session)["problem"]["status"] == 408
        with pytest.raises(ConnectionClosed):
            session.recv(PATIENCE)


def test_the_worker_goes_when_the_client_does(
    server: Running, live: str, portrait: np.ndarray
) -> None:
    before = workers()
    with connect(live) as session:
        session.send(message(PICTURE, 0.0, jpeg(portrait)))
        hear(session)
        assert len(workers() - before) == 1
        session.socket.shutdown(socket.SHUT_RDWR)  # without a word
        wait_until(lambda: workers() == before and room(server)["running"] == 0)


def test_a_worker_that_dies_ends_its_session_and_no_other(live: str, portrait: np.ndarray) -> None:
    picture, before = jpeg(portrait), workers()
    with connect(live) as one:
        one.send(message(PICTURE, 0.0, picture))
        hear(one)
        (first,) = workers() - before
        with connect(live) as other:
            other.send(message(PICTURE, 0.0, picture))
            hear(other)
            os.kill(first, signal.SIGKILL)
            one.send(message(PICTURE, 1.0, picture))
            other.send(message(PICTURE, 1.0, picture))
            assert hear(one)["problem"]["status"] == 500
            assert hear(other)["t"] == 1.0


def test_memory_is_limited(serving: Serving, live: str) -> None:
    large = message(PICTURE, 0.0, jpeg(np.zeros((2160, 3840, 3), np.uint8)))
    with connect(address(serving(memory=8 * 2**20))) as session:
        session.send(large)
        assert "not enough memory" in hear(session)["problem"]["detail"]
    with connect(live) as session:
        session.send(large)
        assert hear(session)["t"] == 0.0


KEY = "only-for-this-test-0123"


def test_other_sites_and_wrong_keys_are_refused(serving: Serving, portrait: np.ndarray) -> None:
    server = serving(keys=(KEY,))
    live, right = address(server), {"Authorization": f"Bearer {KEY}"}
    for headers, origin, status in (
        ({}, None, 403),
        ({"Authorization": "Bearer wrong"}, None, 403),
        (right, "https://example.org", 403),
    ):
        with (
            pytest.raises(InvalidStatus) as refused,
            connect(live, additional_headers=headers, origin=origin),
        ):
            pass
        assert refused.value.response.status_code == status
    port = urlsplit(server.url).port
    with (
        socket.create_connection(("127.0.0.1", port)) as line,
        pytest.raises(InvalidStatus) as refused,
        connect(f"ws://example.org:{port}/v1/live", sock=line),
    ):
        pass
    assert refused.value.response.status_code == 421
    assert workers() == set()
    with connect(live, additional_headers=right, origin=server.url) as session:
        session.send(message(PICTURE, 0.0, jpeg(portrait)))
        assert hear(session)["t"] == 0.0


def test_a_worker_cannot_write_a_byte_to_a_file(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from mien.serve.confine import confine\n"
        "confine(2**30, 0)\n"
        "try: Path(sys.argv[1]).write_text('x')\n"
        "except OSError as error: print(error.strerror)"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "File too large"
