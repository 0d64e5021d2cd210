from __future__ import annotations

from pathlib import Path

import pytest

from mien.errors import UsageError
from mien.evaluation.reports import read_run
from mien.evaluation.reports.cost import read_costs


def test_time_and_size_are_measured_and_reported(trained: Path) -> None:
    run = trained / "run"
    costs = read_costs(run)
    assert costs is not None
    assert set(costs.systems) == {"face", "voice", "fused"}
    assert costs.clips == 6
    assert costs.length == 2.5
    sizes = {name: one.megabytes or 0 for name, one in costs.systems.items()}
    assert sizes["fused"] == pytest.approx(sizes["face"] + sizes["voice"])
    fits = run / "fits"
    assert sizes["voice"] == (fits / "voice-seed0-final" / "weights.pt").stat().st_size / 1e6
    assert sizes["face"] == (fits / "face-seed0-final" / "model.onnx").stat().st_size / 1e6
    assert all((one.seconds_per_clip or 0) > 0 for one in costs.systems.values())
    found = read_run(run)
    assert found.costs == costs.systems
    assert "mean of 6 clips of 2.5 s on one core of" in found.facts["time and size"]


def test_a_run_need_not_have_costs_and_a_damaged_file_is_named(tmp_path: Path) -> None:
    assert read_costs(tmp_path) is None
    (tmp_path / "cost.json").write_text("{}")
    with pytest.raises(UsageError, match=r"cost\.json: damaged .*'mien evaluate .*' measures anew"):
        read_costs(tmp_path)
