"""/v1/jobs/{id}/relative on a real server."""

from __future__ import annotations

from typing import Any

import pytest

import mien
from mien.errors import UsageError
from tests.serve.conftest import Running


def test_it_is_what_the_library_says(server: Running, done: dict[str, Any]) -> None:
    answer = server.http.get(f"/v1/jobs/{done['id']}/relative?baseline=0-6")
    assert answer.status_code == 200, answer.text
    wanted = mien.analyze(mien.sample(), baseline="0-6").to_dict()["relative"]
    told = answer.json()
    assert told["label"] == wanted["label"]
    assert told["probabilities"] == pytest.approx(wanted["probabilities"], abs=1e-3)
    assert len(told["timeline"]) == len(wanted["timeline"])
    with mien.Client(server.url) as client:
        found = client.relative(done["id"], "0-6")
        assert found.probabilities == pytest.approx(told["probabilities"])


def test_too_short_a_clip_is_an_answer_with_a_reason(server: Running, done: dict[str, Any]) -> None:
    told = server.http.get(f"/v1/jobs/{done['id']}/relative").json()
    assert told["label"] is None
    assert any("60 s are needed" in reason["message"] for reason in told["reasons"])


@pytest.mark.parametrize("baseline", ["6-2", "20-30", "clip.mp4", "/etc/passwd", ""])
def test_what_is_no_baseline_is_a_problem(
    server: Running, done: dict[str, Any], baseline: str
) -> None:
    answer = server.http.get(f"/v1/jobs/{done['id']}/relative", params={"baseline": baseline})
    assert answer.status_code == 422
    with mien.Client(server.url) as client, pytest.raises(UsageError):
        client.relative(done["id"], baseline)
