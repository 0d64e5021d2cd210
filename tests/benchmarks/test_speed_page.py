"""docs/speed.md says what the reports say, and why a target is missed."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_written_from_the_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import speed_page

    page = tmp_path / "speed.md"
    shutil.copyfile(ROOT / "docs" / "speed.md", page)
    given = ["speed_page.py", "--docs", str(page), "--reports", str(ROOT / "reports")]
    monkeypatch.setattr(sys, "argv", given)
    speed_page.main()
    assert page.read_text("utf-8") == (ROOT / "docs" / "speed.md").read_text("utf-8")


def report(wall: float) -> dict[str, Any]:
    from stages import ANSWER, DECODE, ENCODE, FIND, READ, SCORE, VOICE, WHOLE

    took = {"decode": {"wall": 1.0, "cpu": 2.0}, "default": {"wall": wall, "cpu": 3.0}}
    spent = {DECODE: 0.5, READ: 0.4, FIND: 0.2, SCORE: 0.05, ENCODE: 0.04, VOICE: 0.1}
    return {
        "pipeline": {"720p, one person": {"2": took}},
        "stages": {"720p, one person": spent | {ANSWER: 0.01, WHOLE: 0.8}},
    }


def test_a_target_is_met_or_missed_for_a_reason_or_not_measured() -> None:
    from speed_targets import targets

    met, *_ = targets(report(1.29))
    assert met[1:] == ["at most 1.3", "1.29", "met", ""]
    missed, processor, phone, *_ = targets(report(1.5))
    assert missed[2:4] == ["1.50", "missed"]
    assert "reading 0.80, find faces 0.40, voice 0.20" in missed[4]
    assert processor[2:4] == ["1.50", "met"]
    assert phone[2] == "not measured"


def test_memory_is_compared_with_that_of_a_minute() -> None:
    from speed_targets import targets

    clips = {
        "1 min, one person": {"seconds": 60, "MB": 200},
        "60 min, one person": {"seconds": 3600, "MB": 240},
        "60 min, 100 cuts": {"seconds": 3600, "MB": 300},
    }
    rows = {row[0]: row for row in targets(json.loads(json.dumps({"memory": clips})))}
    assert rows["memory of an hour, times that of a minute"][2:4] == ["1.20", "met"]
    assert rows["memory of an hour with cuts, times that of a minute"][2:4] == ["1.50", "missed"]
