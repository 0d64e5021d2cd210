"""docs/data.md: its commands, in their order, on the corpora at hand and on made-up folders."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import mien
from mien.data.datasets.corpus import Corpus
from tests.docs.pages import ROOT, blocks, run

PAGE = ROOT / "docs" / "data.md"


@pytest.mark.slow
@pytest.mark.data
def test_the_commands_of_the_page(data: Path, tmp_path: Path) -> None:
    """Corpora that are at hand; the others' lines are those of another name."""
    pytest.importorskip("pyarrow")
    for label in ("calm", "tense", "bored"):
        (tmp_path / "my_clips" / label).mkdir(parents=True)
        shutil.copy(mien.sample(), tmp_path / "my_clips" / label / "one.mp4")
    (tmp_path / "films").mkdir()
    shutil.copy(mien.sample(), tmp_path / "films" / "one.mp4")
    fill = "python -c \"import csv; r=list(csv.DictReader(open('sheet.csv'))); [x.update(anna='happy', ben='happy', cem='sad') for x in r]; w=csv.DictWriter(open('sheet.csv','w',newline=''), r[0]); w.writeheader(); w.writerows(r)\""  # noqa: E501
    there = {path.name for path in data.iterdir()}
    changes = {
        r"/data/ravdess": str(data / "ravdess"),
        r"/data(?= )": str(data),
        r"^mien data check clips.csv.*$": "mien data check clips.csv --no-media || test $? = 1",
        r"^mien data agree": f"{fill}\nmien data agree",
    }
    for name in ("crema_d", "fer2013"):
        if name not in there:
            changes[rf"^mien data prepare {name}.*$"] = ""
    for block in blocks(PAGE):
        if block.language == "sh":
            run(block, tmp_path, changes)
    assert (tmp_path / "mine.csv").is_file()


def test_the_corpus_of_ones_own_finds_its_clips(tmp_path: Path) -> None:
    """The function that the page shows, with what it needs around it."""
    from mien.data.datasets.corpus import clip, demand, files, mapped

    (block,) = [one for one in blocks(PAGE) if one.language == "python"]
    names = {
        "Path": Path, "Clip": mien.data.datasets.corpus.Clip, "clip": clip, "demand": demand,
        "files": files, "mapped": mapped, "_EMOTIONS": {"joy": "happy"},
    }  # fmt: skip
    exec(block.code, names)
    (tmp_path / "anna_joy_1.wav").write_bytes(b"")
    (one,) = names["find"](tmp_path)
    assert (one.speaker, one.label, one.licence) == ("anna", "happy", "CC BY 4.0")
    assert Corpus.__dataclass_fields__["find"]
