from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pyarrow
import pytest
from pyarrow import parquet

from mien.errors import UsageError
from mien.scale.listing import Entry, entries
from mien.scale.storage import read, write


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def http(tmp_path: Path) -> Iterator[str]:
    root = tmp_path / "served"
    (root / "sub").mkdir(parents=True)
    (root / "a.mp4").write_bytes(b"aaaa")
    (root / "sub" / "b.wav").write_bytes(b"b")
    (root / "c.txt").write_bytes(b"c")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=root)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_folder_is_searched_for_media(tmp_path: Path) -> None:
    for name in ("a.mp4", "deep/er/b.WAV", "notes.txt", ".hidden/c.mp4"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    found = sorted(entries([str(tmp_path)]), key=lambda e: e.address)
    assert [e.address for e in found] == [str(tmp_path / n) for n in ("a.mp4", "deep/er/b.WAV")]
    assert [e.size for e in found] == [5, 13]
    assert found[0].modified == str((tmp_path / "a.mp4").stat().st_mtime_ns)


def test_a_folder_that_links_lead_to_again_is_entered_once(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.mp4").write_bytes(b"a")
    (tmp_path / "deep" / "up").symlink_to(tmp_path)
    (tmp_path / "twin").symlink_to("deep")
    assert len(list(entries([str(tmp_path)]))) == 1


def test_a_listing_that_a_spreadsheet_saved(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"aaa")
    listing = tmp_path / "listing.csv"
    listing.write_bytes("\ufeffpath;size\r\na.mp4;3\r\n".encode())
    assert list(entries([str(listing)])) == [Entry(str(tmp_path / "a.mp4"), 3)]


def test_a_file_that_is_gone_stays_in(tmp_path: Path) -> None:
    assert list(entries([str(tmp_path / "gone.mp4")])) == [Entry(str(tmp_path / "gone.mp4"))]


def test_an_empty_folder_and_an_empty_place_are_refused(tmp_path: Path, s3: str) -> None:
    for address in (str(tmp_path), f"{s3}/nothing"):
        with pytest.raises(UsageError, match="nothing"):
            list(entries([address]))


def test_tables_name_files_from_their_folder_on(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"four")
    (tmp_path / "list.csv").write_text("id,path,label\n1,a.mp4,happy\n2,s3://b/c.mp4,\n")
    table = pyarrow.table(
        {"address": ["a.mp4", "s3://b/c.mp4"], "size": [9, None], "modified": ["x", "y"]}
    )
    parquet.write_table(table, tmp_path / "list.parquet")
    known = (tmp_path / "a.mp4").stat()
    assert list(entries([str(tmp_path / "list.csv")])) == [
        Entry(str(tmp_path / "a.mp4"), 4, str(known.st_mtime_ns)),
        Entry("s3://b/c.mp4"),
    ]
    assert list(entries([str(tmp_path / "list.parquet")])) == [
        Entry(str(tmp_path / "a.mp4"), 9, "x"),
        Entry("s3://b/c.mp4", -1, "y"),
    ]


def test_tables_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    for text, why in (
        ("name\na.mp4\n", "no column"),
        ("path,start,end\na.mp4,1,2\n", "stretches"),
        ("path,label\n,happy\n", "neither"),
    ):
        (tmp_path / "list.csv").write_text(text)
        with pytest.raises(UsageError, match=why):
            list(entries([str(tmp_path / "list.csv")]))
    (tmp_path / "list.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(UsageError, match="not a Parquet file"):
        list(entries([str(tmp_path / "list.parquet")]))


def test_an_object_store_is_walked(s3: str) -> None:
    for name in ("in/a.mp4", "in/deep/b.wav", "in/c.txt"):
        write(f"{s3}/{name}", b"x" * len(name))
    found = sorted(entries([f"{s3}/in"]), key=lambda e: e.address)
    assert [(e.address, e.size) for e in found] == [
        (f"{s3}/in/a.mp4", 8),
        (f"{s3}/in/deep/b.wav", 13),
    ]
    assert all(e.modified for e in found)
    assert read(found[0].address) == b"xxxxxxxx"


def test_an_index_behind_http_is_walked(http: str) -> None:
    found = sorted(e.address for e in entries([http + "/"]))
    assert found == [f"{http}/a.mp4", f"{http}/sub/b.wav"]
    assert read(found[0]) == b"aaaa"
    assert next(entries([f"{http}/a.mp4"])).size == 4


def test_an_unknown_kind_of_address_is_refused() -> None:
    with pytest.raises(UsageError, match="nonsense"):
        list(entries(["nonsense://a/b"]))
