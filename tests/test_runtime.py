from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_onnxruntime_leaves_no_device_number_and_reports_to_nobody(tmp_path: Path) -> None:
    """Its official builds keep a number and a queue of events for Microsoft in the home folder."""
    on = {"ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "CI", "XDG_CACHE_HOME"}
    environment = {name: value for name, value in os.environ.items() if name not in on}
    code = "import mien; print(mien.analyze(mien.sample()).label)"
    said = subprocess.run(
        [sys.executable, "-c", code],
        env=environment | {"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "happy"
    assert list(tmp_path.rglob("*")) == []
