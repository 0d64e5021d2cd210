from __future__ import annotations

import stat
from pathlib import Path

import pytest

from mien.errors import UsageError
from mien.serve.files import RESERVE, JobFiles, is_id
from mien.serve.store import new_job


@pytest.mark.parametrize(
    "text", ["", "..", "../../etc/passwd", "a" * 21, "a" * 23, "a" * 21 + "/", "a" * 21 + "\n"]
)
def test_what_is_no_id_has_no_files(tmp_path: Path, text: str) -> None:
    assert not is_id(text)
    files = JobFiles(tmp_path)
    for place in (files.folder, files.source, files.preview, files.waveform, files.remove):
        with pytest.raises(UsageError, match="no job of this id"):
            place(text)


def test_a_new_job_has_a_place_of_its_own(tmp_path: Path) -> None:
    files, job = JobFiles(tmp_path), new_job("../x.mp4", 1, "", {})
    assert is_id(job.id)
    assert files.folder(job.id).parent == files.jobs
    assert files.result(job.id, "csv").name == "result.csv"
    assert files.result(job.id, "video").name == "result.annotated.mp4"


def test_only_the_owner_looks_in(tmp_path: Path) -> None:
    files = JobFiles(tmp_path / "a" / "b")
    files.make()
    files.make()
    for folder in (files.data, files.jobs, files.incoming):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_removing(tmp_path: Path) -> None:
    files, job = JobFiles(tmp_path), new_job("x.mp4", 1, "", {}).id
    files.make()
    files.folder(job).mkdir()
    files.source(job).write_bytes(b"x")
    part = files.folder(job) / "result.json.17.part"
    part.write_bytes(b"x")
    files.remove_parts(job)
    assert [path.name for path in files.folder(job).iterdir()] == ["source"]
    files.remove(job)
    files.remove(job)
    assert not files.folder(job).exists()


def test_the_reserve_is_held_and_set_free(tmp_path: Path) -> None:
    files = JobFiles(tmp_path)
    files.make()
    files.hold_reserve()
    files.hold_reserve()
    assert sum(p.stat().st_size for p in tmp_path.rglob("*") if p.is_file()) == RESERVE
    files.use_reserve()
    files.use_reserve()
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]
