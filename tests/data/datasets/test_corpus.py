from __future__ import annotations

from pathlib import Path

import pytest

from mien import UsageError
from mien.data.datasets import corpora
from mien.data.datasets.corpus import mapped, table
from tests.data.datasets.trees import find, grow

NAMED = [
    "afew",
    "affectnet",
    "ased",
    "ckplus",
    "crema_d",
    "dfew",
    "emodb",
    "enterface05",
    "faces_tw",
    "fer2013",
    "ferplus",
    "ferv39k",
    "folders",
    "java_sed",
    "mafw",
    "meld",
    "mer",
    "nemo",
    "rafdb",
    "ravdess",
    "savee",
    "sfew",
    "tess",
]


def test_all_are_there_and_say_where_they_come_from() -> None:
    assert list(corpora()) == NAMED
    for one in corpora().values():
        assert one.title
        assert one.licence
        assert one.marks
        assert (one.source and one.citation) or one.name == "folders"


@pytest.mark.parametrize("name", [name for name in NAMED if name != "folders"])
def test_an_empty_folder_is_told_with_the_source(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="does not look like") as caught:
        corpora()[name].folder(tmp_path)
    assert corpora()[name].source in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_folder_of_that_name_comes_first(tmp_path: Path) -> None:
    """Beside a corpus with the same layout, and with the corpus one deeper than its own name."""
    grow(tmp_path, "a_copy/DC_a01.wav", "savee/DC_h01.wav")
    assert list(find("savee", tmp_path)) == ["DC_h01.wav"]
    grow(tmp_path, "savee_again/deeper/DC_n01.wav")
    assert list(find("savee", tmp_path / "savee_again")) == ["DC_n01.wav"]


def test_hidden_files_are_left_out(tmp_path: Path) -> None:
    grow(tmp_path, "DC_a01.wav", "._DC_a01.wav", ".trash/DC_a02.wav")
    assert list(find("savee", tmp_path)) == ["DC_a01.wav"]


def test_names_are_mapped() -> None:
    assert mapped({"joy": "happy"}, "joy", "x") == "happy"
    with pytest.raises(UsageError, match="x: unknown emotion 'joyy'; did you mean 'joy'"):
        mapped({"joy": "happy"}, "joyy", "x")


def test_tables(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbfname,vote\nZo\xeb,3\nshort\n")
    rows = table(path, ("name", "vote"))
    assert [row["vote"] for row in rows] == ["3", ""]
    with pytest.raises(UsageError, match=r"a.csv: no column film"):
        table(path, ("film",))
    with pytest.raises(UsageError, match="cannot be read as a table"):
        table(tmp_path / "gone.csv", ())
