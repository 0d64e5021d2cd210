"""A real PostgreSQL of one's own, run as an unprivileged user, reached by a socket in a folder."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def _program(name: str) -> str:
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = shutil.which(name) or (str(places[-1]) if places else None)
    if found is None:
        pytest.skip(f"PostgreSQL ({name}) is not installed")
    return found


@contextmanager
def postgres() -> Iterator[Path]:
    """Run one; gives the folder of its socket."""
    pytest.importorskip("psycopg", reason="PostgreSQL is reached with the package psycopg")
    programs = [_program("initdb"), _program("postgres")]
    # below /tmp, since pytest's own folders are closed to other users
    folder = Path(tempfile.mkdtemp(prefix="mien-pg-"))
    who = None
    if os.geteuid() == 0:
        who = "nobody"
        os.chown(folder, pwd.getpwnam(who).pw_uid, -1)
    data, log = folder / "data", folder / "log"
    start = ["-D", str(data), "-k", str(folder), "-c", "listen_addresses=", "-c", "fsync=off"]
    make = ["-D", str(data), "-A", "trust", "-U", "mien", "--no-sync", "--locale=C", "-E", "UTF8"]
    try:
        with log.open("wb") as out:
            subprocess.run([programs[0], *make], user=who, stdout=out, stderr=out, check=True)
            server = subprocess.Popen([programs[1], *start], user=who, stdout=out, stderr=out)
        try:
            _wait(folder, server, log)
            yield folder
        finally:
            server.terminate()
            server.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(folder: Path, name: str) -> str:
    """Make an empty database; gives its URL."""
    import psycopg

    where = {"host": str(folder), "user": "mien", "dbname": "postgres", "autocommit": True}
    with psycopg.connect(**where) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"postgresql://mien@/{name}?host={folder}"


def _wait(folder: Path, server: subprocess.Popen[bytes], log: Path) -> None:
    import psycopg

    while True:
        try:
            psycopg.connect(host=str(folder), user="mien", dbname="postgres").close()
        except psycopg.OperationalError:
            assert server.poll() is None, log.read_text()
            time.sleep(0.1)
        else:
            return
