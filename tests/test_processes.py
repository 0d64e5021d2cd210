from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

SCRIPT = """
import multiprocessing, os, sys, time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from mien.processes import worker

def note(path):
    Path(path).write_text(str(os.getpid()))
    time.sleep(60)

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context, worker, (os.getpid(),)) as pool:
        pool.submit(note, sys.argv[1]).result()
"""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_worker_ends_with_its_parent(tmp_path: Path) -> None:
    (tmp_path / "run.py").write_text(SCRIPT)
    noted = tmp_path / "pid"
    parent = subprocess.Popen([sys.executable, str(tmp_path / "run.py"), str(noted)])
    limit = time.monotonic() + 60
    while not (noted.exists() and noted.read_text()):
        assert parent.poll() is None
        assert time.monotonic() < limit
        time.sleep(0.01)
    pid = int(noted.read_text())
    assert is_alive(pid)
    parent.kill()
    parent.wait()
    while is_alive(pid):
        assert time.monotonic() < limit
        time.sleep(0.05)
