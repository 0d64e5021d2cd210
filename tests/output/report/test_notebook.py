from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mien.output.report.palette import COLOURS
from mien.types import Prediction, Reason
from tests.output.report.sample import HOSTILE, eight, nothing, prediction
from tests.output.report.test_html import Page, refers_to_nothing

KINDS = {
    "full": prediction(),
    "null": nothing(),
    "eight": eight(),
    "hostile": replace(
        eight(HOSTILE, HOSTILE),
        source={**prediction().source, "path": "/clips/</div><script>alert(1)</script>\udcff.mp4"},
        reasons=(Reason("x", "<script>"),) * 20,
    ),
}


def shown(p: Prediction) -> str:
    text = p._repr_html_()
    text.encode()
    return text


@pytest.mark.parametrize("name", KINDS)
def test_it_closes_what_it_opens_and_refers_to_nothing(name: str) -> None:
    text = shown(KINDS[name])
    refers_to_nothing(text)
    assert "<style" not in text  # would change the rest of the notebook


def test_it_has_label_bars_and_timeline() -> None:
    found = Page(shown(prediction()))
    for words in ("a.mp4", "happy", "60%, reliable", "face and voice", "face only", "12 s"):
        assert words in found.words, words
    widths = [a["style"] for a in found.all("div") if "width:60.0%" in a.get("style", "")]
    assert [f"background:{COLOURS['happy']}" in style for style in widths] == [True]
    strips = {a["aria-label"].partition(":")[0]: a for a in found.all("div") if "role" in a}
    assert list(strips) == ["face and voice", "face only", "voice only"]
    assert "happy from 0 s to 4.75 s; sad from 4.75 s to 12 s" in strips["face only"]["aria-label"]
    titles = [a["title"] for a in found.all("div") if "title" in a]
    assert any(title.startswith("0 s to 4.75 s: happy") for title in titles)


def test_a_pause_is_a_gap_in_its_strip() -> None:
    text = shown(prediction())
    voice = text[text.index('aria-label="voice only') :]
    pieces = re.findall(r"width:([\d.]+)%;background:(#?\w+)", voice.partition("</td>")[0])
    assert [colour for _, colour in pieces if float(_) > 0] == [
        COLOURS["happy"],
        "none",
        COLOURS["sad"],
    ]
    assert sum(float(width) for width, _ in pieces) == pytest.approx(100, abs=0.1)


def test_nothing_found_is_said_with_the_reason() -> None:
    found = Page(shown(nothing()))
    assert "No answer" in found.words
    assert "neither a face nor a voice was found" in found.words
    assert not found.all("table")


def test_a_long_answer_stays_small() -> None:
    one = prediction()
    windows = tuple(
        replace(span, start=12.0 * k + span.start, end=12.0 * k + span.end)
        for k in range(300)
        for span in one.timeline[:20]
    )
    long = replace(one, source={**one.source, "duration": 3600.0}, timeline=windows)
    assert len(shown(long)) < 200_000


@pytest.mark.external
@pytest.mark.parametrize("page", ["#ffffff", "#111111"])
def test_a_browser_draws_it_on_light_and_on_dark(tmp_path: Path, page: str) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed")
    ink = "#eeeeee" if page == "#111111" else "#222222"
    body = f'<!doctype html><body style="margin:0;background:{page};color:{ink}">'
    (tmp_path / "a.html").write_text(body + shown(prediction()), "utf-8")
    picture = tmp_path / "a.png"
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--window-size=800,600")
    subprocess.run(
        [chromium, *flags, f"--screenshot={picture}", (tmp_path / "a.html").as_uri()],
        check=True,
        capture_output=True,
        timeout=120,
    )
    drawn = cv2.imread(str(picture))[:, :, ::-1].astype(int)

    def count(colour: str) -> int:
        wanted = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)])
        return int((np.abs(drawn - wanted).max(2) <= 6).sum())

    assert count(COLOURS["happy"]) > 5000
    assert count(COLOURS["sad"]) > 5000
    assert count(ink) > 300  # letters, in the ink of the page
    assert count(page) > 200_000
