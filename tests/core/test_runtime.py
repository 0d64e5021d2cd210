from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import onnxruntime
import pytest

from mien.core.runtime import DEVICES, check_device
from mien.errors import UsageError


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
    assert said.stdout.strip() == "neutral"
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("device", [name for name in DEVICES if name != "cpu"])
def test_a_device_that_is_not_there_is_refused_and_says_what_it_needs(device: str) -> None:
    if DEVICES[device] in onnxruntime.get_available_providers():
        pytest.skip(f"{device} is here")
    with pytest.raises(UsageError, match=f"'{device}' is not available; needs onnxruntime.*here: "):
        check_device(device)


def test_a_device_nobody_knows_is_refused() -> None:
    with pytest.raises(UsageError, match="'tpu' is not available; here: cpu"):
        check_device("tpu")
