"""Logs of trainings in a line each."""

from __future__ import annotations

import json
from pathlib import Path

from project.bundle.training_log import keep_logs, summary


def write_fit(folder: Path, select: str) -> None:
    folder.mkdir(parents=True)
    how = {"steps": 40, "select": select, "seed": 3}
    (folder / "fit.json").write_text(json.dumps(how))
    lines = ["epoch,loss,public_accuracy,seconds", "0,2.0,0.61,60.0", "1,1.5,0.62,60.0"]
    (folder / "log.csv").write_text("\n".join([*lines, "2,1.0,0.60,60.0"]) + "\n")


def test_the_epoch_that_was_kept_is_told(tmp_path: Path) -> None:
    write_fit(tmp_path / "stage_1", "public_accuracy")
    write_fit(tmp_path / "taught", "")
    found = summary(tmp_path)
    assert set(found) == {"stage 1", "taught"}
    assert "epoch 1 kept, the best by public_accuracy; PublicTest 62.0 %" in found["stage 1"]
    assert "the last epoch counts; PublicTest 60.0 %" in found["taught"]
    assert found["taught"].startswith("3 epochs of 40 steps; 3 minutes")
    keep_logs(tmp_path, tmp_path / "kept")
    assert {p.name for p in (tmp_path / "kept").iterdir()} == {"stage_1.csv", "taught.csv"}
