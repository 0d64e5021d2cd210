"""A small Ray cluster for all tests of a process, and a store behind a real connection."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from mien.scale.cluster import cluster

collect_ignore_glob = [] if find_spec("ray") and find_spec("fsspec") else ["test_*.py"]


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[None]:
    with cluster(None, 2):
        yield


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of moto's server, which speaks S3, in a process of its own."""
    pytest.importorskip("moto")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet) as server:
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
        server.terminate()


@pytest.fixture
def s3(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty bucket's address; this process and its children can reach it."""
    import boto3

    from mien.scale.storage import _system

    for name, value in (
        ("AWS_ENDPOINT_URL", s3_server),
        ("AWS_ACCESS_KEY_ID", "nobody"),
        ("AWS_SECRET_ACCESS_KEY", "nothing"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    _system.cache_clear()
    bucket = f"mien-{time.time_ns()}"
    boto3.client("s3").create_bucket(Bucket=bucket)
    return f"s3://{bucket}"
