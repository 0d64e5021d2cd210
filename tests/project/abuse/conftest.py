from __future__ import annotations

from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[3] / "project" / "abuse"


@pytest.fixture(autouse=True)
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """The modules of project/abuse can be imported."""
    monkeypatch.syspath_prepend(str(TOOLS))
