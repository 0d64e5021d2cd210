from __future__ import annotations

import re
import shutil
from pathlib import Path

import duckdb
import pytest

import mien
from mien.scale.dataset import Dataset
from mien.scale.input_index import InputIndex
from mien.scale.listing import entries
from mien.scale.worker import AnalysedFile, Worker, WorkerSettings
from mien.scale.writer import Writer

PAGE = Path(__file__).resolve().parents[2] / "docs" / "scale.md"


@pytest.fixture
def answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data set of the sample, under two names, and of a file that failed."""
    for programme in ("news", "quiz"):
        (tmp_path / programme).mkdir()
        shutil.copy(mien.sample(), tmp_path / programme)
    worker = Worker(WorkerSettings(None, "cpu", 1, mien.Options(), 600.0))
    writer = Writer(Dataset(str(tmp_path / "answers"), {}), InputIndex(), 1e9)
    for entry in entries([str(tmp_path / "news"), str(tmp_path / "quiz")]):
        answer = worker.process(entry, anyway=True, whole=True)
        assert isinstance(answer, AnalysedFile)
        writer.add(entry, answer.media, answer.rows)
    writer.fail(entry, f"{entry.address}: the process that read it died", 3)
    writer.close()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "answers"


@pytest.mark.usefixtures("answers")
def test_the_queries_give_what_the_page_says() -> None:
    queries = re.findall(r"```sql\n(.*?)```", PAGE.read_text(), re.DOTALL)
    joy, hours, afraid, failed = [duckdb.sql(query).fetchall() for query in queries]
    p = mien.analyze(mien.sample(), model=mien.load(threads=1))
    minutes = sum(w.label == "happy" for w in p.timeline) * 0.5 / 60
    assert sorted(joy) == [("news", pytest.approx(minutes)), ("quiz", pytest.approx(minutes))]
    wanted = [(p.label, 1, pytest.approx(8 / 3600, rel=0.02))] if p.reliable else []
    assert hours == wanted
    assert all(len(row) == 3 for row in afraid)
    ((why, count, address),) = failed
    assert (why, count) == ("the process that read it died", 1)
    assert address.endswith(".mp4")
