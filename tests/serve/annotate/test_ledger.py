from __future__ import annotations

from pathlib import Path

import pytest

from mien import UsageError
from mien.data.coding import read_coding
from mien.serve.annotate.ledger import Ledger, Mark, coder_name
from mien.serve.annotate.tasks import Task


def task(number: int, start: float | None = None, end: float | None = None) -> Task:
    return Task(f"t{number}", f"c{number}.mp4", Path(f"c{number}.mp4"), start, end)


TASKS = [task(1), task(2, 0.0, 2.5), task(3)]


def test_labels_are_on_the_disk_and_read_again(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "annotations", TASKS)
    ledger.put("anna", "t2", Mark("sad", answer_seen=True))
    ledger.put("anna", "t1", Mark("happy"))
    ledger.put("anna", "t1", Mark("fear"))
    ledger.put("ben", "t1", Mark("-"))
    again = Ledger(tmp_path / "annotations", TASKS)
    assert again.marks("anna") == {"t1": Mark("fear"), "t2": Mark("sad", answer_seen=True)}
    assert again.marks("ben") == {"t1": Mark("-")}
    assert again.marks("cem") == {}
    assert not list((tmp_path / "annotations").glob("*.part"))


def test_a_label_is_taken_back(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, TASKS)
    ledger.put("anna", "t1", Mark("happy"))
    ledger.put("anna", "t1", None)
    ledger.put("anna", "t3", None)
    assert ledger.marks("anna") == {}


def test_labels_of_stretches_that_are_gone_are_kept(tmp_path: Path) -> None:
    Ledger(tmp_path, TASKS).put("anna", "t3", Mark("sad"))
    fewer = Ledger(tmp_path, TASKS[:2])
    fewer.put("anna", "t1", Mark("happy"))
    assert fewer.marks("anna") == {"t1": Mark("happy")}
    assert Ledger(tmp_path, TASKS).marks("anna") == {"t1": Mark("happy"), "t3": Mark("sad")}


def test_the_file_is_a_coding(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, TASKS)
    for number, label in (("t1", "happy"), ("t2", "sad"), ("t3", "-")):
        ledger.put("Anna B.", number, Mark(label))
    coding = read_coding(ledger.path("Anna B."))
    assert [(s.clip, s.start, s.end, s.label, s.coder) for s in coding.stretches] == [
        ("c1.mp4", 0.0, None, "happy", "Anna B."),
        ("c2.mp4", 0.0, 2.5, "sad", "Anna B."),
    ]
    assert not coding.problems


def test_only_what_is_there_can_be_labelled(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such stretch to label"):
        Ledger(tmp_path, TASKS).put("anna", "t9", Mark("sad"))


NO_NAMES = ["", " ", "../x", "a/b", "a\\b", ".a", "Mien", "a" * 41, "a\nb", "-"]


@pytest.mark.parametrize("name", NO_NAMES)
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(UsageError, match="a coder's name has 1 to 40 letters"):
        coder_name(name)


def test_names_in_any_script() -> None:
    assert [coder_name(n) for n in (" Anna ", "Jürgen K.1", "安娜", "x")] == [
        "Anna", "Jürgen K.1", "安娜", "x",
    ]  # fmt: skip
