"""/v1/jobs/{id}/lines on a real server."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

import mien
from mien.errors import UsageError
from mien.inference.transcript.result import lines_from_dict
from mien.inference.transcript.store import load_evidence
from mien.output.answer import prediction_from_dict
from mien.serve.files import JobFiles
from tests.serve.conftest import Running

SRT = b"1\n00:00:00,000 --> 00:00:03,000\nANNA: Hello\n\n2\n00:00:04,000 --> 00:00:20,000\nyou\n"


def give(server: Running, job: str, content: bytes, **fields: str) -> httpx.Response:
    files = [("file", ("clip.srt", content))]
    return server.http.post(f"/v1/jobs/{job}/lines", files=files, data=fields)


def test_lines_of_a_clip_that_is_done_are_those_of_the_library(
    server: Running, done: dict[str, Any]
) -> None:
    answer = give(server, done["id"], SRT)
    assert answer.status_code == 200, answer.text
    found = lines_from_dict(answer.json())
    here = mien.lines(mien.sample(), SRT)
    assert found.transcript == "clip.srt"
    assert found.source["path"] == "sample.mp4"
    for one, other in zip(found.lines, here.lines, strict=True):
        assert one.probabilities == pytest.approx(dict(other.probabilities or {}), abs=2e-4)
        assert (one.label, one.person, one.reliable) == (other.label, other.person, other.reliable)
        assert [r.code for r in one.reasons] == [r.code for r in other.reasons]
    assert server.http.get(f"/v1/jobs/{done['id']}/lines").json() == answer.json()
    for form, start in (("csv", "number,start"), ("srt", "1\n00:"), ("eaf", "<?xml")):
        text = server.http.get(f"/v1/jobs/{done['id']}/lines.{form}")
        assert text.text.startswith(start)
    page = server.http.get(f"/v1/jobs/{done['id']}/lines.html")
    assert 'src="sample.mp4"' in page.text
    assert "sandbox" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("content", "fields", "status", "said"),
    [
        (b"", {}, 422, "no transcript"),
        (b"hello there", {}, 422, "clip.srt: has no lines with times"),
        (b"\x00\x01", {}, 422, "clip.srt: is not text"),
        (SRT, {"encoding": "klingon"}, 422, "--encoding klingon"),
        (SRT, {"other": "x"}, 422, "unknown field"),
        (SRT, {"encoding": "x" * 300}, 422, "longer than 200"),
        (b"x" * (8 * 2**20 + 1), {}, 413, "8388608 bytes"),
    ],
)
def test_what_is_no_transcript_is_a_problem(
    server: Running,
    done: dict[str, Any],
    content: bytes,
    fields: dict[str, str],
    status: int,
    said: str,
) -> None:
    answer = give(server, done["id"], content, **fields)
    assert answer.status_code == status, answer.text
    assert said in answer.json()["detail"]


def test_a_job_without_lines_and_one_that_is_not_there(server: Running) -> None:
    assert give(server, "x" * 22, SRT).status_code == 404
    [job] = server.give(mien.sample())
    server.ended(job["id"])
    assert server.http.get(f"/v1/jobs/{job['id']}/lines").status_code == 204
    answer = server.http.get(f"/v1/jobs/{job['id']}/lines.csv")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:mien:problem:no-lines")
    server.service.files.evidence(job["id"]).unlink()
    answer = give(server, job["id"], SRT)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:mien:problem:no-evidence")


def test_the_client_asks_for_lines(server: Running, done: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "clip.srt").write_bytes(SRT)
    with mien.Client(server.url) as client:
        found = client.lines(done["id"], tmp_path / "clip.srt")
        assert [line.speaker for line in found.lines] == ["ANNA", ""]
        with pytest.raises(UsageError, match="no lines with times"):
            client.lines(done["id"], b"nothing")


def test_evidence_that_is_damaged_or_of_another_model_is_not_used(
    server: Running, done: dict[str, Any], tmp_path: Path
) -> None:
    files = JobFiles(server.settings.data)
    answer = json.loads(files.result(done["id"], "json").read_bytes())
    prediction, bundle = prediction_from_dict(answer), mien.load()
    kept = tmp_path / "evidence.npz"
    shutil.copy(files.evidence(done["id"]), kept)
    assert load_evidence(kept, bundle, prediction).duration == pytest.approx(8.0, abs=0.1)
    with np.load(kept) as stored:
        arrays = dict(stored)
    np.savez(kept, **{**arrays, "bundle": np.array("other")})
    with pytest.raises(UsageError, match="is of another model"):
        load_evidence(kept, bundle, prediction)
    kept.write_bytes(b"PK nothing")
    with pytest.raises(UsageError, match="is damaged"):
        load_evidence(kept, bundle, prediction)
    np.save(kept.with_suffix(".npy"), np.array([{"a": 1}], object), allow_pickle=True)
    with pytest.raises(UsageError, match="is damaged"):
        load_evidence(kept.with_suffix(".npy"), bundle, prediction)
    with pytest.raises(UsageError, match="is not there"):
        load_evidence(tmp_path / "x.npz", bundle, prediction)
