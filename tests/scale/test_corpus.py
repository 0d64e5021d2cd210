from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow
import pytest
from pyarrow import parquet

import mien
from mien.core.sources import digest
from mien.features.store.lock import locked
from mien.output.report.table_parquet import write_parquet
from mien.scale import Run, State, analyze_corpus
from mien.scale.listing import Entry
from mien.scale.worker import AnalysedFile, Worker, WorkerSettings
from tests.conftest import tone, write_sound
from tests.scale.film import concatenated

pytestmark = pytest.mark.usefixtures("ray_cluster")
QUICK = Run(workers=2, every=0.5)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Three short sounds, the sample and a copy of it, something that is no media."""
    root = tmp_path / "corpus"
    (root / "films").mkdir(parents=True)
    for n in range(3):
        write_sound(root / f"{n}.wav", tone(0.6 + n / 5), 16_000, "mono", "pcm_s16le")
    shutil.copy(mien.sample(), root / "films" / "sample.mp4")
    shutil.copy(mien.sample(), root / "copy.mp4")
    (root / "broken.mp4").write_bytes(b"nothing at all")
    return root


def table(out: Path, name: str) -> pyarrow.Table:
    return duckdb.sql(f"select * from read_parquet('{out}/{name}/*/*.parquet')").to_arrow_table()


def test_every_content_has_its_rows_once_and_nothing_is_done_again(
    corpus: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    state = analyze_corpus(corpus, out, run=QUICK)
    assert (state.done, state.copies, state.failed, state.skipped) == (4, 1, 1, 0)
    inputs = table(out, "inputs").to_pylist()
    names = {str(Path(row["address"]).relative_to(corpus)) for row in inputs}
    assert names == {"0.wav", "1.wav", "2.wav", "films/sample.mp4", "copy.mp4"}
    assert len(set(table(out, "clips")["media"].to_pylist())) == table(out, "clips").num_rows == 4
    (failure,) = table(out, "failures").to_pylist()
    assert (Path(failure["address"]).name, failure["tries"]) == ("broken.mp4", 3)
    assert "is not a video" in failure["reason"]
    before = sorted(path.name for path in out.rglob("*.parquet"))
    again = analyze_corpus(corpus, out, run=QUICK)
    assert (again.settled, again.skipped, again.total) == (0, 6, 6)
    assert sorted(path.name for path in out.rglob("*.parquet")) == before


def test_windows_are_those_of_mien_predict(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    analyze_corpus(corpus / "films", out, run=QUICK)
    p = mien.analyze(mien.sample(), model=mien.load(threads=1))
    write_parquet(p, tmp_path / "alone.parquet")
    (part,) = (out / "windows").rglob("*.parquet")
    wanted, found = parquet.read_table(tmp_path / "alone.parquet"), parquet.ParquetFile(part).read()
    assert set(found["media"].to_pylist()) == {p.source["sha256"]}
    assert found.drop_columns("media").equals(wanted.drop_columns("path"))
    (clip,) = table(out, "clips").to_pylist()
    assert (clip["label"], clip["confidence"]) == (p.label, pytest.approx(p.confidence, abs=1e-6))
    (person,) = table(out, "people").to_pylist()
    assert person["start"] == p.people[0].start
    assert person["sights"] == len(p.people[0].times)


@pytest.mark.slow
def test_what_failed_is_tried_again_when_asked_for(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    bad = corpus / "broken.mp4"
    about = bad.stat()
    analyze_corpus([str(bad), str(corpus / "0.wav")], out, run=QUICK)
    content = (corpus / "1.wav").read_bytes()
    listing = tmp_path / "list.parquet"
    parquet.write_table(
        pyarrow.table(
            {"path": [str(bad)], "size": [about.st_size], "modified": [str(about.st_mtime_ns)]}
        ),
        listing,
    )
    bad.write_bytes(content)
    assert analyze_corpus(listing, out, run=QUICK).skipped == 1
    state = analyze_corpus(listing, out, run=Run(workers=2, again=True))
    assert (state.done, state.failed) == (1, 0)
    assert not list((out / "failures").rglob("*.parquet"))


SAMPLE = digest(mien.sample())


class Fragile(Worker):
    """Dies of what is called deadly, after it has said that the content is its own to analyse."""

    def process(self, entry: Entry, anyway: bool, whole: bool):  # type: ignore[no-untyped-def]
        if Path(entry.address).name == "deadly.mp4":
            self._is_first(SAMPLE, entry)
            os._exit(1)
        return super().process(entry, anyway, whole)


@pytest.mark.slow
def test_a_deadly_input_is_given_up_and_its_copy_is_analysed(corpus: Path, tmp_path: Path) -> None:
    (corpus / "films" / "sample.mp4").rename(corpus / "deadly.mp4")
    seen: list[State] = []
    inputs: Sequence[str] = [str(corpus / n) for n in ("deadly.mp4", "copy.mp4", "0.wav", "1.wav")]
    state = analyze_corpus(
        inputs, tmp_path / "out", run=QUICK, progress=seen.append, worker=Fragile
    )
    assert (state.done, state.copies, state.failed, state.deaths) == (3, 0, 1, 3)
    (failure,) = table(tmp_path / "out", "failures").to_pylist()
    assert failure["address"].endswith("deadly.mp4")
    assert "process that read it died" in failure["reason"]
    assert table(tmp_path / "out", "clips").num_rows == 3
    assert seen
    assert "0:00:00 left" in state.line()
    assert state.to_dict()["deaths"] == 3


@pytest.mark.slow
def test_long_files_are_cut_and_give_the_same_rows(tmp_path: Path) -> None:
    film = concatenated(
        tmp_path / "film.mp4", [mien.sample()] * 6, "libx264", "aac", 16_000, {"g": "50"}
    )
    out = tmp_path / "out"
    state = analyze_corpus(film, out, run=Run(workers=2, span=20.0))
    assert (state.done, state.failed, state.tries_lost, state.pieces) == (
        1,
        0,
        0,
        3,
    )  # two of pictures, one of sound
    alone = Worker(WorkerSettings(None, "cpu", 1, mien.Options(), 600.0))
    whole = alone.process(Entry(str(film)), anyway=True, whole=True)
    assert isinstance(whole, AnalysedFile)
    for name, rows in whole.rows.items():
        (part,) = (out / name).rglob("*.parquet")
        assert parquet.ParquetFile(part).read().equals(rows), name


def test_two_runs_on_one_folder_and_options_that_cannot_be_used_are_refused(
    corpus: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    with (
        locked(tmp_path / "out" / ".lock"),
        pytest.raises(mien.UsageError, match="another run is writing"),
    ):
        analyze_corpus(corpus, tmp_path / "out", run=QUICK)
    with pytest.raises(mien.UsageError, match="holds nothing"):
        analyze_corpus(tmp_path / "out", tmp_path / "other", run=QUICK)
    with pytest.raises(mien.UsageError, match="tries 1 or more"):
        Run(tries=0)
