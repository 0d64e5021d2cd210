"""Matrix products on one thread."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from mien.features.product import product

_TIMES = """
import resource
import numpy as np
from mien.features.product import product

def seconds(who):
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime

rows, columns = np.ones((298, 257), np.float32), np.ones((257, 64), np.float32)
mine, all_ = seconds(resource.RUSAGE_THREAD), seconds(resource.RUSAGE_SELF)
for _ in range(3000):
    product(rows, columns)
print(seconds(resource.RUSAGE_THREAD) - mine, seconds(resource.RUSAGE_SELF) - all_)
"""


@pytest.mark.parametrize("shape", [(1, 257, 64), (298, 257, 64), (7, 64, 20), (3, 600, 600)])
def test_it_is_the_product(shape: tuple[int, int, int]) -> None:
    n, k, m = shape
    draw = np.random.default_rng(0)
    rows, columns = draw.random((n, k), np.float32), draw.random((k, m), np.float32)
    found = product(rows, columns)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, rows.astype(float) @ columns.astype(float), rtol=1e-4)


def test_no_other_thread_works_on_it() -> None:
    """The processor time of the whole process is that of the thread that asks."""
    free = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    said = subprocess.run(
        [sys.executable, "-c", _TIMES], env=free, check=True, capture_output=True, text=True
    )
    mine, everyone = map(float, said.stdout.split())
    assert everyone < 1.2 * mine + 0.05
