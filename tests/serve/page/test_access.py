"""Whether everybody can use the page: axe-core, and no sideways scrolling on a phone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.serve.conftest import Running
from tests.serve.page.conftest import LABEL, Opens

Axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe
pytestmark = pytest.mark.external


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_no_serious_accessibility_fault(
    opened: Opens, server: Running, done: dict[str, Any], theme: str, width: int
) -> None:
    viewport = {"width": width, "height": 860}
    page = opened(server.url, color_scheme=theme, viewport=viewport, bypass_csp=True)
    one = done["id"]
    views = {
        "#/": ".clip-row",
        f"#/clip/{one}": LABEL,
        f"#/compare/{one}/{one}": f"article:last-child {LABEL}",
        "#/live": ".stage.live",
        "#/about": ".points",
    }
    for view, there in views.items():
        page.goto(f"{server.url}/{view}")
        page.wait_for_selector(there)
        faults = Axe().run(page).response["violations"]
        serious = [(f["id"], f["nodes"]) for f in faults if f["impact"] in ("serious", "critical")]
        assert not serious, (view, serious)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view
