"""A transcript on the page, and the chip of the baseline."""

from __future__ import annotations

from pathlib import Path

import pytest

import mien
from tests.serve.conftest import Running
from tests.serve.page.conftest import Opens, Page, choose, until

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.external

SRT = """1
00:00:00,000 --> 00:00:02,500
ANNA: So there <i>you</i> are.

2
00:00:03,000 --> 00:00:05,000
ANNA: I thought that you would not come.
"""


def time_of(page: Page) -> float:
    return float(page.evaluate("document.querySelector('video').currentTime"))


@pytest.fixture
def srt(tmp_path: Path) -> Path:
    path = tmp_path / "clip.srt"
    path.write_text(SRT, "utf-8")
    return path


def test_subtitles_that_come_with_a_clip_become_lines_that_play(
    opened: Opens, server: Running, srt: Path
) -> None:
    page = opened(server.url)
    choose(page, mien.sample(), srt)
    lines = page.locator(".lines .line")
    expect(lines).to_have_count(2)
    found = mien.lines(mien.sample(), srt).lines
    for k, line in enumerate(found):
        expect(lines.nth(k)).to_contain_text(line.text)
        expect(lines.nth(k)).to_contain_text(str(line.label))
    colours = page.evaluate(
        "[...document.querySelectorAll('.line mark')]"
        ".map((mark) => getComputedStyle(mark).borderBottomColor)"
    )
    assert (colours[0] == colours[1]) == (found[0].label == found[1].label)
    lines.nth(1).locator("p").click()
    until(page, lambda page: 3 <= time_of(page) < 5.5)
    until(page, "document.querySelectorAll('.line')[1].classList.contains('now')")
    until(page, "document.querySelector('video').paused")
    assert time_of(page) < 6.5, "it stops where the line ends"
    page.reload()
    expect(lines).to_have_count(2)


def test_a_transcript_that_is_none_says_why_and_another_one_takes_its_place(
    opened: Opens, server: Running, srt: Path, tmp_path: Path
) -> None:
    page = opened(server.url)
    choose(page, mien.sample())
    page.wait_for_selector(".drop-lines")
    (tmp_path / "bad.srt").write_text("nothing", "utf-8")
    page.set_input_files(".drop-lines input", str(tmp_path / "bad.srt"))
    expect(page.locator(".transcript [role=status]")).to_contain_text("bad.srt: has no lines")
    page.set_input_files(".drop-lines input", str(srt))
    expect(page.locator(".lines .line")).to_have_count(2)


def test_the_chip_compares_with_a_stretch(opened: Opens, server: Running) -> None:
    page = opened(server.url)
    choose(page, mien.sample())
    chip = page.locator("button.baseline").nth(2)
    chip.click()
    page.evaluate("document.querySelector('video').currentTime = 6.5")
    until(page, "document.querySelector('.clock').textContent.startsWith('0:06')")
    chip.click()
    expect(page.locator(".usual .fact").first).to_have_text("baseline: 0-6.5 s")
    expect(page.locator(".usual .branch")).to_have_count(2)
    page.locator("button.baseline").nth(1).click()
    expect(page.locator(".usual .notes")).to_contain_text("60 s are needed")
    page.locator("button.baseline").nth(0).click()
    expect(page.locator(".usual .fact")).to_have_count(0)
