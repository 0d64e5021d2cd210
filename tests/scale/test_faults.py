"""The benchmark of faults, with few clips: killed drivers, workers and a node change no row."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "scale_faults.py"


@pytest.mark.data
@pytest.mark.slow
def test_whatever_dies_the_rows_are_those_of_one_process(data: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    line = [sys.executable, str(BENCHMARK), "--data", str(data), "--clips", "60"]
    done = subprocess.run(
        [*line, "--json", str(report)], capture_output=True, text=True, timeout=1200, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(report.read_text())
    assert found["compared_clips"] == found["inputs"] == 60
    assert found["nodes_killed"] == 1
    assert found["deaths_seen"] >= 1
    assert found["compared_differ"] == 0
