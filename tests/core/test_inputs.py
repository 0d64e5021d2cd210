"""From what was typed to the files to analyse; no file here is decoded."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mien.core.inputs import Selection, expand, listed
from mien.core.walk import PICTURES, SUFFIXES
from mien.errors import UsageError


def grow(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    return root


def taken(selection: Selection) -> list[str]:
    return [one.name.as_posix() for one in selection.files]


@pytest.mark.parametrize("name", ["", " "])
def test_an_empty_name_is_not_the_working_folder(name: str) -> None:
    with pytest.raises(UsageError, match="empty name"):
        expand([name])


@pytest.mark.parametrize(
    "suffix",
    ".dv .MOD .mts .M2TS .3gp .mxf .ogv .h264 .tod .m2t .caf .rmvb .dvr-ms".split(),  # noqa: SIM905
)
def test_a_folder_gives_what_cameras_and_recorders_write(tmp_path: Path, suffix: str) -> None:
    found = expand([str(grow(tmp_path, f"clip{suffix}"))])
    assert taken(found) == [f"clip{suffix}"]
    assert found.passed == ""


def test_no_suffix_is_both_a_clip_and_a_picture() -> None:
    assert not SUFFIXES & PICTURES
    assert all(name == name.lower() and name.startswith(".") for name in SUFFIXES | PICTURES)


def test_what_is_passed_over_is_counted(tmp_path: Path) -> None:
    grow(
        tmp_path, "a.mp4", "b.pdf", "c.PDF", "notes", ".hidden.mp4", "p.jpg", "q.png", "deep/x.txt"
    )
    (tmp_path / "gone.mp4").symlink_to("nowhere.mp4")
    found = expand([str(tmp_path)])
    assert taken(found) == ["a.mp4"]
    assert found.passed == (
        "1 hidden, 1 dangling link, 2 pictures (--pictures takes them too), "
        "4 of other kinds (.pdf, no ending, .txt)"
    )


def test_pictures_are_taken_when_asked_for_or_alone(tmp_path: Path) -> None:
    grow(tmp_path, "both/a.mp4", "both/p.jpg", "alone/p.JPG", "alone/q.webp", "alone/list.txt")
    assert taken(expand([str(tmp_path / "both")])) == ["a.mp4"]
    assert taken(expand([str(tmp_path / "both")], pictures=True)) == ["a.mp4", "p.jpg"]
    alone = expand([str(tmp_path / "alone")])
    assert taken(alone) == ["p.JPG", "q.webp"]
    assert alone.passed == "1 of other kinds (.txt)"


def test_a_folder_without_anything_says_what_lies_there(tmp_path: Path) -> None:
    grow(tmp_path, "a.txt")
    (tmp_path / "b.mp4").symlink_to("nowhere")
    with pytest.raises(
        UsageError, match=r"passed over: 1 dangling link, 1 of other kinds \(.txt\)"
    ):
        expand([str(tmp_path)])
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"no video, sound or picture files in this folder$"):
        expand([str(tmp_path / "empty")])


def test_links_to_folders_are_followed_once(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    grow(root, "real/a.mp4")
    grow(elsewhere, "deep/b.mp4")
    (root / "link").symlink_to(elsewhere)
    (root / "again").symlink_to(elsewhere)
    (root / "twin").symlink_to("real")
    (root / "real" / "up").symlink_to("..")
    (elsewhere / "loop").symlink_to(elsewhere)
    (root / "itself").symlink_to("itself")
    found = expand([str(root)])
    assert taken(found) == ["again/deep/b.mp4", "real/a.mp4"]
    assert found.passed == "1 dangling link"


def test_one_file_by_several_names_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(grow(tmp_path, "a.mp4", "sub/b.mp4"))
    Path("link.mp4").symlink_to("a.mp4")
    os.link("a.mp4", "hard.mp4")
    names = ["link.mp4", "a.mp4", "./a.mp4", str(tmp_path / "a.mp4"), "sub/../a.mp4", "hard.mp4"]
    found = expand(names)
    assert [str(one.path) for one in found.files] == ["a.mp4"]
    assert found.passed == "5 more names of files that are read once"
    assert taken(expand([".", "sub"])) == ["a.mp4", "sub/b.mp4"]
    assert taken(expand(["gone.mp4", "./gone.mp4"])) == ["gone.mp4"]


def test_files_of_one_name_get_names_apart(tmp_path: Path) -> None:
    grow(tmp_path, "x/a.mp4", "y/a.mp4")
    found = expand([str(tmp_path / "x" / "a.mp4"), str(tmp_path / "y" / "a.mp4")])
    assert taken(found) == ["x/a.mp4", "y/a.mp4"]


def test_results_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(grow(tmp_path, "a.mp4", "deep/b.mp4", "results/a.mp4.json"))
    grow(tmp_path, "results/a.mp4.annotated.mp4", "results/deep/b.mp4.annotated.mp4")
    (tmp_path / "link").symlink_to("results")
    found = expand(["."], results=Path("deep/../results"))
    assert taken(found) == ["a.mp4", "deep/b.mp4"]
    assert found.passed == "2 results of mien"
    for results in (None, Path(), Path("other")):  # none, the folder itself, another one
        found = expand(["."], results=results)
        assert taken(found) == ["a.mp4", "deep/b.mp4"]
        assert "2 results of mien" in found.passed
    found = expand(["**/*.mp4"], results=Path("results"))
    assert taken(found) == ["a.mp4", "b.mp4"]
    assert "results of mien" in found.passed


def test_a_result_that_alone_is_named_is_tried(tmp_path: Path) -> None:
    grow(tmp_path, "a.mp4", "a.mp4.annotated.mp4", "holiday.annotated.mp4")
    copy = str(tmp_path / "a.mp4.annotated.mp4")
    assert taken(expand([copy])) == ["a.mp4.annotated.mp4"]
    assert taken(expand([copy, str(tmp_path / "a.mp4")])) == ["a.mp4"]
    assert taken(expand([str(tmp_path / "holiday.annotated.mp4"), copy])) == [
        "holiday.annotated.mp4"
    ]


def test_an_input_folder_that_is_the_output_folder_is_searched(tmp_path: Path) -> None:
    grow(tmp_path, "a.mp4", "sub/b.mp4")
    assert taken(expand([str(tmp_path)], results=tmp_path)) == ["a.mp4", "sub/b.mp4"]
    assert taken(expand([str(tmp_path / "sub")], results=tmp_path)) == ["b.mp4"]


@pytest.mark.parametrize(
    "address", ["https://example.org/a.mp4", "rtsp://camera/1", "s3://bucket/a.mp4", "HTTP://x/y"]
)
def test_an_address_costs_one_line_and_nothing_else(tmp_path: Path, address: str) -> None:
    grow(tmp_path, "a.mp4")
    first, second = expand([address, str(tmp_path / "a.mp4")]).files
    assert first.problem == f"{address}: is an address, and files only are read; fetch it first"
    assert second.problem == ""


def test_the_address_of_a_file_here_is_that_file(tmp_path: Path) -> None:
    grow(tmp_path, "a b.mp4")
    (one,) = expand([(tmp_path / "a b.mp4").as_uri()]).files
    assert one.path == tmp_path / "a b.mp4"


@pytest.mark.parametrize(
    "text",
    [
        b"a.mp4\nb \xc3\xbc.mp4\n",
        b"\xef\xbb\xbfa.mp4\r\n\r\nb \xc3\xbc.mp4",
        b"a.mp4\0b \xc3\xbc.mp4\0",
        "\ufeffa.mp4\r\nb ü.mp4\r\n".encode("utf-16-le"),
        "\ufeffa.mp4\nb ü.mp4".encode("utf-16-be"),
    ],
    ids=["plain", "bom and crlf", "zero bytes", "utf-16 le", "utf-16 be"],
)
def test_a_list_is_read_whatever_wrote_it(text: bytes) -> None:
    assert listed(text) == ["a.mp4", "b ü.mp4"]


def test_names_in_a_list_are_bytes_of_the_file_system(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xe9t\xe9.mp4")
    try:
        (tmp_path / name).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    (one,) = expand(["-"], os.fsencode(tmp_path / name) + b"\n").files
    assert one.path.is_file()


def test_a_line_that_is_wrong_costs_no_other(tmp_path: Path) -> None:
    grow(tmp_path, "a.mp4", "b [1].mp4")
    (tmp_path / "empty").mkdir()
    lines = ["a.mp4", "b [1].mp4", "no[1].mp4", "empty", "https://x/y.mp4", "gone.mp4"]
    text = "\n".join(line if "://" in line else f"{tmp_path}/{line}" for line in lines)
    found = expand(["-"], text.encode())
    assert [bool(one.problem) for one in found.files] == [False, False, True, True, True, False]
    with pytest.raises(UsageError, match="no file matches"):
        expand([f"{tmp_path}/no[1].mp4"])
