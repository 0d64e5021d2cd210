from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pyarrow.parquet as pq

import mien
from mien.output.answer import prediction_from_dict
from tests.serve.conftest import Running, Serving
from tests.serve.talk import problem


def test_the_answer_is_what_the_command_prints(server: Running, done: dict[str, Any]) -> None:
    command = [sys.executable, "-m", "mien", "predict", "--json", "--threads", "1"]
    printed = subprocess.run([*command, str(mien.sample())], capture_output=True, check=True)
    expected = json.loads(printed.stdout)
    answer = server.http.get(f"/v1/jobs/{done['id']}/result")
    assert answer.headers["content-type"] == "application/json"
    given = answer.json()
    assert given["source"].pop("path") == done["name"]
    expected["source"].pop("path")
    assert given == expected
    assert list(given) == list(expected)


def test_it_is_the_same_when_asked_for_in_one_call(server: Running, done: dict[str, Any]) -> None:
    result = server.http.get(f"/v1/jobs/{done['id']}/result").json()
    answer = server.http.post(
        "/v1/predict", files={"file": (mien.sample().name, mien.sample().read_bytes())}
    )
    assert answer.status_code == 200
    assert answer.json() == result


def export(server: Running, done: dict[str, Any], kind: str, media_type: str) -> bytes:
    answer = server.http.get(f"/v1/jobs/{done['id']}/result.{kind}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == media_type
    saved = answer.headers["content-disposition"]
    assert saved.startswith("attachment; filename=")
    assert done["name"] in saved
    return answer.content


def test_csv(server: Running, done: dict[str, Any]) -> None:
    rows = list(
        csv.DictReader(
            io.StringIO(export(server, done, "csv", "text/csv; charset=utf-8").decode("utf-8-sig"))
        )
    )
    assert rows
    assert {"start", "end", "label"} <= set(rows[0])


def test_parquet(server: Running, done: dict[str, Any]) -> None:
    table = pq.read_table(
        io.BytesIO(export(server, done, "parquet", "application/vnd.apache.parquet"))
    )
    assert table.num_rows
    assert "label" in table.column_names


def test_srt(server: Running, done: dict[str, Any]) -> None:
    text = export(server, done, "srt", "application/x-subrip; charset=utf-8").decode()
    assert "-->" in text


def test_tiers_for_elan(server: Running, done: dict[str, Any]) -> None:
    content = export(server, done, "eaf", "application/xml").decode()
    root = ElementTree.fromstring(content)
    assert [tier.attrib["TIER_ID"] for tier in root.iter("TIER")][:2] == ["clip", "clip, face"]
    values = [value.text for value in root.iter("ANNOTATION_VALUE")]
    assert done["label"] in values
    (media,) = root.iter("MEDIA_DESCRIPTOR")
    assert media.attrib["RELATIVE_MEDIA_URL"] == f"./{done['name']}"
    assert media.attrib["MEDIA_URL"] == f"file:///{done['name']}"  # no folder of the server's


def test_tiers_for_praat(server: Running, done: dict[str, Any]) -> None:
    text = export(server, done, "textgrid", "text/plain; charset=utf-8").decode()
    assert text.startswith('File type = "ooTextFile"')
    assert f'text = "{done["label"]}"' in text


def test_a_still_picture_has_no_tiers_of_praat(serving: Serving, portrait: np.ndarray) -> None:
    picture = cv2.imencode(".png", portrait)[1].tobytes()
    server = serving()
    [job] = server.http.post("/v1/jobs", files={"file": ("a.png", picture)}).json()["jobs"]
    assert server.ended(job["id"])["state"] == "done"
    problem(server.http.get(f"/v1/jobs/{job['id']}/result.textgrid"), 404, "no-file")
    assert server.http.get(f"/v1/jobs/{job['id']}/result.eaf").status_code == 200


def test_names_of_formats_may_be_written_in_other_letters(
    server: Running, done: dict[str, Any]
) -> None:
    place = f"/v1/jobs/{done['id']}/result"
    for one, other in (("textgrid", "TextGrid"), ("csv", "CSV"), ("eaf", "EAF")):
        assert server.http.get(f"{place}.{one}").text == server.http.get(f"{place}.{other}").text
    assert server.http.get(f"{place}.json").json() == server.http.get(place).json()


def test_a_report_page_without_rights(server: Running, done: dict[str, Any]) -> None:
    page = export(server, done, "html", "text/html; charset=utf-8").decode()
    assert "<html" in page
    policy = server.http.get(f"/v1/jobs/{done['id']}/result.html").headers[
        "content-security-policy"
    ]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy


def test_an_annotated_video_is_made_when_it_is_asked_for(
    server: Running, done: dict[str, Any], tmp_path: Path
) -> None:
    address = f"/v1/jobs/{done['id']}/result.mp4"
    first = server.http.get(address)
    if first.status_code != 200:
        assert first.status_code == 202
        assert int(first.headers["retry-after"]) > 0
        assert first.json()["video"] == "making"
        server.until(done["id"], lambda job: job["video"] == "done")
    path = tmp_path / "annotated.mp4"
    path.write_bytes(export(server, done, "mp4", "video/mp4"))
    with av.open(str(path)) as given, av.open(str(mien.sample())) as source:
        frames = sum(1 for _ in given.decode(video=0))
        assert frames == sum(1 for _ in source.decode(video=0))
    assert server.job(done["id"])["state"] == "done"


def test_a_format_that_is_none(server: Running, done: dict[str, Any]) -> None:
    for kind in ("exe", "json.part", "source", "..%2Fsource"):
        assert server.http.get(f"/v1/jobs/{done['id']}/result.{kind}").status_code == 404
    for kind in ("exe", "elan", "deepface", "json.part", "x" * 500, "%00%1b[31m", "video"):
        answer = server.http.get(f"/v1/jobs/{done['id']}/result.{kind}")
        said = problem(answer, 404, "no-such-format")["detail"]
        assert said.endswith("there are json, csv, parquet, srt, html, eaf, textgrid, mp4")
        assert said.isprintable()
        assert len(said) < 200


def test_a_player_gets_the_pieces_it_asks_for(server: Running, done: dict[str, Any]) -> None:
    address, content = f"/v1/jobs/{done['id']}/media", mien.sample().read_bytes()
    whole = server.http.get(address)
    assert whole.content == content
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["accept-ranges"] == "bytes"
    assert "content-disposition" not in whole.headers
    piece = server.http.get(address, headers={"Range": "bytes=100-199"})
    assert piece.status_code == 206
    assert piece.content == content[100:200]
    assert piece.headers["content-range"] == f"bytes 100-199/{len(content)}"
    end = server.http.get(address, headers={"Range": "bytes=-10"})
    assert end.content == content[-10:]
    rest = server.http.get(address, headers={"Range": "bytes=1000-"})
    assert rest.content == content[1000:]
    for none in ("bytes=9-1", "lines=1-2", "bytes=x", "bytes=", "bytes=-", "bytes=1-2,5-6"):
        assert server.http.get(address, headers={"Range": none}).content == content, none
    for beyond in (f"bytes={len(content)}-", "bytes=-0", "bytes=999999999999999999-"):
        answer = server.http.get(address, headers={"Range": beyond})
        problem(answer, 416, "no-such-range")
        assert answer.headers["content-range"] == f"bytes */{len(content)}"


def test_a_waveform(server: Running, done: dict[str, Any]) -> None:
    answer = server.http.get(f"/v1/jobs/{done['id']}/waveform")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()


def test_there_is_no_answer_before_the_end(serving: Serving, beep: bytes) -> None:
    server = serving()
    server.service.pool.stop()
    files = {"file": ("x.wav", beep)}
    [job] = server.http.post("/v1/jobs", files=files).json()["jobs"]
    assert job["links"]["result"] is None
    for what in ("result", "result.csv", "result.mp4", "media", "waveform"):
        answer = server.http.get(f"/v1/jobs/{job['id']}/{what}")
        problem(answer, 409, "not-yet")
        assert int(answer.headers["retry-after"]) > 0


def test_the_answer_can_be_read_back(server: Running, done: dict[str, Any]) -> None:
    answer = server.http.get(f"/v1/jobs/{done['id']}/result").json()
    assert prediction_from_dict(answer).to_dict() == answer


def test_hostile_names_stay_names_in_every_export(server: Running) -> None:
    name = '<script>alert(1)<.script>";x=\u00e9.mp4'
    files = {"file": (name, mien.sample().read_bytes())}
    [job] = server.http.post("/v1/jobs", files=files).json()["jobs"]
    job = server.ended(job["id"])
    page = server.http.get(f"/v1/jobs/{job['id']}/result.html")
    assert "<script>alert" not in page.text
    assert "\n" not in page.headers["content-disposition"]
    answer = server.http.get(f"/v1/jobs/{job['id']}/result").json()
    assert answer["source"]["path"] == job["name"]
    problem(server.http.get("/v1/jobs/" + name), 404, "no-such-job")
