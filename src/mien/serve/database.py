"""The connection to SQLite or PostgreSQL, and its errors in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from mien.errors import MienError, UsageError

__all__ = ["StoreError", "connect", "database_errors"]

_BUSY_SECONDS = 30


class StoreError(MienError):
    """The database cannot be reached, or (`full`) its disk is full."""

    def __init__(self, message: str, full: bool = False) -> None:
        super().__init__(message)
        self.full = full


def connect(url: str) -> Engine:
    """Connections in which every statement is committed on its own.

    Raises:
        UsageError: not the URL of a database that can be used.
    """
    try:
        url_parts = make_url(url)
        if url_parts.drivername in ("postgres", "postgresql"):
            url_parts = url_parts.set(drivername="postgresql+psycopg")
        if url_parts.get_backend_name() not in ("sqlite", "postgresql"):
            raise UsageError(
                f"database {url_parts.get_backend_name()}: must be SQLite or PostgreSQL"
            )
        if url_parts.get_backend_name() == "sqlite":
            return _sqlite(url_parts)
        return create_engine(url_parts, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError):
        raise UsageError("database: is not a URL such as postgresql://user@host/name") from None
    except ImportError as error:
        raise UsageError(f"database: needs the package '{error.name}'; pip install it") from None


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise UsageError("database: SQLite needs a file, as in sqlite:///jobs.db")
    engine = create_engine(
        url, isolation_level="AUTOCOMMIT", connect_args={"timeout": _BUSY_SECONDS}
    )

    @event.listens_for(engine, "connect")
    def settle(connection: Any, record: Any) -> None:  # noqa: ARG001
        """What is committed survives a crash of the system, and readers do not wait."""
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")

    return engine


@contextmanager
def database_errors() -> Iterator[None]:
    """Turn errors of the database into a `StoreError` of one line."""
    try:
        yield
    except DBAPIError as error:
        lines = str(error.orig).strip().splitlines() or [type(error.orig).__name__]
        full = _is_full(error.orig)
        raise StoreError(f"database: {lines[0]}", full) from error
    except SQLAlchemyError as error:
        raise StoreError(f"database: {str(error).splitlines()[0]}") from error


def _is_full(error: BaseException | None) -> bool:
    """SQLITE_FULL and SQLITE_IOERR_SHMSIZE; disk_full of PostgreSQL."""
    code = getattr(error, "sqlite_errorcode", None)
    return code in (13, 4874) or getattr(error, "sqlstate", None) == "53100"
