"""Make docs/page.png: the page of `mien serve` with the sample clip, in Chromium.

python project/pages/page_picture.py [CHROMIUM]
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "page.png"
SIZE = {"width": 1200, "height": 1360}


def main(chromium: str = "/usr/bin/chromium") -> None:
    """Start a server of its own, show the sample clip, keep what is seen."""
    with tempfile.TemporaryDirectory() as data:
        serve = [sys.executable, "-m", "mien", "serve", "--port", "0", "--data", data]
        server = subprocess.Popen(serve, stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            found = re.search(r"http://\S+", server.stdout.readline())
            assert found, "mien serve did not start"
            _take(found[0], chromium)
        finally:
            server.terminate()
            server.wait()


def _take(url: str, chromium: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        page.goto(url)
        page.get_by_role("button", name="Try the sample clip").click()
        expect(page.get_by_text("Over time")).to_be_visible(timeout=120_000)
        page.evaluate("document.querySelector('video').currentTime = 3")
        page.wait_for_timeout(2000)  # for the seek and the pictures
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
