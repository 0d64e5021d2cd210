from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow
import pytest

from mien.errors import UsageError
from mien.scale.dataset import FAILURES, Dataset, settled
from mien.scale.input_index import InputIndex
from mien.scale.listing import Entry
from mien.scale.writer import Writer

A, B, C = (Entry(f"/{name}.mp4", 1, "x") for name in "abc")
ONE, TWO = "1" * 64, "2" * 64


def rows(media: str) -> dict[str, pyarrow.Table]:
    return {"clips": pyarrow.table({"media": [media]}), "windows": pyarrow.table({"w": [1.0, 2.0]})}


def count(out: Path, table: str) -> int:
    found = duckdb.sql(f"select count(*) from read_parquet('{out}/{table}/*/*.parquet')")
    return int(found.fetchall()[0][0])


def known(out: Path, table: str = "inputs") -> set[tuple[Entry, str | None]]:
    return {row for part in settled(str(out), table) for row in part}


def writer(out: Path, index: InputIndex) -> Writer:
    return Writer(Dataset(str(out), {"model": "m"}), index, every=1e9)


def test_content_has_its_rows_once(tmp_path: Path) -> None:
    index = InputIndex()
    w = writer(tmp_path, index)
    w.add(A, ONE, rows(ONE))
    w.add(B, ONE, rows(ONE))
    w.flush()
    w.add(C, ONE, rows(ONE))
    w.close()
    assert known(tmp_path) == {(A, ONE), (B, ONE), (C, ONE)}
    assert (count(tmp_path, "clips"), count(tmp_path, "windows")) == (1, 2)


def test_a_copy_counts_once_its_original_is_written(tmp_path: Path) -> None:
    index = InputIndex()
    w = writer(tmp_path, index)
    index.add_duplicate(B, ONE)
    index.add_duplicate(C, TWO)
    w.flush()
    assert known(tmp_path) == set()
    w.add(A, ONE, rows(ONE))
    w.close()
    assert known(tmp_path) == {(A, ONE), (B, ONE)}
    assert index.pop_stranded_duplicate() == (C, TWO)
    assert index.pop_stranded_duplicate() is None


def test_parts_without_the_manifest_go_and_failures_can_be_forgotten(tmp_path: Path) -> None:
    w = writer(tmp_path, InputIndex())
    w.add(A, ONE, rows(ONE))
    w.fail(B, "broken", 3)
    w.close()
    (good,) = (tmp_path / "clips").rglob("*.parquet")
    orphan = good.with_name("part-of-a-killed-run.parquet")
    orphan.write_bytes(good.read_bytes())
    again = Dataset(str(tmp_path), {"model": "m"})
    again.tidy()
    assert (good.exists(), orphan.exists()) == (True, False)
    assert known(tmp_path, FAILURES) == {(B, None)}
    again.forget_failures()
    assert known(tmp_path, FAILURES) == set()
    assert known(tmp_path) == {(A, ONE)}


def test_a_damaged_manifest_takes_its_part_with_it(tmp_path: Path) -> None:
    w = writer(tmp_path, InputIndex())
    w.add(A, ONE, rows(ONE))
    w.close()
    (part,) = (tmp_path / "inputs").rglob("*.parquet")
    part.write_bytes(b"")
    assert known(tmp_path) == set()
    Dataset(str(tmp_path), {"model": "m"}).tidy()
    assert not list(tmp_path.rglob("*.parquet"))


def test_results_of_two_models_do_not_mix(tmp_path: Path) -> None:
    Dataset(str(tmp_path), {"model": "m", "version": "1"})
    with pytest.raises(UsageError, match='model "m", and not "n"'):
        Dataset(str(tmp_path), {"model": "n", "version": "1"})


def test_an_input_is_taken_once_and_a_changed_one_is_new() -> None:
    index = InputIndex()
    index.add_settled([A])
    assert not index.add(A)
    assert index.add(B)
    assert not index.add(B)
    assert index.add(Entry(A.address, A.size, "later"))
