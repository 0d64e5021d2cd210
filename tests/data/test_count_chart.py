from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

from mien.data.count_chart import counts_by_speaker, counts_by_split, draw, splits_of
from mien.data.manifest import Manifest
from mien.labels import EMOTIONS, LabelSet
from mien.output.report.palette import colours
from mien.types import Clip

SVG = "{http://www.w3.org/2000/svg}"


def table(*rows: tuple[str, str, str], labels: LabelSet = EMOTIONS) -> Manifest:
    clips = tuple(
        Clip(str(k), "x.wav", label=label, speaker=speaker, split=split)
        for k, (label, speaker, split) in enumerate(rows)
    )
    return Manifest("mine & yours", clips, labels, Path())


MIXED = table(
    *[("happy", "anna", "train")] * 6,
    *[("happy", "ben", "test")] * 2,
    *[("sad", "anna", "train")] * 4,
    ("", "", "val"),
)


def texts(svg: str) -> list[str]:
    return ["".join(t.itertext()) for t in ET.fromstring(svg).iter(f"{SVG}text")]


def test_counts() -> None:
    assert splits_of(MIXED) == ["train", "val", "test"]
    by_split = counts_by_split(MIXED)
    assert by_split["happy"] == {"train": 6, "test": 2}
    assert by_split["(no label)"] == {"val": 1}
    assert by_split["fear"].total() == 0
    by_speaker = counts_by_speaker(MIXED)
    assert list(by_speaker) == ["", "anna", "ben"]
    assert by_speaker["anna"] == {"happy": 6, "sad": 4}
    assert splits_of(table(("sad", "", ""))) == [""]


def test_bars_are_as_long_as_their_counts() -> None:
    root = ET.fromstring(draw(MIXED))
    bars = {
        title.text: float(rect.get("width", "nan"))
        for rect in root.iter(f"{SVG}rect")
        if (title := rect.find(f"{SVG}title")) is not None
    }
    longest = bars["happy, train: 6"] + bars["happy, test: 2"]
    assert abs(bars["happy, train: 6"] - longest * 6 / 8) < 0.2
    assert abs(bars["sad, train: 4"] - longest / 2) < 0.2
    assert bars["fear, train: 0"] == 0


def test_every_label_has_its_colour() -> None:
    own = LabelSet("own", ("bored", "happy", "calm"))
    root = ET.fromstring(draw(table(*((name, "anna", "") for name in own.names), labels=own)))
    wanted = [colours(own.names)[name] for name in own.names]
    assert [r.get("fill") for r in root.iter(f"{SVG}rect") if r.get("fill")] == wanted * 2


def test_everything_is_within_the_picture() -> None:
    wide = LabelSet("wide", tuple(f"a rather long label {k}" for k in range(12)))
    rows = [(wide.names[k % 12], f"speaker number {k}", "") for k in range(70)]
    for manifest in (MIXED, table(*rows, labels=wide), table(("sad", "", ""))):
        root = ET.fromstring(draw(manifest))
        width, height = float(root.get("width", "0")), float(root.get("height", "0"))
        for rect in root.iter(f"{SVG}rect"):
            if rect.get("class") == "page":
                continue
            x, y, w, h = (float(rect.get(key, "nan")) for key in ("x", "y", "width", "height"))
            assert 0 <= x <= x + w <= width
            assert 0 <= y <= y + h <= height
        for text in root.iter(f"{SVG}text"):
            assert 0 <= float(text.get("x", "nan")) <= width
            assert 0 <= float(text.get("y", "nan")) <= height


def test_what_is_written() -> None:
    said = texts(draw(MIXED))
    assert said[:2] == ["mine & yours", "13 clips, 2 labels, 2 speakers"]
    for word in ("train", "val", "test", "(no label)", "anna", "(none)"):
        assert word in said
    assert "No clip has a speaker." in texts(draw(table(("sad", "", ""), ("happy", "", ""))))


def test_a_crowd_is_cut_short() -> None:
    said = texts(draw(table(*[("sad", f"s{k:03}", "") for k in range(70)])))
    assert "s059" in said
    assert "s060" not in said
    assert "and 10 more speakers" in said
