"""Fill docs/gallery.md: what answers look like, on clips that may be shown.

    python project/pages/gallery.py [--chromium /usr/bin/chromium] [--keep FOLDER]

Makes the clips from the sample clip (`gallery_clips.py`), runs the commands that the page names,
puts what they print between its marks, and photographs what they write (docs/gallery/*.png).
`--keep` leaves clips and results in a folder.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import gallery_clips

import mien

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAGE = Path(__file__).resolve().parents[2] / "docs" / "gallery.md"
PICTURES = PAGE.with_suffix("")
WIDTH, MARGIN = 1000, 16
LOADED = """() => [...document.querySelectorAll("video")].every((video) => {
  if (video.readyState >= 2 && !video.currentTime) video.currentTime = 1;
  return video.readyState >= 3 && video.currentTime;
})"""
BOTTOM = """(until) => {
  const heads = [...document.querySelectorAll("h2")].filter((head) => head.textContent === until);
  const last = until ? heads[0].closest("section") : document.querySelector("main");
  return last.getBoundingClientRect().bottom + window.scrollY;
}"""


@dataclass(frozen=True)
class Exhibit:
    """One part of the page.

    Args:
        name: of its picture, or of the place for what is printed.
        command: what `mien` is given.
        file: what it writes that is photographed; "" shows what it prints.
        until: heading of the last section in the photograph; "" takes the whole page.
    """

    name: str
    command: str
    file: str = ""
    until: str = ""


EXHIBITS = (
    Exhibit(
        "interview",
        "predict interview.mp4 --html --out out",
        "interview.mp4.html",
        "Key frames",
    ),
    Exhibit(
        "lines",
        "lines interview.mp4 interview.srt --html --out out",
        "interview.mp4.lines.html",
    ),
    Exhibit(
        "baseline",
        "predict twice.mp4 --baseline 0-8 --html --out out",
        "twice.mp4.html",
        "Compared with their usual self",
    ),
    Exhibit("uncertain", "predict sample.mp4"),
    Exhibit("dark", "predict dark.mp4"),
    Exhibit("broken", "predict broken.mp4 sample.mp4 --json --out out"),
)


CLIPS: dict[str, Callable[[Path], object]] = {
    "interview.mp4": gallery_clips.interview,
    "interview.srt": gallery_clips.subtitles,
    "twice.mp4": gallery_clips.twice,
    "dark.mp4": gallery_clips.dark,
    "broken.mp4": gallery_clips.broken,
    "sample.mp4": lambda path: shutil.copyfile(mien.sample(), path),
}


def make_clips(folder: Path, command: str) -> None:
    """What a command needs and is not there yet."""
    for word in command.split():
        if word in CLIPS and not (folder / word).exists():
            CLIPS[word](folder / word)


def printed(command: str, folder: Path) -> str:
    """What `mien` prints.

    Raises:
        SystemExit: it was used wrongly.
    """
    done = subprocess.run(
        [sys.executable, "-m", "mien", *command.split()],
        cwd=folder,
        env=os.environ | {"COLUMNS": "96", "LC_ALL": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode not in (0, 1):
        raise SystemExit(f"mien {command}: exit code {done.returncode}\n{done.stdout}")
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


def photograph(browser: Browser, exhibit: Exhibit, folder: Path) -> None:
    """What a page shows, down to the end of a section."""
    size = {"width": WIDTH, "height": 900}
    page = browser.new_page(viewport=size, color_scheme="light")
    page.goto((folder / "out" / exhibit.file).resolve().as_uri())
    page.wait_for_function(LOADED, timeout=60_000)
    page.wait_for_timeout(1000)  # for the seek and its picture
    bottom = page.evaluate(BOTTOM, exhibit.until)
    box = {"x": 0, "y": 0, "width": WIDTH, "height": bottom + MARGIN}
    page.screenshot(path=PICTURES / f"{exhibit.name}.png", clip=box, full_page=True)
    page.close()


def filled(text: str, exhibit: Exhibit, output: str) -> str:
    """The page with what a command printed in its place.

    Raises:
        SystemExit: the page has no such command, or no place for what it prints.
    """
    if f"mien {exhibit.command}\n" not in text:
        raise SystemExit(f"{PAGE}: does not name 'mien {exhibit.command}'")
    if exhibit.file:
        return text
    begin, end = f"<!-- printed {exhibit.name} -->", f"<!-- /printed {exhibit.name} -->"
    block = f"{begin}\n```text\n{output}\n```\n{end}"
    text, count = re.subn(f"{begin}.*?{end}", lambda _: block, text, flags=re.DOTALL)
    if count != 1:
        raise SystemExit(f"{PAGE}: {count} places marked {begin} ... {end}")
    return text


def main() -> None:
    """Make the clips, run the commands, take the pictures, fill the page."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    PICTURES.mkdir(exist_ok=True)
    text = PAGE.read_text("utf-8")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = options.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(folder / "out", ignore_errors=True)
        switches = ["--no-sandbox"]
        browser = playwright.chromium.launch(executable_path=options.chromium, args=switches)
        for exhibit in EXHIBITS:
            print(f"mien {exhibit.command}", flush=True)
            make_clips(folder, exhibit.command)
            text = filled(text, exhibit, printed(exhibit.command, folder))
            if exhibit.file:
                photograph(browser, exhibit, folder)
        browser.close()
    PAGE.write_text(text, "utf-8")
    print(f"wrote {PAGE}")


if __name__ == "__main__":
    main()
