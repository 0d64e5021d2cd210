from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pytest

from mien.data.manifest import Manifest
from mien.errors import MediaError, OutputError, UsageError
from mien.features.extractors import extractor
from mien.features.extractors.faces import FaceFeatures
from mien.features.store import Store, load_features
from mien.labels import EMOTIONS
from mien.types import Clip, Features

pytest.importorskip("pyarrow")


@dataclass(frozen=True)
class Ones:
    """Vectors that tell which settings made them."""

    value: float = 1.0
    rows: int = 3
    name: ClassVar[str] = "ones"
    modality: ClassVar[Literal["voice"]] = "voice"
    kind: ClassVar[Literal["vectors"]] = "vectors"

    def settings(self) -> dict[str, str | int | float]:
        return {"value": self.value, "code": 1}

    def extract(
        self,
        path: Path,  # noqa: ARG002
        start: float | None,
        end: float | None,  # noqa: ARG002
    ) -> Features:
        values = np.full((self.rows, 2, 4), self.value, np.float32)
        return Features(values, np.arange(self.rows) + (start or 0.0), np.ones(self.rows, bool))


@pytest.fixture
def media(tmp_path: Path) -> Path:
    path = tmp_path / "a.bin"
    path.write_bytes(b"one")
    return path


def shown(rows: int) -> FaceFeatures:
    at = np.linspace(0, 3, 48)
    picture = (120 + 60 * np.sin(at)[:, None] * np.cos(at)).astype(np.uint8)
    return FaceFeatures(
        np.stack([picture + k for k in range(rows)]) if rows else np.zeros((0, 48, 48), np.uint8),
        np.arange(rows) / 5,
        np.ones(rows, bool),
        np.arange(4.0 * rows, dtype=np.float32).reshape(rows, 4),
        np.arange(8.0 * rows, dtype=np.float32).reshape(rows, 4, 2),
        np.full(rows, 2),
    )


def tidy(store: Store, one: Ones) -> None:
    store.shelf(one).tidy()


@pytest.mark.parametrize("joined", [False, True])
def test_what_is_put_comes_back(tmp_path: Path, media: Path, joined: bool) -> None:
    store, one = Store(tmp_path / "s"), Ones(2.5)
    assert store.features(one, media, None, None) is None
    given = Features(
        np.arange(12, dtype=np.float32).reshape(3, 4),
        np.array([0.1, 0.2, 1 / 3]),
        np.array([True, False, True]),
    )
    store.put(one, media, None, None, given)
    if joined:
        tidy(store, one)
    for reader in (store, Store(tmp_path / "s")):
        found = reader.features(one, media, None, None)
        assert found is not None
        np.testing.assert_array_equal(found.values, given.values)
        np.testing.assert_array_equal(found.times, given.times)
        np.testing.assert_array_equal(found.valid, given.valid)
        assert found.values.flags.writeable


@pytest.mark.parametrize("joined", [False, True])
@pytest.mark.parametrize("rows", [0, 1, 5])
def test_faces_come_back_as_pictures(tmp_path: Path, media: Path, rows: int, joined: bool) -> None:
    store, one, given = Store(tmp_path / "s"), extractor("faces"), shown(rows)
    store.put(one, media, 1.0, 2.0, given)
    if joined:
        store.shelf(one).tidy()
    found = store.features(one, media, 1.0, 2.0)
    assert isinstance(found, FaceFeatures)
    assert found.values.dtype == np.uint8
    assert found.values.shape == (rows, 48, 48)
    assert np.abs(found.values.astype(int) - given.values).max(initial=0) <= 4  # JPEG
    for name in ("times", "valid", "boxes", "landmarks", "ids"):
        np.testing.assert_array_equal(getattr(found, name), getattr(given, name))


@pytest.mark.parametrize("joined", [False, True])
@pytest.mark.parametrize("rows", [0, 3])
@pytest.mark.parametrize(("name", "shape"), [("frames", (32, 32, 3)), ("spectrograms", (32, 32))])
def test_pictures_that_are_no_faces_come_back(
    tmp_path: Path, media: Path, name: str, shape: tuple[int, ...], rows: int, joined: bool
) -> None:
    store, one = Store(tmp_path / "s"), extractor(name, size=32)
    picture = np.zeros(shape, np.uint8)
    picture[..., 0] = 200  # red, or a light edge
    given = Features(
        np.stack([picture] * rows) if rows else np.zeros((0, *shape), np.uint8),
        np.arange(rows) / 25,
        np.ones(rows, bool),
    )
    store.put(one, media, None, None, given)
    store.put(one, media, 1.0, None, given)
    if joined:
        store.shelf(one).tidy()
    for start in (None, 1.0):
        found = store.features(one, media, start, None)
        assert type(found) is Features
        assert found.values.dtype == np.uint8
        assert found.values.shape == (rows, *shape)
        assert found.values.flags.writeable
        assert np.abs(found.values.astype(int) - given.values).max(initial=0) <= 8  # JPEG
        np.testing.assert_array_equal(found.times, given.times)
        np.testing.assert_array_equal(found.valid, given.valid)


def test_absence_is_kept_and_is_no_zeros(tmp_path: Path, media: Path) -> None:
    store, one = Store(tmp_path / "s"), Ones(rows=0)
    store.put(one, media, None, None, one.extract(media, None, None))
    tidy(store, one)
    found = store.features(one, media, None, None)
    assert found is not None
    assert found.values.shape == (0, 2, 4)


def test_each_thing_that_makes_a_feature_has_its_own_place(tmp_path: Path, media: Path) -> None:
    store, one = Store(tmp_path / "s"), Ones()
    store.put(one, media, 0.0, 1.0, one.extract(media, 0.0, 1.0))
    assert store.features(one, media, 0.0, 1.0) is not None
    assert store.features(one, media, None, 1.0) is None
    assert store.features(one, media, 0.0, 1.5) is None
    assert store.features(Ones(2.0), media, 0.0, 1.0) is None


def test_another_content_of_the_same_size_is_noticed(tmp_path: Path, media: Path) -> None:
    store, one = Store(tmp_path / "s"), Ones()
    store.put(one, media, None, None, one.extract(media, None, None))
    times = media.stat().st_atime_ns, media.stat().st_mtime_ns
    media.write_bytes(b"two")
    os.utime(media, ns=times)  # as a copy that keeps its time would be
    assert store.features(one, media, None, None) is None
    media.write_bytes(b"one")
    assert store.features(one, media, None, None) is not None


def test_a_file_at_rest_is_read_once(tmp_path: Path, media: Path, monkeypatch) -> None:
    from mien.features.store import media_hashes

    first = Store(tmp_path / "s").media
    monkeypatch.setattr(media_hashes, "_SETTLED", -(10**12))
    known = first.sha256(media)
    monkeypatch.setattr(media_hashes, "digest", lambda _: pytest.fail("read again"))
    assert first.sha256(media) == known
    assert Store(tmp_path / "s").media.sha256(media) == known
    with (tmp_path / "s" / "media.jsonl").open("ab") as stream:
        stream.write(b'{"path": "cut of')
    assert Store(tmp_path / "s").media.sha256(media) == known


def test_a_moved_file_keeps_its_features(tmp_path: Path, media: Path) -> None:
    store, one = Store(tmp_path / "s"), Ones()
    store.put(one, media, None, None, one.extract(media, None, None))
    moved = media.rename(tmp_path / "elsewhere.bin")
    assert store.features(one, moved, None, None) is not None
    with pytest.raises(MediaError):
        store.features(one, media, None, None)


def test_all_features_of_a_manifest_in_its_order(tmp_path: Path, media: Path) -> None:
    clips = tuple(Clip(f"c{k}", "a.bin", float(k), float(k + 1)) for k in range(150))
    manifest = Manifest("m", clips, EMOTIONS, tmp_path)
    store, one = Store(tmp_path / "s"), Ones()
    with pytest.raises(UsageError, match="of 150 of 150 clips, c0 for example; run 'mien feat"):
        load_features(manifest, one, store)
    for clip in clips[::-1]:
        store.put(one, media, clip.start, clip.end, one.extract(media, clip.start, clip.end))
        if clip.id == "c40":
            tidy(store, one)
    found = load_features(manifest, one, Store(tmp_path / "s"))
    assert [f.times[0] for f in found] == list(range(150))


def test_a_crash_while_joining_leaves_every_row_once(tmp_path: Path, media: Path) -> None:
    store, one = Store(tmp_path / "s"), Ones()
    for start in (0.0, 1.0, 2.0):
        store.put(one, media, start, None, one.extract(media, start, None))
    shelf = store.shelf(one)
    old = {path: path.read_bytes() for path in shelf.folder.glob("new/*.parquet")}
    tidy(store, one)
    for path, content in old.items():  # the part is there, the rows were not yet taken away
        path.write_bytes(content)
    (shelf.folder / "new" / "x.parquet.1.part").write_bytes(b"half a ro")
    assert len(shelf.read(sorted(p.stem for p in old))) == 3
    tidy(store, one)
    assert not list(shelf.folder.glob("new/*.parquet"))
    assert len(list(shelf.folder.glob("part-*.parquet"))) == 1
    assert store.features(one, media, 2.0, None) is not None


def test_damage_is_made_good_or_told(tmp_path: Path, media: Path) -> None:
    store, one = Store(tmp_path / "s"), Ones()
    store.put(one, media, None, None, one.extract(media, None, None))
    shelf, key = store.shelf(one), store.key(one, media, None, None)
    (shelf.folder / "new" / f"{key}.parquet").write_bytes(b"")  # the power failed
    tidy(store, one)
    assert shelf.missing([key]) == {key}
    store.put(one, media, None, None, one.extract(media, None, None))
    tidy(store, one)
    (part,) = shelf.folder.glob("part-*.parquet")
    part.write_bytes(b"PAR1 nonsense PAR1")
    with pytest.raises(OutputError, match=r"part-.*: damaged .* delete this file"):
        Store(tmp_path / "s").features(one, media, None, None)


def test_two_runs_do_not_join_at_once(tmp_path: Path, media: Path) -> None:
    from mien.features.store.lock import locked

    store, one = Store(tmp_path / "s"), Ones()
    store.put(one, media, None, None, one.extract(media, None, None))
    lock = store.shelf(one).folder / ".lock"
    with locked(lock) as first, locked(lock) as second:
        assert (first, second) == (True, False)
        tidy(store, one)
        assert not list(store.shelf(one).folder.glob("part-*"))
    tidy(store, one)
    assert len(list(store.shelf(one).folder.glob("part-*"))) == 1


def test_a_store_that_cannot_be_written(tmp_path: Path, media: Path) -> None:
    (tmp_path / "s").write_bytes(b"a file, not a folder")
    with pytest.raises(OutputError, match="cannot be written"):
        Store(tmp_path / "s").put(Ones(), media, None, None, Ones().extract(media, None, None))


@pytest.mark.parametrize("name", ["duckdb", "polars", "pandas"])
def test_others_read_it(tmp_path: Path, media: Path, name: str) -> None:
    reader = pytest.importorskip(name)
    store, faces, one = Store(tmp_path / "s"), extractor("faces"), Ones(0.5)
    for start, rows in ((None, 2), (1.5, 0)):
        store.put(faces, media, start, None, shown(rows))
        store.put(one, media, start, None, one.extract(media, start, None))
    for extr in (faces, one):
        store.shelf(extr).tidy()
        (part,) = store.shelf(extr).folder.glob("part-*.parquet")
        if name == "duckdb":
            query = f"select * from '{part.as_posix()}'"
            cursor = reader.connect().execute(query)
            names = [column[0] for column in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        elif name == "polars":
            rows = reader.read_parquet(part).to_dicts()
        else:
            rows = reader.read_parquet(part).to_dict("records")
        by_start = {None if r["start"] != r["start"] else r["start"]: r for r in rows}
        assert set(by_start) == {None, 1.5}
        row = by_start[None]
        assert row["media"] == store.media.sha256(media)
        if extr is one:
            assert np.stack(list(row["values"])).tolist() == [[0.5] * 8] * 3
            assert list(row["shape"]) == [2, 4]
            assert list(row["times"]) == [0, 1, 2]
        else:
            assert bytes(row["values"][0]).startswith(b"\xff\xd8\xff")
            assert [list(box) for box in row["boxes"]] == [[0, 1, 2, 3], [4, 5, 6, 7]]
            assert list(row["landmarks"][1][3]) == [14, 15]
            assert list(by_start[1.5]["ids"]) == []
