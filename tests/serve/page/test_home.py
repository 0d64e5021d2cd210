"""The list of clips, what is refused, keys and the theme."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import mien
from tests.conftest import write_clip
from tests.serve.conftest import Running, Serving
from tests.serve.page.conftest import LABEL, Opens, choose, job_of, until

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.external


def test_the_list_finds_cancels_and_deletes(
    opened: Opens, serving: Serving, tmp_path: Path
) -> None:
    server = serving()
    name = "<img src=x onerror=alert(1)>.mp4"
    for given in ("one.mp4", "two.mp4", name):
        clip = tmp_path / given
        clip.write_bytes(mien.sample().read_bytes())
        [job] = server.give(clip)
        server.ended(job["id"])
    page = opened(server.url)
    rows = page.locator(".clips .name")
    expect(rows).to_have_text([name, "two.mp4", "one.mp4"])

    page.get_by_role("searchbox").fill("TWO")
    expect(rows).to_have_text(["two.mp4"])
    page.get_by_role("searchbox").fill("nothing like that")
    expect(page.locator(".empty")).to_have_text("No clip has a name like that.")
    page.get_by_role("searchbox").fill("")

    page.get_by_label("Compare one.mp4").check()
    page.get_by_label("Compare two.mp4").check()
    page.get_by_role("link", name="Compare side by side").click()
    expect(page.locator(".pair video")).to_have_count(2)
    page.get_by_role("button", name="Play both").click()
    until(page, "[...document.querySelectorAll('video')].every(v => v.currentTime > 0.1)")

    page.goto(f"{server.url}/#/")
    page.get_by_role("button", name="Delete two.mp4").click()
    expect(rows).to_have_count(3)  # it asks once more
    page.get_by_role("button", name="Delete two.mp4? Press again").click()
    expect(rows).to_have_text([name, "one.mp4"])
    assert len(server.http.get("/v1/jobs").json()["jobs"]) == 2


def test_a_job_at_work_can_be_cancelled(
    opened: Opens, serving: Serving, tmp_path: Path, portrait: Any
) -> None:
    server = serving()
    times = [k / 2 for k in range(2400)]
    clip = write_clip(tmp_path / "long.mp4", [portrait] * len(times), times)
    page = opened(server.url)
    choose(page, clip)
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Cancelled")
    assert server.job(job_of(page))["state"] == "cancelled"


def test_several_clips_are_sent_and_what_is_no_clip_is_refused_by_name(
    opened: Opens, serving: Serving, tmp_path: Path
) -> None:
    server = serving()
    (tmp_path / "notes.mp4").write_bytes(b"PK\x03\x04" + bytes(100))
    (tmp_path / "empty.mp4").touch()
    page = opened(server.url)
    choose(page, tmp_path / "notes.mp4", mien.sample(), tmp_path / "empty.mp4")
    expect(page.locator(".clips .chip")).to_have_count(1)
    expect(page.locator(".sending .error")).to_have_count(2)
    assert page.url.endswith("/")  # several: the list stays
    page.get_by_role("button", name="Dismiss notes.mp4").click()
    expect(page.locator(".sending")).to_have_count(1)


def test_a_server_with_keys_asks_for_one_and_the_page_keeps_none(
    opened: Opens, serving: Serving
) -> None:
    server = serving(keys=("a right key for this test",))
    page = opened(server.url)
    page.get_by_role("textbox", name="Key").fill("a wrong one")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("alert")).to_have_text("This key does not fit.")
    page.get_by_role("textbox", name="Key").fill("a right key for this test")
    page.get_by_role("button", name="Open").click()
    page.get_by_role("button", name="Try the sample clip").click()
    assert page.locator(LABEL).inner_text() == "neutral"
    page.reload()
    assert page.locator(LABEL).inner_text() == "neutral"
    assert page.evaluate("document.cookie + JSON.stringify(localStorage)") == "{}"


def test_the_theme_follows_the_system_until_it_is_chosen(opened: Opens, server: Running) -> None:
    page = opened(server.url, color_scheme="dark")
    colour = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(colour)
    page.get_by_role("button", name="Theme").click()  # dark, whatever the system has
    page.get_by_role("button", name="Theme").click()
    light = page.evaluate(colour)
    assert light != dark
    page.reload()
    assert page.evaluate(colour) == light
