from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from mien import UsageError
from mien.data.manifest import (
    Manifest,
    folds,
    label_set,
    near_emotion,
    read_manifest,
    ways_to_split,
    write_manifest,
)
from mien.errors import OutputError
from mien.labels import EMOTIONS, LabelSet
from mien.types import Clip

HEAD = "id,path,start,end,label,speaker,split,licence\n"


def table(tmp_path: Path, text: str, name: str = "clips.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def spoken(sizes: dict[str, int], name: str = "mine", **extra: str) -> Manifest:
    clips = tuple(
        Clip(f"{speaker}{k}", f"{speaker}{k}.wav", label="sad", speaker=speaker, extra=extra)
        for speaker, count in sizes.items()
        for k in range(count)
    )
    return Manifest(name, clips, EMOTIONS, Path())


CLIPS = (
    Clip("a", "one, two.mp4", 0.5, 2.25, "happy", "Zoë", "train", "CC BY 4.0", {"take": "1"}),
    Clip("b", 'said "no"\n.wav', None, 3.0, "sad", "", "", "", {"take": ""}),
    Clip("c", "c.wav", extra={"take": "x"}),
)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_what_is_written_is_what_is_read(tmp_path: Path, kind: str) -> None:
    if kind == "parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"mine.{kind}"
    write_manifest(Manifest("mine", CLIPS, EMOTIONS, tmp_path), path)
    back = read_manifest(path)
    assert back.clips == CLIPS
    assert (back.name, back.labels, back.root) == ("mine", EMOTIONS, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_parquet_holds_times_as_numbers(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    write_manifest(Manifest("mine", CLIPS, EMOTIONS, tmp_path), tmp_path / "mine.parquet")
    columns = parquet.read_table(tmp_path / "mine.parquet").to_pydict()
    assert columns["start"] == [0.5, None, None]
    assert columns["speaker"] == ["Zoë", "", ""]


def test_labels_of_ones_own_stay_whole(tmp_path: Path) -> None:
    clips = (Clip("a", "a.wav", label="tense"), Clip("b", "b.wav", label="calm"))
    own = LabelSet("mine", ("tense", "calm", "bored"))
    write_manifest(Manifest("mine", clips, own, tmp_path), tmp_path / "mine.csv")
    back = read_manifest(tmp_path / "mine.csv")
    assert back.labels.names == own.names
    assert back.clips == clips
    two = LabelSet("two", ("happy", "sad"))
    clips = (Clip("a", "a.wav", label="sad"),)
    write_manifest(Manifest("two", clips, two, tmp_path), tmp_path / "two.csv")
    assert read_manifest(tmp_path / "two.csv").labels.names == two.names


def test_labels_are_the_seven_or_the_sorted_names() -> None:
    assert label_set("x", ["sad", "", "happy"]) is EMOTIONS
    assert label_set("x", ["tense", "calm"]).names == ("calm", "tense")
    assert near_emotion("hapy") == "happy"
    assert [near_emotion(name) for name in ("happy", "unhappy", "bored", "")] == [""] * 4


def test_paths_start_from_the_table(tmp_path: Path) -> None:
    corpus, out = tmp_path / "project" / "corpus", tmp_path / "project" / "tables"
    far = tmp_path / "elsewhere" / "far.wav"
    clips = (Clip("a", "x/a.wav", extra={"faces": "x/faces"}), Clip("b", str(far)))
    write_manifest(Manifest("m", clips, EMOTIONS, corpus), out / "m.csv")
    text = (out / "m.csv").read_text()
    assert "../corpus/x/a.wav" in text
    back = read_manifest(out / "m.csv")
    assert back.path(back.clips[0]).resolve() == corpus / "x" / "a.wav"
    assert (out / back.clips[0].extra["faces"]).resolve() == corpus / "x" / "faces"
    assert back.clips[1].path == far.as_posix()


def test_only_three_columns_are_needed_and_any_case_will_do(tmp_path: Path) -> None:
    path = table(tmp_path, "\ufeffid,path,label,split\na,a.wav, Happy ,TRAIN\n\nb,b.wav,,\n")
    first, second = read_manifest(path).clips
    assert (first.label, first.split, first.start, first.speaker) == ("happy", "train", None, "")
    assert (second.label, second.split) == ("", "")


SAVED = """id;path;start;end;label;speaker;;
a;clips\\deep\\a.wav;0,5;1,25;Happy;s1;;
;;;;;;;

b;clips/b.wav;;"2";sad;s2;;
"""


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [";", "\t", ",", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_a_spreadsheet_saved_is_read(
    tmp_path: Path, end: str, separator: str, encoding: str
) -> None:
    text = SAVED.replace("0,5", "0.5").replace("1,25", "1.25") if separator == "," else SAVED
    text = text.replace("id;path", "ID;Path").replace(";", separator).replace("\n", end)
    (tmp_path / "m.csv").write_bytes(text.encode(encoding))
    first, second = read_manifest(tmp_path / "m.csv").clips
    assert (first.id, first.path, first.start, first.end) == ("a", "clips/deep/a.wav", 0.5, 1.25)
    assert (second.id, second.path, second.start, second.end) == ("b", "clips/b.wav", None, 2)
    assert (first.label, second.label, first.speaker, second.speaker) == (
        "happy",
        "sad",
        "s1",
        "s2",
    )
    assert first.extra == {}


def test_excels_own_line_about_the_separator(tmp_path: Path) -> None:
    path = table(tmp_path, "sep=;\r\nid;path;label\r\na,b;a.wav;sad\r\nc;;sad\r\n")
    with pytest.raises(UsageError, match="line 4: id or path is empty"):
        read_manifest(path)
    path = table(tmp_path, "sep=;\r\nid;path;label\r\na,b;a.wav;sad\r\n")
    assert [c.id for c in read_manifest(path).clips] == ["a,b"]


def test_a_comma_between_cells_is_no_decimal_one(tmp_path: Path) -> None:
    path = table(tmp_path, 'id,path,start,label\na,a.wav,"1,500",sad\n')
    with pytest.raises(UsageError, match="start '1,500' is not a number of seconds"):
        read_manifest(path)


@pytest.mark.skipif(os.sep == "\\", reason="here a backslash is no part of a name")
def test_a_name_with_a_backslash_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "a\\b.wav").touch()
    path = table(tmp_path, "id,path,label\na,a\\b.wav,sad\n")
    assert read_manifest(path).clips[0].path == "a\\b.wav"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04rest", "is a spreadsheet (xlsx or ods)"),
        (b"\xd0\xcf\x11\xe0rest", "is a spreadsheet (xls)"),
        ("id;path;label\na;mü.wav;sad\n".encode("cp1252"), "not a table in CSV (UTF-8)"),
    ],
)
def test_what_a_spreadsheet_saved_otherwise_is_told(
    tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "m.csv").write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_manifest(tmp_path / "m.csv")
    assert said in str(caught.value)
    assert str(caught.value).endswith("in a spreadsheet, save it as 'CSV UTF-8'")


@pytest.mark.data
def test_the_manifest_of_a_german_excel(data: Path) -> None:
    manifest = read_manifest(data / "cases" / "manifest_excel_de.csv")
    assert [c.path for c in manifest.clips] == [
        "clips/angry/05-01-01_01.mp4",
        "clips/angry/05-02-01_01.mp4",
    ]
    assert len(manifest.labels) == 6


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no column id, path, label"),
        ("id,path\n", "no column label; a manifest has id, path, start"),
        ("id,path,label,label\n", "the column 'label' stands there twice"),
        (HEAD, "has no clips"),
        (HEAD + "a,a.wav,0,1,sad,,,\na,b.wav,,,sad,,,\n", "the id 'a' stands there twice"),
        (HEAD + "a,a.wav,,,sad,,\n", "line 2: 7 cells for 8 columns"),
        (HEAD + "a,a.wav,,,sad,,,,more\n", "line 2: 9 cells for 8 columns"),
        (HEAD + ",a.wav,,,sad,,,\n", "line 2: id or path is empty"),
        (HEAD + "a,,,,sad,,,\n", "line 2: id or path is empty"),
        (HEAD + "a,a.wav,soon,,sad,,,\n", "line 2: start 'soon' is not a number of seconds"),
        (HEAD + "a,a.wav,-1,,sad,,,\n", "line 2: start -1 is not a time"),
        (HEAD + "a,a.wav,,nan,sad,,,\n", "line 2: end nan is not a time"),
        (HEAD + "a,a.wav,2,2,sad,,,\n", "line 2: the end 2 s is not after the start 2 s"),
        (HEAD + "a,a.wav,,,sad,,dev,\n", "line 2: split 'dev' is none of train, val, test"),
        (
            HEAD + "a,a.wav,,,happy,,,\nb,b.wav,,,hapy,,,\n",
            "line 3: unknown label 'hapy'; did you mean 'happy'",
        ),
        (
            "id,path,label,label_set\na,a.wav,calm,calm|tense\nb,b.wav,tens,calm|tense\n",
            "line 3: unknown label 'tens'; did you mean 'tense'",
        ),
        (
            "id,path,label,label_set\na,a.wav,calm,calm|tense\nb,b.wav,tense,\n",
            "label_set must say the same on all lines",
        ),
        ('id,path,label\na,"a.wav,sad\n', "not a table in CSV"),
    ],
)
def test_a_bad_table_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = table(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        read_manifest(path)
    assert str(caught.value).startswith(str(path))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_table_at_all(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such manifest; 'mien data prepare' makes one"):
        read_manifest(tmp_path / "gone.csv")
    (tmp_path / "film.csv").write_bytes(bytes(range(256)))
    with pytest.raises(UsageError, match="not a table in CSV"):
        read_manifest(tmp_path / "film.csv")
    pytest.importorskip("pyarrow")
    (tmp_path / "film.parquet").write_bytes(b"no table")
    with pytest.raises(UsageError, match="not a Parquet file"):
        read_manifest(tmp_path / "film.parquet")


def test_what_cannot_be_written(tmp_path: Path) -> None:
    manifest = Manifest("m", CLIPS, EMOTIONS, tmp_path)
    with pytest.raises(UsageError, match=r"must end with .csv or .parquet"):
        write_manifest(manifest, tmp_path / "m.txt")
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be made"):
        write_manifest(manifest, tmp_path / "file" / "m.csv")


def test_where_keeps_the_labels(tmp_path: Path) -> None:
    manifest = Manifest("m", CLIPS, EMOTIONS, tmp_path)
    kept = manifest.where(lambda c: c.label == "sad")
    assert [c.id for c in kept.clips] == ["b"]
    assert kept.labels is EMOTIONS
    assert len(manifest) == 3


def test_folds_are_even_in_clips() -> None:
    """4, 3, 2, 1 clips dealt to the emptier of two folds: 4 | 3, 4 | 3+2, 4+1 | 3+2."""
    manifest = spoken({"anna": 4, "ben": 3, "cem": 2, "dora": 1})
    assert folds(manifest, "speaker:2") == [frozenset({"anna", "dora"}), frozenset({"ben", "cem"})]
    alone = folds(manifest, "speaker")
    assert sorted(map(sorted, alone)) == [["anna"], ["ben"], ["cem"], ["dora"]]


def test_published_folds_come_first() -> None:
    actors = {f"{n:02}": 2 for n in range(1, 25)}
    for manifest in (spoken(actors, "ravdess"), spoken(actors, "mine", corpus="ravdess")):
        published = folds(manifest, "corpus")
        assert len(published) == 6
        assert frozenset({"01", "11", "20", "21"}) in published
        assert folds(manifest, "speaker") == folds(manifest, "speaker:6") == published
        assert len(folds(manifest, "speaker:3")) == 3
    few = spoken({"01": 1, "11": 1, "04": 1}, "ravdess")
    assert folds(few, "corpus") == [frozenset({"01", "11"}), frozenset({"04"})]


def test_no_fold_shares_a_speaker() -> None:
    manifest = spoken({f"s{n}": 1 + n % 5 for n in range(23)})
    for count in (2, 5, 23):
        times = Counter(speaker for fold in folds(manifest, f"speaker:{count}") for speaker in fold)
        assert set(times.values()) == {1}
        assert len(times) == 23


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("random", "write corpus, speaker or speaker:5"),
        ("speaker:", "write corpus, speaker or speaker:5"),
        ("speaker:1", "write corpus, speaker or speaker:5"),
        ("corpus:6", "write corpus, speaker or speaker:5"),
        ("speaker:4", "there are 3 speakers; add --folds speaker:3"),
        ("corpus", "no folds are published for mine"),
    ],
)
def test_folds_that_cannot_be_made(how: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        folds(spoken({"anna": 1, "ben": 1, "cem": 1}), how)


def test_folds_need_speakers() -> None:
    with pytest.raises(UsageError, match="2 clips have no speaker; fill the column"):
        folds(spoken({"anna": 1, "": 2}), "speaker:2")


@pytest.mark.parametrize(
    ("speakers", "said"),
    [
        ("", "no clip has a speaker; fill the column 'speaker', or add --folds random:5"),
        ("a", "there is one speaker only, so nothing can be tested on another one; possible is "),
        ("ab", "there are 2 speakers; add --folds speaker:2"),
        ("abcdefg", "there are 7 speakers; add --folds speaker:5"),
    ],
)
def test_what_is_possible_with_few_speakers_is_said(speakers: str, said: str) -> None:
    clips = [Clip(f"{n}", "x", label="sad", speaker=who) for n, who in enumerate(speakers or [""])]
    assert ways_to_split(clips).startswith(said)
