"""The jobs, in SQLite or PostgreSQL through the same code.

Every operation is one statement, committed on its own, so that two processes never see half of it.
A worker holds a job by a lease: a token that its supervisor renews, and without which nothing about
the job can be written. A server that is killed renews nothing; `recover` then gives its jobs to
others.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import (
    Delete,
    Executable,
    Row,
    Update,
    and_,
    case,
    delete,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)

from mien.errors import UsageError
from mien.serve.database import StoreError, connect, database_errors
from mien.serve.job import ENDED, Claim, Job, Media, State, Task, Video, new_job, readable
from mien.serve.table import UtcTimestamp, is_past, jobs, metadata

__all__ = ["Claim", "Job", "JobStore", "Media", "State", "StoreError", "Task", "Video", "new_job"]

_COLUMNS = [jobs.c[field.name] for field in fields(Job)]
_FREE = {"lease": None, "lease_until": None, "not_before": None}
_ASKED_FOR = timedelta(minutes=10)  # who waited for the answer has it by then, or is gone


class JobStore:
    """All jobs of a service; safe to use from several threads and processes.

    Args:
        url: of the database, as for SQLAlchemy: sqlite:///file or postgresql://...
        keep: how long a job stays after its end.

    Raises:
        UsageError: not the URL of a database that can be used.
        StoreError: it cannot be reached.
    """

    def __init__(self, url: str, keep: timedelta = timedelta(days=1)) -> None:
        self._keep = keep
        self._engine = connect(url)
        with database_errors():
            metadata.create_all(self._engine)
        try:
            self._run(select(*jobs.c).limit(0))
        except StoreError as error:
            raise StoreError(
                f"{error}; another version of mien made it: start with another --data or --database"
            ) from None

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def add(self, job: Job) -> None:
        """Take a job in; once this returns it is on the disk.

        Raises:
            StoreError: it is not; nothing was taken in.
        """
        values = {column.name: getattr(job, column.name) for column in fields(Job)}
        self._run(insert(jobs).values(**values, folded=readable(job.name).casefold()))

    def get(self, job: str) -> Job | None:
        """One job, or None."""
        return self._first_job(select(*_COLUMNS).where(jobs.c.id == readable(job)))

    def page(
        self,
        limit: int = 50,
        after: str | None = None,
        search: str = "",
        state: State | None = None,
    ) -> tuple[list[Job], str | None]:
        """Jobs, the newest first, and the cursor for the next ones (None: there are no more).

        Args:
            limit: at most so many.
            after: a cursor from an earlier call.
            search: text within the name, whatever its case.
            state: of the jobs.

        Raises:
            UsageError: the cursor or the state is none.
        """
        query = select(*_COLUMNS).where(jobs.c.kept)
        if after is not None:
            time, last = _cursor(after)
            same = and_(jobs.c.created == time, jobs.c.id < last)
            query = query.where(or_(jobs.c.created < time, same))
        if search:
            wanted = readable(search).casefold()
            query = query.where(jobs.c.folded.contains(wanted, autoescape=True))
        if state is not None:
            if state not in get_args(State):
                raise UsageError(f"state '{state}': must be one of {', '.join(get_args(State))}")
            query = query.where(jobs.c.state == state)
        order = query.order_by(jobs.c.created.desc(), jobs.c.id.desc())
        matches = [_job(row) for row in self._run(order.limit(limit + 1))]
        has_more = len(matches) > limit
        return matches[:limit], _cursor_of(matches[limit - 1]) if has_more else None

    def counts(self) -> dict[State, int]:
        """How many jobs are in each state."""
        rows = self._run(select(jobs.c.state, func.count().label("count")).group_by(jobs.c.state))
        by_state: dict[State, int] = {row._mapping["state"]: row._mapping["count"] for row in rows}
        return dict.fromkeys(get_args(State), 0) | by_state

    def claim(self, seconds: float) -> Claim | None:
        """Take a lease on the next job, for so many seconds; None if there is nothing to do.

        Jobs that somebody waits for come first, then the oldest. No two callers get the same,
        also from other processes.
        """
        now, lease = datetime.now(UTC), secrets.token_hex(16)
        free = or_(jobs.c.lease.is_(None), is_past(jobs.c.lease_until, now))
        due = or_(jobs.c.not_before.is_(None), is_past(jobs.c.not_before, now))
        making = or_(jobs.c.media == "making", jobs.c.video == "making")
        wanted = or_(jobs.c.state == "queued", and_(jobs.c.state == "done", making))
        oldest = (
            select(jobs.c.id)
            .where(free, due, wanted)
            .order_by(jobs.c.kept, jobs.c.created, jobs.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        queued = jobs.c.state == "queued"
        job = self._first_job(
            update(jobs)
            .where(jobs.c.id == oldest)
            .values(
                state=case((queued, "running"), else_=jobs.c.state),
                started=case((queued, literal(now, UtcTimestamp)), else_=jobs.c.started),
                error=case((queued, null()), else_=jobs.c.error),
                attempts=jobs.c.attempts + 1,
                lease=lease,
                lease_until=now + timedelta(seconds=seconds),
            )
            .returning(*_COLUMNS)
        )
        return None if job is None else Claim(job, lease, _task(job))

    def beat(self, claim: Claim, seconds: float, **values: Any) -> bool:
        """Renew the lease of a job for `seconds`, and store its progress.

        Args:
            claim: as from `claim`.
            seconds: from now.
            values: progress, seconds_done, duration, media.

        Returns:
            False if it is not to be worked on any more: cancelled, deleted, or lost.
        """
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        return self._change(_held(claim).values(**values, lease_until=until))

    def finish(self, claim: Claim, state: Literal["done", "failed"], **values: Any) -> bool:
        """End a job; all its files have to be on the disk already.

        Args:
            claim: as from `claim`.
            state: its last one.
            values: error, label, confidence, reliable, seconds_done, duration.

        Returns:
            False if it was cancelled or deleted, or somebody else has it.
        """
        progress = {"progress": 1.0} if state == "done" else {}
        statement = _held(claim).where(jobs.c.state == "running")
        return self._change(statement.values(**self._end(state), **progress, **values, crashes=0))

    def settle(self, claim: Claim, **values: Media | Video) -> bool:
        """End the making of a preview (`media`) or an annotated video (`video`)."""
        attempts = jobs.c.attempts - 1  # they tell about the analysis
        return self._change(_held(claim).values(**values, **_FREE, attempts=attempts, crashes=0))

    def release(
        self, claim: Claim, note: str | None, *, crashed: bool = False, seconds: float = 0.0
    ) -> bool:
        """Release the lease of a job, so that it is done again.

        Args:
            claim: as from `claim`.
            note: why, in one line.
            crashed: its worker has died; otherwise the attempt does not count.
            seconds: not to be taken earlier than so many seconds from now.
        """
        running = jobs.c.state == "running"
        return self._change(
            _held(claim).values(
                state=case((running, "queued"), else_=jobs.c.state),
                error=case((running, note), else_=jobs.c.error),
                progress=case((running, null()), else_=jobs.c.progress),
                seconds_done=case((running, null()), else_=jobs.c.seconds_done),
                crashes=jobs.c.crashes + int(crashed),
                attempts=jobs.c.attempts - int(not crashed),
                lease=None,
                lease_until=None,
                not_before=datetime.now(UTC) + timedelta(seconds=seconds),
            )
        )

    def want_video(self, job: str) -> Job | None:
        """Request the annotated video of a job that is done; returns the job, or None."""
        missing = and_(jobs.c.state == "done", jobs.c.video.in_(("none", "failed")))
        self._change(
            update(jobs)
            .where(jobs.c.id == readable(job), missing)
            .values(video="making", crashes=0)
        )
        return self.get(job)

    def cancel(self, job: str) -> Job | None:
        """End a job that has not ended; returns it in its new state, or None."""
        self._change(
            update(jobs)
            .where(jobs.c.id == readable(job), jobs.c.state.in_(("queued", "running")))
            .values(**self._end("cancelled"))
        )
        return self.get(job)

    def delete(self, job: str) -> bool:
        """Delete a job, whatever its state; False if there is none."""
        return self._change(delete(jobs).where(jobs.c.id == readable(job)))

    def recover(self) -> int:
        """Queue the jobs again whose worker was lost with its server; returns how many."""
        lost = and_(jobs.c.state == "running", is_past(jobs.c.lease_until, datetime.now(UTC)))
        again = {"state": "queued", "progress": None, "seconds_done": None, **_FREE}
        return len(self._run(update(jobs).where(lost).values(**again).returning(jobs.c.id)))

    def expired(self) -> list[str]:
        """Ids of the jobs whose time is over."""
        ended = and_(jobs.c.state.in_(ENDED), jobs.c.expires <= datetime.now(UTC))
        return [row[0] for row in self._run(select(jobs.c.id).where(ended))]

    def _end(self, state: State) -> dict[str, Any]:
        now = datetime.now(UTC)
        soon = literal(now + min(self._keep, _ASKED_FOR), UtcTimestamp)
        expires = case((jobs.c.kept, literal(now + self._keep, UtcTimestamp)), else_=soon)
        values = {"state": state, "finished": now, "expires": expires, **_FREE}
        if state == "done":
            return values
        return values | {"media": case((jobs.c.media == "making", "none"), else_=jobs.c.media)}

    def _change(self, statement: Update | Delete) -> bool:
        return bool(self._run(statement.returning(jobs.c.id)))

    def _first_job(self, statement: Executable) -> Job | None:
        rows = self._run(statement)
        return _job(rows[0]) if rows else None

    def _run(self, statement: Executable) -> Sequence[Row[Any]]:
        with database_errors(), self._engine.connect() as connection:
            result = connection.execute(statement)
            return result.all() if result.returns_rows else ()


def _held(claim: Claim) -> Update:
    return update(jobs).where(jobs.c.id == claim.job.id, jobs.c.lease == claim.lease)


def _job(row: Row[Any]) -> Job:
    return Job(**row._mapping)


def _task(job: Job) -> Task:
    if job.state == "running":
        return "analyze"
    return "preview" if job.media == "making" else "video"


def _cursor_of(job: Job) -> str:
    return f"{job.created.timestamp():.6f}_{job.id}"


def _cursor(text: str) -> tuple[datetime, str]:
    seconds, _, job = text.partition("_")
    try:
        return datetime.fromtimestamp(float(seconds), UTC), readable(job)
    except (ValueError, OverflowError, OSError):
        raise UsageError(f"after '{text[:40]}': is not a cursor; leave it out") from None
