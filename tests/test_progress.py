from __future__ import annotations

from io import StringIO

import pytest
from rich.console import Console

from mien.progress import progress_bar


@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_sees_how_far_it_is_and_a_file_stays_clean(terminal: bool) -> None:
    said = StringIO()
    console = Console(file=said, force_terminal=terminal, color_system=None, width=100)
    with progress_bar(console, unit="epochs") as bar:
        bar.update(bar.add_task("fits", total=12), completed=3)
    assert ("3/12 epochs" in said.getvalue()) == terminal
    assert bool(said.getvalue()) == terminal
