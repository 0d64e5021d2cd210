from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mien.core.processes import deal_out

SCRIPT = """
import multiprocessing, os, sys, time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from mien.core.processes import worker

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


def double(task: int) -> int:
    """Twice the task; -1 and -2 end the process, and 13 is an error."""
    if task == -1:
        os.kill(os.getpid(), signal.SIGKILL)
    if task == -2:  # in the middle of its answer
        line = multiprocessing.current_process()._args[0]  # type: ignore[attr-defined]
        os.write(line.fileno(), struct.pack("!i", 1000) + b"half")
        os.kill(os.getpid(), signal.SIGKILL)
    if task == 13:
        raise ValueError("thirteen")
    return 2 * task


def once(task: str) -> str:
    """Ends the process the first time that a file is not there."""
    path = Path(task)
    if not path.exists():
        path.touch()
        os._exit(3)
    return path.name


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_every_task_is_done_once(jobs: int) -> None:
    assert sorted(deal_out(double, range(12), jobs)) == [(n, 2 * n) for n in range(12)]
    assert list(deal_out(double, [], jobs)) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("jobs", [1, 3])
def test_a_task_that_ends_its_process_holds_up_no_other(jobs: int) -> None:
    found = dict(deal_out(double, [1, -1, 2, -2, 3, 4], jobs))
    assert found == {1: 2, 2: 4, 3: 6, 4: 8, -1: None, -2: None}


def test_a_task_is_tried_once_more(tmp_path: Path) -> None:
    tasks = [str(tmp_path / name) for name in "abc"]
    assert dict(deal_out(once, tasks, 2)) == {task: Path(task).name for task in tasks}


def test_an_error_comes_out_and_ends_the_processes() -> None:
    before = set(multiprocessing.active_children())
    with pytest.raises(ValueError, match="thirteen"):
        list(deal_out(double, [1, 2, 13, 4, 5, 6], 2))
    assert set(multiprocessing.active_children()) == before


def test_who_wants_no_more_leaves_no_process() -> None:
    before = set(multiprocessing.active_children())
    dealt = deal_out(double, range(1000), 2)
    assert next(dealt)[0] in (0, 1)
    dealt.close()  # type: ignore[attr-defined]
    assert set(multiprocessing.active_children()) == before


def arenas(path: str) -> int:
    """Places from which glibc gives memory out, after a dozen threads that wanted some at once."""
    together = threading.Barrier(12)

    def want() -> None:
        together.wait()
        kept = [bytearray(2000) for _ in range(2000)]
        together.wait()
        del kept

    threads = [threading.Thread(target=want) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    libc = ctypes.CDLL(None)
    libc.fopen.restype = ctypes.c_void_p
    stream = ctypes.c_void_p(libc.fopen(path.encode(), b"w"))
    libc.malloc_info(0, stream)
    libc.fclose(stream)
    return Path(path).read_text().count("<heap nr=")


@pytest.mark.skipif(sys.platform != "linux", reason="of glibc")
def test_threads_share_what_memory_is_taken_from(tmp_path: Path) -> None:
    if not hasattr(ctypes.CDLL(None), "malloc_info"):
        pytest.skip("another C library")
    [(_, count)] = deal_out(arenas, [str(tmp_path / "info.xml")], 1)
    assert count is not None
    assert 1 <= count <= 2
