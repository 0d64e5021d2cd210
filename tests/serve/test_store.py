from __future__ import annotations

import multiprocessing
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mien.errors import UsageError
from mien.serve.store import Claim, Job, JobStore, StoreError, new_job
from tests.serve.postgres import new_database, postgres

OPTIONS = {"window": 2.0, "fps": None, "people": 3}


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    with postgres() as folder:
        yield folder


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.external)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'jobs.db'}"
    return new_database(request.getfixturevalue("server"), tmp_path.name)


@pytest.fixture
def store(url: str) -> Iterator[JobStore]:
    with opened(url) as store:
        yield store


@contextmanager
def opened(url: str, keep: timedelta = timedelta(days=1)) -> Iterator[JobStore]:
    store = JobStore(url, keep)
    yield store
    store.close()


def put(store: JobStore, name: str = "clip.mp4", *, kept: bool = True) -> Job:
    job = new_job(name, 3 * 2**31, "ab" * 32, OPTIONS, kept=kept)
    store.add(job)
    return job


def claimed(store: JobStore, seconds: float = 60.0) -> Claim:
    claim = store.claim(seconds)
    assert claim is not None
    return claim


def found(store: JobStore, job: Job) -> Job:
    again = store.get(job.id)
    assert again is not None
    return again


def test_a_job_comes_back_as_it_was_put(store: JobStore) -> None:
    job = put(store, "Mädchen <b>'\"; DROP TABLE mien_jobs.mp4")
    assert store.get(job.id) == job
    assert len(job.id) == 22
    assert job.state == "queued"
    assert job.created.tzinfo is UTC
    assert store.get("nothing") is None
    assert store.get("nul\0\udc80") is None


def test_what_was_put_is_there_for_the_next_process(url: str) -> None:
    with opened(url) as store:
        job = put(store)
    with opened(url) as store:
        assert store.get(job.id) == job


def test_an_id_is_taken_once(store: JobStore) -> None:
    job = put(store)
    with pytest.raises(StoreError) as caught:
        store.add(job)
    assert "\n" not in str(caught.value)
    assert not caught.value.full
    assert store.counts()["queued"] == 1


def test_from_queued_to_done(store: JobStore) -> None:
    job = put(store)
    claim = claimed(store)
    assert claim.task == "analyze"
    assert claim.job == found(store, job)
    assert (claim.job.id, claim.job.state, claim.job.attempts) == (job.id, "running", 1)
    assert store.beat(claim, 60, progress=0.25, seconds_done=2.0, duration=8.0, media="source")
    now = found(store, job)
    assert (now.progress, now.seconds_done, now.duration, now.media) == (0.25, 2.0, 8.0, "source")
    assert store.finish(claim, "done", label="happy", confidence=0.75, reliable=True)
    now = found(store, job)
    assert (now.state, now.label, now.confidence, now.reliable) == ("done", "happy", 0.75, True)
    assert now.ended
    assert now.progress == 1
    assert now.started is not None
    assert now.finished is not None
    assert now.expires == now.finished + timedelta(days=1)
    assert store.claim(60) is None


def test_an_end_is_the_end(store: JobStore) -> None:
    job = put(store)
    claim = claimed(store)
    assert store.finish(claim, "failed", error="damaged")
    before = found(store, job)
    assert not store.finish(claim, "done", label="happy")
    assert not store.beat(claim, 60, progress=0.5)
    assert not store.release(claim, "again")
    assert store.cancel(job.id) == before
    assert store.want_video(job.id) == before
    assert found(store, job) == before


def test_the_oldest_comes_first_and_before_it_what_somebody_waits_for(store: JobStore) -> None:
    jobs = [put(store, kept=kept) for kept in (True, True, False, True)]
    order = [claimed(store).job.id for _ in jobs]
    assert order == [jobs[k].id for k in (2, 0, 1, 3)]
    assert store.claim(60) is None


@pytest.mark.parametrize("claims", [0, 1])
def test_cancelling(store: JobStore, claims: int) -> None:
    job = put(store)
    held = [claimed(store) for _ in range(claims)]
    for claim in held:
        assert store.beat(claim, 60, media="making")
    cancelled = store.cancel(job.id)
    assert cancelled == found(store, job)
    assert (cancelled.state, cancelled.media) == ("cancelled", "none")
    assert cancelled.expires is not None
    for claim in held:
        assert not store.beat(claim, 60)
        assert not store.finish(claim, "done", label="happy")
    assert store.claim(60) is None
    assert found(store, job) == cancelled
    assert store.cancel("nothing") is None


def test_deleting(store: JobStore) -> None:
    job = put(store)
    claim = claimed(store)
    assert store.delete(job.id)
    assert not store.delete(job.id)
    assert not store.beat(claim, 60)
    assert not store.finish(claim, "done", label="happy")
    assert store.get(job.id) is None


def test_a_lost_job_is_done_by_another(store: JobStore) -> None:
    job = put(store)
    lost = claimed(store, 0.01)
    time.sleep(0.02)
    assert store.claim(60) is None
    assert store.recover() == 1
    assert found(store, job).state == "queued"
    again = claimed(store)
    assert again.job.attempts == 2
    assert store.recover() == 0
    assert not store.finish(lost, "failed", error="late")
    assert store.finish(again, "done", label="sad")
    assert found(store, job).label == "sad"


def test_a_job_that_is_given_back_waits_and_says_why(store: JobStore) -> None:
    job = put(store)
    claim = claimed(store)
    store.beat(claim, 60, progress=0.5, seconds_done=3.0)
    assert store.release(claim, "the disk is full", seconds=3600)
    now = found(store, job)
    assert (now.state, now.error, now.attempts) == ("queued", "the disk is full", 0)
    assert (now.progress, now.seconds_done) == (None, None)
    assert store.claim(60) is None


def test_a_crash_counts(store: JobStore) -> None:
    put(store)
    assert store.release(claimed(store), "it died", crashed=True)
    again = claimed(store)
    assert (again.job.crashes, again.job.attempts, again.job.error) == (1, 2, None)


def test_a_preview_and_a_video_are_made_after_the_end(store: JobStore) -> None:
    job = put(store)
    claim = claimed(store)
    store.beat(claim, 60, media="making")
    store.finish(claim, "done", label="happy")
    preview = claimed(store, 0.01)
    assert (preview.task, preview.job.state) == ("preview", "done")
    time.sleep(0.02)  # its server is killed
    preview = claimed(store)
    assert preview.task == "preview"
    assert store.settle(preview, media="preview")
    assert store.claim(60) is None
    asked = store.want_video(job.id)
    assert asked is not None
    assert asked.video == "making"
    video = claimed(store)
    assert video.task == "video"
    assert store.settle(video, video="failed")
    again = store.want_video(job.id)
    assert again is not None
    assert again.video == "making"
    assert store.settle(claimed(store), video="done")
    end = found(store, job)
    assert (end.state, end.label, end.media, end.video) == ("done", "happy", "preview", "done")


def test_pages_are_newest_first_without_gaps(store: JobStore) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    jobs = [replace(new_job(f"{k}.mp4", 1, "", OPTIONS), created=moment) for k in range(5)]
    jobs.append(replace(new_job("new.mp4", 1, "", OPTIONS), created=moment + timedelta(hours=1)))
    for job in jobs:
        store.add(job)
    put(store, kept=False)
    seen, after = store.page(2)
    assert seen[0] == jobs[-1]
    while after is not None:
        more, after = store.page(2, after)
        seen += more
    assert len(seen) == 6
    assert {job.id for job in seen} == {job.id for job in jobs}


def test_searching(store: JobStore) -> None:
    for name in ("Übung 100%.mp4", "übung 1000.mp4", "a_b.mov", "aXb.mov"):
        put(store, name)
    store.finish(claimed(store), "failed", error="damaged")

    def names(search: str = "", **more: str) -> set[str]:
        return {job.name for job in store.page(search=search, **more)[0]}  # type: ignore[arg-type]

    assert names("ÜBUNG") == {"Übung 100%.mp4", "übung 1000.mp4"}
    assert names("100%") == {"Übung 100%.mp4"}
    assert names("A_B") == {"a_b.mov"}
    assert names("\0\udc80") == set()
    assert names(state="failed") == {"Übung 100%.mp4"}
    assert names("mov", state="failed") == set()
    with pytest.raises(UsageError, match="state 'lost': must be one of queued"):
        names(state="lost")


@pytest.mark.parametrize("cursor", ["", "x", "1e400_x", "nan_x", "9" * 30 + "_", "-1e30_\0"])
def test_what_is_no_cursor_is_refused(store: JobStore, cursor: str) -> None:
    with pytest.raises(UsageError, match="is not a cursor"):
        store.page(after=cursor)


def test_jobs_expire_after_their_end(url: str) -> None:
    with opened(url, timedelta(0)) as store:
        waiting, ended = put(store), put(store)
        store.cancel(ended.id)
        assert store.expired() == [ended.id]
        assert found(store, waiting).expires is None


def test_what_nobody_keeps_expires_soon(store: JobStore) -> None:
    job = put(store, kept=False)
    cancelled = store.cancel(job.id)
    assert cancelled is not None
    assert cancelled.finished is not None
    assert cancelled.expires == cancelled.finished + timedelta(minutes=10)


def test_counts_name_every_state(store: JobStore) -> None:
    for _ in range(3):
        put(store)
    claimed(store)
    store.cancel(claimed(store).job.id)
    counts = {"queued": 1, "running": 1, "done": 0, "failed": 0, "cancelled": 1}
    assert store.counts() == counts


def _claim_all(url: str, start: float, ids: multiprocessing.SimpleQueue[list[str]]) -> None:
    store, mine = JobStore(url), []
    time.sleep(max(0.0, start - time.time()))
    while (claim := store.claim(600)) is not None:
        mine.append(claim.job.id)
    ids.put(mine)
    store.close()


def test_two_processes_never_get_one_job(url: str) -> None:
    with opened(url) as store:
        jobs = [put(store).id for _ in range(100)]
    context = multiprocessing.get_context("spawn")
    ids = context.SimpleQueue()
    start = time.time() + 3
    processes = [context.Process(target=_claim_all, args=(url, start, ids)) for _ in range(2)]
    for process in processes:
        process.start()
    got = [ids.get() for _ in processes]
    for process in processes:
        process.join()
    assert Counter(got[0] + got[1]) == Counter(jobs)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "is not a URL"),
        ("mysql://root@localhost/x", "must be SQLite or PostgreSQL"),
        ("sqlite://", "needs a file"),
        ("oddity://x/y", "is not a URL|must be SQLite"),
    ],
)
def test_databases_that_cannot_be_used(url: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        JobStore(url)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("url", ["sqlite:////gone/x.db", "postgresql://x@/x?host=/gone"])
def test_a_database_that_cannot_be_reached(url: str) -> None:
    with pytest.raises(StoreError, match=r"^database: ") as caught:
        JobStore(url)
    assert "\n" not in str(caught.value)


def test_a_database_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "jobs.db"
    old = sqlite3.connect(path)
    old.execute("CREATE TABLE mien_jobs (id TEXT PRIMARY KEY)")
    old.close()
    with pytest.raises(StoreError, match="another version of mien made it: start with another"):
        JobStore(f"sqlite:///{path}")
