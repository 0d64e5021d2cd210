from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import mien
from mien.media import open_media
from mien.serve.files import FORMATS, suffix
from mien.serve.store import Claim, Job
from tests.conftest import numbered, tone, write_clip
from tests.serve.bench import Bench, bench


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A pool for the tests that leave it as it was."""
    with bench(tmp_path_factory.mktemp("pool")) as one:
        yield one


def answer(one: Bench, job: Job) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(one.files.result(job.id, "json").read_bytes())
    return found


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def failed(one: Bench, clip: Path, name: str = "", *, kept: bool = True) -> str:
    """The one line with which a clip fails; nothing is told of the server's folders."""
    job = one.ended(one.put(clip, name, kept=kept))
    assert job.state == "failed", job
    assert job.error is not None
    assert "\n" not in job.error
    assert str(one.files.data) not in job.error
    assert job.error.startswith(f"{job.name}: ")
    assert job.media in ("none", "source")
    return job.error.removeprefix(f"{job.name}: ")


def test_a_job_gives_what_the_package_gives(one: Bench) -> None:
    job = one.ended(one.put(mien.sample(), "my clip.mp4"))
    wanted = mien.analyze(mien.sample()).to_dict()
    wanted["source"]["path"] = "my clip.mp4"
    assert answer(one, job) == wanted
    assert (job.state, job.label, job.media, job.error) == ("done", wanted["label"], "source", None)
    assert (job.duration, job.seconds_done, job.progress) == (8.0, 8.0, 1.0)
    assert job.attempts == 1
    names = {path.name for path in one.files.folder(job.id).iterdir()}
    results = {f"result{suffix(kind)}" for kind in FORMATS}
    assert names == {"source", "waveform.json", "evidence.npz", *results}
    page = one.files.result(job.id, "html").read_text()
    assert "my clip.mp4" in page
    assert str(one.files.data) not in page


def test_the_annotated_video_is_made_when_asked_for(one: Bench) -> None:
    number = one.put(mien.sample())
    one.ended(number)
    one.store.want_video(number)
    one.pool.wake()
    job = one.ended(number)
    assert (job.state, job.video) == ("done", "done")
    with open_media(one.files.result(number, "video")) as media:
        assert sum(len(chunk.frames) for chunk in media.chunks()) == 200


def test_a_preview_is_made_where_a_browser_needs_one(one: Bench, tmp_path: Path) -> None:
    frames = numbered(20)
    clip = write_clip(tmp_path / "a.avi", frames, [k / 25 for k in range(20)], codec="mpeg4")
    job = one.ended(one.put(clip))
    assert (job.state, job.media, job.attempts) == ("done", "preview", 1)
    assert one.files.preview(job.id).stat().st_size


def test_a_clip_for_predict_leaves_its_answer_only(one: Bench) -> None:
    job = one.ended(one.put(mien.sample(), kept=False))
    assert answer(one, job)["label"] == job.label
    assert {p.name for p in one.files.folder(job.id).iterdir()} == {"source", "result.json"}
    assert job.id not in {other.id for other in one.store.page()[0]}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.mp4", b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", "is an M3U playlist, which refers"),
        ("b.mp4", b"ffconcat version 1.0\nfile '/etc/passwd'\n", "is an ffconcat list"),
        ("c.mp4", b"file '/etc/passwd'\nfile '/etc/hosts'\n", "is not a video"),
        ("d.mp4", b"PK\3\4" + bytes(range(256)) * 20, "is not a video"),
        ("e.mp4", b"", "the file is empty"),
        ("f\n<b>.mp4", b"\0\0\0\x18ftypmp42" + bytes(500), "breaks off or is damaged"),
    ],
)
def test_hostile_files_fail_in_one_line(
    one: Bench, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    clip = tmp_path / "x.mp4"
    clip.write_bytes(content)
    assert failed(one, clip, name.replace("\n", " ")).startswith(message)


def test_a_cancelled_job_ends_its_worker(tmp_path: Path) -> None:
    with bench(tmp_path) as one:
        worker = one.worker()
        os.kill(worker, signal.SIGSTOP)  # so that the job is not done before it is cancelled
        number = one.put(mien.sample())
        one.until(number, lambda job: job.state == "running")
        one.store.cancel(number)
        after = one.put(mien.sample())
        assert one.ended(after).state == "done"
        assert gone(worker)
        assert one.job(number).state == "cancelled"
        assert {p.name for p in one.files.folder(number).iterdir()} == {"source"}


def test_a_job_deleted_while_it_runs_leaves_nothing(tmp_path: Path) -> None:
    with bench(tmp_path) as one:
        os.kill(one.worker(), signal.SIGSTOP)
        number = one.put(mien.sample())
        one.until(number, lambda job: job.state == "running")
        one.store.delete(number)
        assert one.ended(one.put(mien.sample())).state == "done"
        assert not one.files.folder(number).exists()


def test_a_worker_that_is_killed_is_replaced_and_the_job_done(tmp_path: Path) -> None:
    with bench(tmp_path) as one:
        worker = one.worker()
        os.kill(worker, signal.SIGSTOP)
        number = one.put(mien.sample())
        one.until(number, lambda job: job.state == "running")
        os.kill(worker, signal.SIGKILL)
        job = one.ended(number)
        assert (job.state, job.attempts, job.error) == ("done", 2, None)
        assert one.worker() != worker


def test_a_job_that_kills_its_workers_fails_in_the_end(tmp_path: Path) -> None:
    with bench(tmp_path, attempts=1) as one:
        worker = one.worker()
        os.kill(worker, signal.SIGSTOP)
        number = one.put(mien.sample())
        one.until(number, lambda job: job.state == "running")
        os.kill(worker, signal.SIGKILL)
        job = one.ended(number)
        assert job.error == "sample.mp4: the process that read it died 1 time; is it damaged?"
        assert one.ended(one.put(mien.sample())).state == "done"


def test_stopping_gives_the_job_back(tmp_path: Path) -> None:
    with bench(tmp_path) as one:
        worker = one.worker()
        os.kill(worker, signal.SIGSTOP)
        number = one.put(mien.sample())
        one.until(number, lambda job: job.state == "running")
    assert gone(worker)
    with bench(tmp_path) as one:
        job = one.ended(number)
        assert (job.state, job.attempts) == ("done", 1)


def test_a_job_that_takes_too_long_fails(tmp_path: Path) -> None:
    with bench(tmp_path, job_seconds=0.5) as one:
        os.kill(one.worker(), signal.SIGSTOP)
        message = failed(one, mien.sample())
        assert message == "took longer than 0.5 s; send a shorter clip"


def test_a_job_that_wants_too_much_memory_fails(tmp_path: Path) -> None:
    clip = tmp_path / "a.jpg"  # one plane of it is larger than all that malloc keeps at hand
    clip.write_bytes(cv2.imencode(".jpg", np.zeros((8192, 16384), np.uint8))[1].tobytes())
    with bench(tmp_path / "data", memory=64 * 2**20) as one:
        assert failed(one, clip) == (
            "needs more than 64 MiB of memory, or is damaged; send it smaller or in parts"
        )


def test_a_damaged_clip_is_not_said_to_want_memory(one: Bench, tmp_path: Path) -> None:
    clip = tmp_path / "a.mp4"
    data = bytearray(mien.sample().read_bytes())
    data[len(data) // 4 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 4)
    clip.write_bytes(data)
    job = one.ended(one.put(clip))
    assert (job.state, answer(one, job)["source"]["complete"]) == ("done", False)


def test_a_job_that_writes_too_much_fails(tmp_path: Path) -> None:
    with bench(tmp_path, output_bytes=2**14) as one:
        number = one.put(mien.sample())
        job = one.ended(number)
        assert job.error == "sample.mp4: a result would be larger than 0 MiB; cut the clip"
        assert not list(one.files.folder(number).glob("*.part"))


def test_a_video_that_would_be_too_large_is_not_made(tmp_path: Path) -> None:
    noise = list(np.random.default_rng(1).integers(0, 255, (50, 120, 160, 3), np.uint8))
    clip = write_clip(tmp_path / "a.mp4", noise, [k / 25 for k in range(50)])
    with bench(tmp_path / "data", output_bytes=300_000) as one:
        number = one.put(clip)
        assert one.ended(number).state == "done"
        one.store.want_video(number)
        one.pool.wake()
        job = one.ended(number)
        assert (job.state, job.video, job.error) == ("done", "failed", None)
        assert not one.files.result(number, "video").exists()
        assert not list(one.files.folder(number).glob("*.part"))


def test_clips_larger_than_allowed_fail(tmp_path: Path) -> None:
    with bench(tmp_path / "data", pixels=100_000, duration=2, predict_seconds=1) as one:
        assert failed(one, mien.sample()).startswith("a picture of 480 x 360; at most 0.1 million")
        small = [k / 25 for k in range(75)]
        clip = write_clip(tmp_path / "a.mp4", numbered(75), small, sound=tone(3))
        assert failed(one, clip).startswith("is longer than 2 s, the longest that is allowed")
        headless = write_clip(tmp_path / "a.ts", numbered(75), small, sound=tone(3))
        assert failed(one, headless).startswith("is longer than 2 s")
        short = write_clip(tmp_path / "b.mp4", numbered(40), small[:40])
        assert failed(one, short, kept=False).endswith("send it to POST /v1/jobs")
        assert one.ended(one.put(short)).state == "done"


def test_what_is_over_is_swept_away(one: Bench) -> None:
    number = one.put(mien.sample())
    one.ended(number)
    orphan, young = one.files.folder("o" * 22), one.files.folder("y" * 22)
    broken = one.files.incoming / "x.part"
    for path in (orphan, young):
        path.mkdir()
    broken.write_bytes(b"half")
    os.utime(orphan, (0, 0))
    os.utime(broken, (0, 0))
    one.pool.sweep()
    one.pool.sweep_lost()
    assert not orphan.exists()
    assert not broken.exists()
    assert young.exists()
    assert one.files.source(number).exists()


def test_what_nobody_thought_of_costs_a_worker_no_more_than_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bench(tmp_path, retry=0.1) as one:
        claim, failed = one.store.claim, []

        def fail_once(seconds: float) -> Claim | None:
            if not failed:
                failed.append(seconds)
                raise TypeError("nobody thought of this")
            return claim(seconds)

        monkeypatch.setattr(one.store, "claim", fail_once)
        assert one.ended(one.put(mien.sample())).state == "done"
        assert failed
