"""The page in a real browser: keys, a reload, a server that is away, two coders."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mien.data.coding import read_coding
from tests.serve.annotate.test_app import clips, server

pytestmark = pytest.mark.external
__all__ = ["clips"]


@pytest.fixture
def browser() -> Iterator[Any]:
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("chromium is not installed")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield started
        started.close()


def begin(browser: Any, url: str, coder: str) -> Any:
    page = browser.new_page()
    page.goto(url)
    page.fill("#name", coder)
    page.click("button.main")
    page.wait_for_selector("#work:not([hidden])")
    return page


def test_keys_a_reload_and_two_coders(browser: Any, clips: Path, tmp_path: Path) -> None:
    with server(clips, tmp_path / "log") as (url, _):
        page = begin(browser, url, "anna")
        assert page.inner_text("#left") == "2 of 2 left"
        page.keyboard.press("s")
        page.wait_for_function("document.querySelector('#left').textContent === '1 of 2 left'")
        assert page.inner_text("#title") == "2. b.wav"
        page.reload()
        page.wait_for_selector("#work:not([hidden])")
        assert page.inner_text("#left") == "1 of 2 left"
        page.route("**/coders/anna/*", lambda route: route.abort())  # as if the server were away
        page.keyboard.press("h")
        page.wait_for_selector("#trouble:not([hidden])")
        page.unroute("**/coders/anna/*")
        page.wait_for_selector("#trouble", state="hidden")
        other = begin(browser, url, "ben")
        assert other.inner_text("#left") == "2 of 2 left"
        assert not other.inner_text("#answer")
        other.keyboard.press("m")
        other.wait_for_selector("#answer i")
        assert "sad" in other.inner_text("#answer")
        other.keyboard.press("0")
        other.wait_for_function("document.querySelector('#left').textContent === '1 of 2 left'")
        other.wait_for_function("localStorage['mien annotate ben'] === '{}'")
    anna = read_coding(clips / "annotations" / "anna.csv")
    assert [(s.clip, s.label) for s in anna.stretches] == [("a.wav", "sad"), ("b.wav", "happy")]
    ben = (clips / "annotations" / "ben.csv").read_text("utf-8").splitlines()
    assert ben[1] == "a.wav,,,-,ben,yes"
