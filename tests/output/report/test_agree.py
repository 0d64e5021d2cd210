"""All outputs say the same of every moment, and have gaps where there was nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from rich.console import Console

from mien.cli.show import show_prediction
from mien.output.formats import write_eaf, write_textgrid
from mien.output.formats.video_indexer import video_indexer_result
from mien.output.report import write_srt
from mien.output.report.cells import clip_window
from mien.output.report.html import page
from mien.output.report.notebook import fragment
from mien.types import Prediction
from tests.output.report.sample import prediction

Runs = list[tuple[float, float, str]]
FACE, VOICE = ((1.9, 6.1), (7.9, 11.9)), ((3.25, 3.75), (7.0, 9.3))
# The windows are happy up to 4.75 s and sad from then on; there is nothing before 1.9 s, from
# 6.1 to 7 s, and after 11.9 s.
RIGHT = [(1.9, 4.75, "happy"), (4.75, 6.1, "sad"), (7.0, 11.9, "sad")]


def answer() -> Prediction:
    p = prediction()
    says = {
        name: replace(p.branches[name], spans=spans)
        for name, spans in (("face", FACE), ("voice", VOICE))
    }
    return replace(p, branches=says)


def subtitles(folder: Path) -> Runs:
    write_srt(answer(), folder / "a.srt")
    text = (folder / "a.srt").read_text("utf-8")
    found = re.findall(r"00:00:(\d\d),(\d+) --> 00:00:(\d\d),(\d+)\n(\w+)", text)
    return [(float(f"{a}.{b}"), float(f"{c}.{d}"), label) for a, b, c, d, label in found]


def elan(folder: Path) -> Runs:
    write_eaf(answer(), folder / "a.eaf")
    root = ElementTree.parse(folder / "a.eaf").getroot()
    times = {
        slot.attrib["TIME_SLOT_ID"]: int(slot.attrib["TIME_VALUE"]) / 1000
        for slot in root.iter("TIME_SLOT")
    }
    tier = next(one for one in root.iter("TIER") if one.attrib["TIER_ID"] == "clip")
    return [
        (
            times[one.attrib["TIME_SLOT_REF1"]],
            times[one.attrib["TIME_SLOT_REF2"]],
            one.findtext("ANNOTATION_VALUE", ""),
        )
        for one in tier.iter("ALIGNABLE_ANNOTATION")
    ]


def praat(folder: Path) -> Runs:
    write_textgrid(answer(), folder / "a.TextGrid")
    text = (folder / "a.TextGrid").read_text("utf-8").split("item [2]:")[0]
    found = re.findall(r"xmin = ([\d.]+)\s+xmax = ([\d.]+)\s+text = \"(\w*)\"", text)
    return [(float(a), float(b), label) for a, b, label in found if label]


def video_indexer(_: Path) -> Runs:
    videos = video_indexer_result(answer())["videos"]
    found = [
        (_seconds(one["start"]), _seconds(one["end"]), kind["type"])
        for kind in videos[0]["insights"]["emotions"]  # type: ignore[index]
        for one in kind["instances"]
    ]
    names = {"Joy": "happy", "Sadness": "sad"}
    return sorted((start, end, names[kind]) for start, end, kind in found)


def html(_: Path) -> Runs:
    found = re.search(r'aria-label="fused: ([^"]+)"', page(answer()))
    assert found is not None
    return _told(found[1])


def notebook(_: Path) -> Runs:
    found = re.search(r'aria-label="face and voice: ([^"]+)"', fragment(answer()))
    assert found is not None
    return _told(found[1])


def terminal(_: Path) -> Runs:
    out = StringIO()
    show_prediction(Console(file=out, width=400), answer())
    line = next(line for line in out.getvalue().splitlines() if "s happy," in line)
    found = [(float(a), label) for a, label in re.findall(r"([\d.]+) s (\w+)", line)]
    ends = [start for start, _ in found[1:]] + [12.0]
    return [(a, b, label) for (a, label), b in zip(found, ends, strict=True) if label != "nothing"]


def picture(_: Path) -> Runs:
    """What is drawn onto the copy of the video, picture by picture."""
    runs: Runs = []
    for time in np.arange(0, 12, 0.01).tolist():
        window = clip_window(answer(), time)
        label = "" if window is None else window.label or ""
        if runs and runs[-1][2] == label:
            runs[-1] = (runs[-1][0], time, label)
        else:
            runs.append((time, time, label))
    return [run for run in runs if run[2]]


def _told(text: str) -> Runs:
    found = re.findall(r"(\w+) from ([\d.]+) s to ([\d.]+) s", unescape(text))
    return [(float(a), float(b), label) for label, a, b in found]


def _seconds(stamp: str) -> float:
    hours, minutes, seconds = stamp.split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(seconds)


@pytest.mark.parametrize(
    "output", [subtitles, elan, praat, video_indexer, html, notebook, terminal, picture]
)
def test_every_output_has_the_same_stretches(output: object, tmp_path: Path) -> None:
    found = output(tmp_path)  # type: ignore[operator]
    assert [run[2] for run in found] == [run[2] for run in RIGHT]
    within = 0.06 if output is terminal else 0.02  # what it is rounded to
    for run, right in zip(found, RIGHT, strict=True):
        assert run[:2] == pytest.approx(right[:2], abs=within)
