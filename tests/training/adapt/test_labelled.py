from __future__ import annotations

from pathlib import Path

import pytest

from mien.errors import UsageError
from mien.labels import EMOTIONS, LabelSet
from mien.training.adapt.labelled import groups_of, read_labelled
from mien.types import Clip


def write(folder: Path, text: str) -> Path:
    path = folder / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return path


def rows(count: int, *, labels: str = "happy sad", tail: str = "") -> str:
    names = labels.split()
    lines = [f"{k}.mp4,{names[k % len(names)]}{tail}" for k in range(count)]
    return "\n".join(lines) + "\n"


def test_a_plain_table_of_paths_and_labels(tmp_path: Path) -> None:
    found = read_labelled(write(tmp_path, "path,label\n" + rows(12) + "x.mp4,\n"), EMOTIONS)
    assert len(found.clips) == 12
    assert found.unlabelled == 1
    assert found.labels.names == EMOTIONS.names
    assert found.clips[0] == Clip("0.mp4", "0.mp4", label="happy")


def test_a_spreadsheet_with_windows_persons_and_decimal_commas(tmp_path: Path) -> None:
    text = "\ufeffPath;Start;End;Label;Person\n" + "".join(
        f"film.mp4;{k},5;{k + 1},25;{'Happy' if k % 2 else 'SAD '};p{k % 3}\n" for k in range(10)
    )
    found = read_labelled(write(tmp_path, text), EMOTIONS)
    assert found.clips[1] == Clip("film.mp4@1.5-2.25", "film.mp4", 1.5, 2.25, "happy", "p1")


def test_a_manifest_of_the_lab_is_such_a_table(tmp_path: Path) -> None:
    text = "id,path,start,end,label,speaker,split,licence\n" + "".join(
        f"c{k},{k}.mp4,,,{'fear' if k % 2 else 'angry'},s{k % 4},,MIT\n" for k in range(10)
    )
    found = read_labelled(write(tmp_path, text), EMOTIONS)
    assert [clip.id for clip in found.clips[:2]] == ["c0", "c1"]
    assert {clip.speaker for clip in found.clips} == {"s0", "s1", "s2", "s3"}


def test_labels_are_mapped_and_own_sets_taken(tmp_path: Path) -> None:
    path = write(tmp_path, "path,label\n" + rows(12, labels="Joy bored"))
    own = read_labelled(path, EMOTIONS, LabelSet("own", ("happy", "bored")), {"joy": "happy"})
    assert own.labels.names == ("happy", "bored")
    assert [clip.label for clip in own.clips[:2]] == ["happy", "bored"]


def test_a_clip_that_stands_there_again_counts_once(tmp_path: Path) -> None:
    path = write(tmp_path, "path,label\n" + rows(10) + "0.mp4,happy\n")
    assert len(read_labelled(path, EMOTIONS).clips) == 10


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("path,mood\na.mp4,happy\n", "no column label"),
        ("path,label\n" + rows(9), "9 labelled clips; adapting needs 10 at least"),
        ("path,label\n", "0 labelled clips; adapting needs 10"),
        ("path,label\n" + rows(12, labels="sad"), "all clips are 'sad'; adapting needs"),
        ("path,label\n" + rows(12, labels="happy bored"), "unknown labels 'bored' .*--map bored="),
        ("path,label\n" + rows(12) + "0.mp4,sad\n", "line 14: 0.mp4 has two labels, 'happy'"),
        ("path,label,start,end\n" + rows(12, tail=",3,2"), "line 2: the end 2 s is not after"),
        ("path,label,start\n" + rows(12, tail=",soon"), "line 2: start 'soon' is not a time"),
        ("path,label,start\n" + rows(12, tail=",-1"), "line 2: start '-1' is not a time"),
        ("path,label,id\n" + rows(12, tail=",x"), "line 3: the id 'x' stands there twice"),
        ("path,label\n,sad\n" + rows(12), "line 2: the path is empty"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_said_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read_labelled(write(tmp_path, text), EMOTIONS)


def test_labels_that_are_not_in_ones_own_set_are_named(tmp_path: Path) -> None:
    path = write(tmp_path, "path,label\n" + rows(12, labels="calm bored"))
    with pytest.raises(UsageError, match=r"unknown labels 'bored' \(6\).*add them to --labels"):
        read_labelled(path, EMOTIONS, LabelSet("own", ("calm", "tense")))
    with pytest.raises(UsageError, match="no such file"):
        read_labelled(tmp_path / "gone.csv", EMOTIONS)


def clips(*people: str, files: int = 4) -> list[Clip]:
    paths = [f"{k % files}.mp4" for k in range(len(people))]
    return [
        Clip(f"{k}", path, 1.0 * k, label="sad", speaker=person)
        for k, (path, person) in enumerate(zip(paths, people, strict=True))
    ]


def test_groups_are_persons_else_files_else_windows() -> None:
    named = groups_of(clips("a", "b", "a", "b"))
    assert named.names.tolist() == ["person a", "person b", "person a", "person b"]
    assert (named.by, named.note, named.alone) == ("people", "", False)
    some = groups_of(clips("a", "b", "", "b"))
    assert some.names[2] == "file 2.mp4"
    assert "1 clips have no person" in some.note
    nobody = groups_of(clips(*[""] * 6))
    assert len(set(nobody.names.tolist())) == 4
    assert "no column 'person'" in nobody.note
    assert (nobody.by, nobody.alone) == ("files", False)


def test_one_person_and_one_file_say_what_cannot_be_known() -> None:
    one = groups_of(clips(*["a"] * 6))
    assert len(set(one.names.tolist())) == 4
    assert "anybody else cannot be known" in one.note
    assert (one.by, one.alone) == ("files", True)
    film = groups_of(clips(*["a"] * 6, files=1))
    assert len(set(film.names.tolist())) == 6
    assert "windows of one file" in film.note
    assert (film.by, film.alone) == ("windows", True)
