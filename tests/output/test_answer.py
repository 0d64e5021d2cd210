from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources
from typing import Any

import jsonschema
import numpy as np
import pytest

import mien
from mien.errors import UsageError
from mien.labels import EMOTIONS
from mien.output.answer import answer_text, prediction_from_dict
from mien.output.answer_schema import PredictionModel, json_schema
from tests.output.report.sample import EIGHT, eight, nothing, prediction, speaking, sure

PUBLISHED = json.loads(
    (resources.files("mien.output") / "schema" / "prediction-1.json").read_text("utf-8")
)


def strict(answer: dict[str, Any]) -> dict[str, Any]:
    """Through JSON and the published schema."""
    back = json.loads(json.dumps(answer, allow_nan=False))
    jsonschema.Draft202012Validator.check_schema(PUBLISHED)
    jsonschema.Draft202012Validator(PUBLISHED).validate(back)
    return back  # type: ignore[no-any-return]


def test_the_published_schema_is_up_to_date() -> None:
    """If not: mien schema > src/mien/output/schema/prediction-1.json."""
    assert json.loads(json_schema()) == PUBLISHED


def test_keys_and_values_of_version_1() -> None:
    answer = strict(prediction().to_dict())
    assert " ".join(answer) == (
        "schema source model label probabilities confidence reliable reasons branches "
        "timeline people size by"
    )
    assert answer["schema"] == 1
    assert answer["size"] == [640, 360]
    assert answer["branches"]["face"]["weight"] == 0.55
    assert answer["timeline"][8]["branches"]["voice"] is None
    first = answer["people"][0]
    assert first["track"]["times"][1] == 0.2
    assert first["track"]["boxes"][1] == [62.0, 60.0, 162.0, 180.0]
    assert first["thumbnail"].startswith("data:image/jpeg;base64,/9j/")


def test_who_speaks_is_published_and_read_back() -> None:
    answer = strict(speaking().to_dict())
    assert [w["speaker"] for w in answer["timeline"] if "speaker" in w] == ["off screen", 2]
    assert "speech" not in answer["people"][0]
    assert answer["people"][1]["speech"]["spans"] == [[9.0, 11.0]]
    assert answer["people"][1]["speech"]["fused"]["sad"] == 0.7
    assert prediction_from_dict(answer) == speaking()
    answer["timeline"][0]["speaker"] = "somebody"
    with pytest.raises(UsageError, match="speaker"):
        prediction_from_dict(answer)


def test_numbers_are_rounded_and_probabilities_still_sum_to_one() -> None:
    rough = dict(zip(sure("sad"), np.random.default_rng(5).dirichlet(np.ones(7)), strict=True))
    p = replace(prediction(), probabilities=rough, confidence=max(rough.values()))
    answer = strict(p.to_dict())
    values = answer["probabilities"].values()
    assert all(value == round(value, 6) for value in values)
    assert sum(values) == pytest.approx(1, abs=1e-5)
    assert answer["confidence"] == max(values)


def test_a_null_answer() -> None:
    answer = strict(nothing().to_dict())
    assert answer["label"] is None
    assert answer["probabilities"] is None
    assert answer["confidence"] is None
    assert answer["people"] == []
    assert answer["reasons"][0]["code"] == "no_evidence"


@pytest.mark.parametrize("p", [prediction(), nothing()], ids=["full", "null"])
def test_a_round_trip_changes_nothing(p: Any) -> None:
    answer = p.to_dict()
    back = prediction_from_dict(json.loads(json.dumps(answer)))
    assert back.to_dict() == answer
    assert [person.thumbnail for person in back.people] == [x.thumbnail for x in p.people]
    assert all(person.boxes.shape == (len(person.times), 4) for person in back.people)


def test_a_file_name_that_is_not_utf8_can_be_written() -> None:
    answer = strict(prediction("/clips/\udcff<b>.mp4").to_dict())
    assert answer["source"]["path"] == "/clips/�<b>.mp4"
    json.dumps(answer, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"schema": 2}, "schema"),
        ({"confidence": float("nan")}, "confidence"),
        ({"confidence": 1.5}, "confidence"),
        ({"mood": "good"}, "mood"),
        ({"source": {}}, "source.path"),
        ({"branches": {"face": None}}, "branches.face"),
    ],
)
def test_what_is_not_an_answer_is_refused_in_one_line(change: dict[str, Any], place: str) -> None:
    with pytest.raises(UsageError, match=place) as caught:
        prediction_from_dict(prediction().to_dict() | change)
    assert "\n" not in str(caught.value)


def test_a_track_has_a_box_for_each_time() -> None:
    answer = prediction().to_dict()
    answer["people"][0]["track"]["times"].pop()
    with pytest.raises(UsageError, match="59 times but 60 boxes"):
        prediction_from_dict(answer)


def test_labels_come_from_the_probabilities() -> None:
    assert prediction_from_dict(eight().to_dict()).labels == EIGHT
    assert prediction_from_dict(nothing().to_dict()).labels == EMOTIONS.names
    answer = eight().to_dict()
    del answer["timeline"][3]["branches"]["vgg"]["calm"]
    with pytest.raises(UsageError, match="'calm' is in some of them only"):
        prediction_from_dict(answer)


def test_a_version_is_required() -> None:
    assert "schema" in PUBLISHED["required"]
    later = ("by", "relative")  # what answers of earlier versions do not have
    needed = [name for name in PredictionModel.__struct_fields__ if name not in later]
    assert PUBLISHED["required"] == needed


def test_the_text_in_pieces_is_the_text_of_the_whole() -> None:
    p = mien.analyze(mien.sample())
    whole = json.dumps(p.to_dict(), ensure_ascii=False, allow_nan=False)
    assert "".join(answer_text(p)) == whole
    assert json.loads(whole) == p.to_dict()
