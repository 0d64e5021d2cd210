"""The jobs table in SQLAlchemy; `mien.serve.store` explains its columns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Dialect,
    Double,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    or_,
)

__all__ = ["UtcTimestamp", "is_past", "jobs", "metadata"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_FAR = timedelta(hours=1)  # nobody holds a job for so long, or waits so long to try it again


class UtcTimestamp(TypeDecorator[datetime]):
    """A time in UTC, stored as whole microseconds since 1970, which every database compares."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """As stored."""
        return None if value is None else (value - _EPOCH) // _TICK

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """As given."""
        return None if value is None else _EPOCH + value * _TICK


metadata = MetaData()

jobs = Table(
    "mien_jobs",
    metadata,
    Column("id", String(22), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("folded", Text, nullable=False),  # the name for searching, in one case
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("options", JSON, nullable=False),
    Column("created", UtcTimestamp, nullable=False, index=True),
    Column("state", String(9), nullable=False, index=True),
    Column("progress", Double),
    Column("seconds_done", Double),
    Column("duration", Double),
    Column("error", Text),
    Column("label", Text),
    Column("confidence", Double),
    Column("reliable", Boolean),
    Column("media", String(7), nullable=False),
    Column("video", String(7), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("crashes", Integer, nullable=False),
    Column("started", UtcTimestamp),
    Column("finished", UtcTimestamp),
    Column("expires", UtcTimestamp, index=True),
    Column("kept", Boolean, nullable=False),
    Column("lease", String(32)),
    Column("lease_until", UtcTimestamp),
    Column("not_before", UtcTimestamp),
)


def is_past(moment: Column[datetime], now: datetime) -> ColumnElement[bool]:
    """Whether a time is past, or so far ahead that the clock was set back after it was stored."""
    return or_(moment <= now, moment > now + _FAR)
