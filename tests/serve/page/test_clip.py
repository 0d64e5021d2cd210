"""A clip on the page: sent, shown, played, sought in, saved."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import cv2
import pytest

import mien
from tests.serve.conftest import Running
from tests.serve.page.conftest import LABEL, Opens, Page, answer_of, choose, painted, spoken, until

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.external


def drop(page: Page, path: Path) -> None:
    """Drop a file onto the page, as the system's file manager would."""
    page.wait_for_selector(".drop")
    content = base64.b64encode(path.read_bytes()).decode()
    page.evaluate(
        """async ([content, name]) => {
             const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0));
             const transfer = new DataTransfer();
             transfer.items.add(new File([bytes], name, {type: "video/mp4"}));
             for (const type of ["dragenter", "dragover", "drop"])
               document.body.dispatchEvent(
                 new DragEvent(type, {dataTransfer: transfer, bubbles: true, cancelable: true}));
           }""",
        [content, path.name],
    )


def playing_time(page: Page) -> float:
    return float(page.evaluate("document.querySelector('video').currentTime"))


def test_a_dropped_clip_is_sent_shown_played_and_found_again(
    opened: Opens, server: Running
) -> None:
    page = opened(server.url)
    page.evaluate(
        """() => { window.bars = new Set(); new MutationObserver(() => {
             for (const bar of document.querySelectorAll("[role=progressbar]"))
               bars.add(bar.ariaLabel);
           }).observe(document.body, {subtree: true, childList: true}); }"""
    )
    drop(page, mien.sample())
    label = page.locator(LABEL).inner_text()
    answer = answer_of(server, page)
    assert label == answer["label"]
    assert page.evaluate("[...bars]") == ["Progress of sample.mp4"]

    page.keyboard.press("Space")
    until(page, "document.querySelector('video').currentTime > 0.3")
    page.keyboard.press("Space")
    assert page.evaluate("document.querySelector('video').paused")

    address = page.url
    page.reload()
    assert page.url == address
    assert page.locator(LABEL).inner_text() == label


def test_the_timeline_seeks_by_click_drag_and_keys(
    opened: Opens, server: Running, done: dict[str, Any]
) -> None:
    page = opened(f"{server.url}/#/clip/{done['id']}")
    slider = page.get_by_role("slider")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    at = lambda share: (box["x"] + share * box["width"], box["y"] + 40)  # noqa: E731

    page.mouse.move(*at(0.5))
    page.mouse.down()
    until(page, "Math.abs(document.querySelector('video').currentTime - 4) < 0.05")
    page.mouse.move(*at(0.75))
    until(page, "Math.abs(document.querySelector('video').currentTime - 6) < 0.05")
    page.mouse.up()
    page.mouse.move(*at(0.25))
    assert abs(playing_time(page) - 6) < 0.05  # only hovering by now
    said = page.locator(".tip").inner_text()
    assert said.startswith("0:02.0")
    assert "happy" in said

    slider.focus()
    page.keyboard.press("ArrowRight")
    until(page, "Math.abs(document.querySelector('video').currentTime - 6.5) < 0.05")
    page.keyboard.press("Home")
    until(page, "document.querySelector('video').currentTime === 0")
    assert slider.get_attribute("aria-valuetext").startswith("0:00.0: angry")


def test_every_export_can_be_saved(opened: Opens, server: Running, done: dict[str, Any]) -> None:
    page = opened(f"{server.url}/#/clip/{done['id']}", accept_downloads=True)
    heads = {
        "JSON": (b'{"schema": 1', ".json"),
        "CSV": (b"", ".csv"),
        "Parquet": (b"PAR1", ".parquet"),
        "Subtitles (SRT)": (b"1\n00:00:00,000 --> ", ".srt"),
        "Report (HTML)": (b"<!doctype html>", ".html"),
        "ELAN": (b"<?xml", ".eaf"),
        "Praat": (b'File type = "ooTextFile"', ".TextGrid"),
        "Video with boxes (MP4)": (b"\x00\x00\x00", ".mp4"),
    }
    for name, (head, ending) in heads.items():
        with page.expect_download() as download:
            page.locator(".exports").get_by_text(name).click()
        content = Path(download.value.path()).read_bytes()
        assert content.startswith(head), name
        assert download.value.suggested_filename == f"sample.mp4{ending}".replace(
            "sample.mp4.mp4", "sample.mp4.annotated.mp4"
        )
        if name == "JSON":
            assert json.loads(content) == answer_of(server, page)
        if name == "CSV":
            assert content.count(b"\n") == 1 + len(answer_of(server, page)["timeline"])


def test_the_answer_says_what_counted_what_was_missing_and_whether_it_is_sure(
    opened: Opens, server: Running, moving: Path
) -> None:
    [job] = server.give(moving)
    server.ended(job["id"])
    page = opened(f"{server.url}/#/clip/{job['id']}")
    answer = answer_of(server, page)
    page.wait_for_selector(LABEL)
    assert not answer["branches"]["voice"]["present"]  # a tone is no voice
    branches = page.locator(".branches").inner_text()
    assert "weight 100%" in branches
    assert "Absent: no speech found in 4.0 s of sound." in branches
    head = page.locator(".headline").inner_text()
    assert ("reliable" if answer["reliable"] else "uncertain") in head
    for reason in answer["reasons"]:
        assert reason["message"].lower() in head.lower()
    rows = page.locator(".answer .bars tr").all_inner_texts()
    assert [row.split()[0] for row in rows] == list(answer["probabilities"])
    page.get_by_role("button", name="This moment").click()
    assert page.get_by_role("button", name="At 0:00.0").is_visible()
    assert page.get_by_role("img", name="Person 1: ").count() == 1


def test_a_clip_that_is_gone_says_so(opened: Opens, server: Running) -> None:
    page = opened(f"{server.url}/#/clip/AAAAAAAAAAAAAAAAAAAAAA")
    expect(page.get_by_role("alert")).to_contain_text("This clip is not here")


def test_sound_alone_and_a_still_picture(
    opened: Opens, server: Running, tmp_path: Path, portrait: Any
) -> None:
    cv2.imwrite(str(tmp_path / "still.jpg"), portrait[:, :, ::-1])
    [job] = server.give(tmp_path / "still.jpg")
    server.ended(job["id"])
    page = opened(f"{server.url}/#/clip/{job['id']}")
    until(page, "document.querySelector('.stage img')?.naturalWidth === 480")
    until(page, painted)

    page.get_by_role("link", name="All clips").click()
    choose(page, spoken(tmp_path / "voice.wav"))
    page.wait_for_selector(".stage.sound video")
    page.wait_for_selector(LABEL)
    page.get_by_role("button", name="Play").click()
    until(page, "document.querySelector('video').currentTime > 0.2")
