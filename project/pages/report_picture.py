"""Make docs/report.png: the report page of the sample clip, in Chromium.

python project/pages/report_picture.py [CHROMIUM]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "report.png"
SIZE = {"width": 1000, "height": 1240}


def main(chromium: str = "/usr/bin/chromium") -> None:
    """Write the report with the command that people use, and keep what is seen of it."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "mien", "demo", "--out", folder], check=True)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page(viewport=SIZE, color_scheme="light")
            page.goto((Path(folder) / "sample.mp4.html").as_uri())
            page.wait_for_timeout(500)  # for the pictures
            page.screenshot(path=PICTURE)
            browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
