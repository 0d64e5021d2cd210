from __future__ import annotations

import re
import time
from io import StringIO

import pytest
from rich.console import Console

from mien.core import progress
from mien.core.progress import progress_bar


@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_sees_how_far_it_is_and_a_file_stays_clean(terminal: bool) -> None:
    said = StringIO()
    console = Console(file=said, force_terminal=terminal, color_system=None, width=100)
    with progress_bar(console, unit="epochs") as bar:
        bar.update(bar.add_task("fits", total=12), completed=3)
    assert ("3/12 epochs" in said.getvalue()) == terminal
    assert bool(said.getvalue()) == terminal


def test_a_file_gets_a_line_each_minute_with_the_time_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress, "MINUTE", 0.02)
    said = StringIO()
    console = Console(file=said, width=40)
    with progress_bar(console, unit="epochs") as bar:
        task = bar.add_task("1 of 7 fits; voice-seed0-fold0 3/12", total=84)
        over = bar.add_task("another one", total=1, completed=1)
        time.sleep(0.1)
        for done in range(1, 6):
            bar.update(task, completed=done)
            time.sleep(0.05)
    lines = said.getvalue().splitlines()
    time.sleep(0.1)
    assert lines == said.getvalue().splitlines()  # and no more of them
    assert lines[0].startswith("1 of 7 fits; voice-seed0-fold0 3/12: 0/84 epochs, 0:00:00 so far, ")
    assert lines[0].endswith("the time left is not known yet")
    assert re.search(r": [345]/84 epochs, 0:00:0\d so far, about 0:00:\d\d left$", lines[-1])
    assert over
    assert "another one" not in said.getvalue()


def test_what_is_tracked_is_counted_in_lines_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "MINUTE", 0.02)
    written = StringIO()
    with progress_bar(Console(file=written, width=40)) as bar:
        for _ in bar.track(range(9), description="scenes"):
            time.sleep(0.02)
    assert re.search(r"scenes: [4-9]/9, ", written.getvalue())
