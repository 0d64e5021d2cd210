"""Each format read back by a program of others, or checked against its published description."""

from __future__ import annotations

import csv
import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

import mien
from mien.errors import OutputError, UsageError
from mien.output.formats import FORMATS, write_eaf, write_rekognition, write_textgrid
from mien.output.formats.deepface import deepface_faces
from mien.output.formats.fer import fer_faces
from mien.output.formats.moments import moments
from mien.output.formats.rekognition import rekognition_result
from mien.output.formats.tiers import tiers
from mien.output.formats.video_indexer import video_indexer_result
from mien.types import Prediction, Span
from tests.output.report.sample import EIGHT, HOSTILE, eight, nothing, prediction, speaking, sure

# What tests/output/report/test_files.py works out for the subtitles of the same answer.
CLIP = [(0.0, 4.75, "happy"), (4.75, 12.0, "sad")]
# Windows of 2 s every half second; those at 4, 4.5 and 5 s lack the voice.
VOICE = [(0.0, 4.75, "happy"), (6.25, 12.0, "sad")]
# Seen to 6 s and again from 8 s on; its windows meet halfway between their middles.
SECOND = [(1.9, 6.1, "angry"), (7.9, 12.0, "angry")]


def test_a_tier_says_who_of_the_people_speaks() -> None:
    by_name = {tier.name: tier.runs for tier in tiers(speaking())}
    assert [(r.start, r.end, r.label) for r in by_name["speaker"]] == [(9.0, 11.0, "person 2")]
    assert "speaker" not in {tier.name for tier in tiers(prediction())}


def test_the_tiers_are_the_clip_its_branches_and_its_people() -> None:
    found = {
        tier.name: [(run.start, run.end, run.label) for run in tier.runs]
        for tier in tiers(prediction())
    }
    assert list(found) == ["clip", "clip, face", "clip, voice", "person 1", "person 2"]
    assert found["clip"] == found["clip, face"] == CLIP
    assert found["clip, voice"] == VOICE
    assert found["person 2"] == SECOND


@pytest.mark.parametrize("make", [prediction, nothing, lambda: eight(HOSTILE)])
def test_eaf_keeps_the_rules_of_its_schema(tmp_path: Path, make) -> None:
    """EAFv3.0.xsd: order and names of elements, required attributes, ids and references."""
    p = make()
    write_eaf(p, tmp_path / "a.eaf")
    root = ElementTree.parse(tmp_path / "a.eaf").getroot()
    assert root.tag == "ANNOTATION_DOCUMENT"
    assert {"AUTHOR", "DATE", "VERSION", "FORMAT"} <= root.attrib.keys()
    assert datetime.fromisoformat(root.attrib["DATE"]).tzinfo
    order = [child.tag for child in root]
    count = len(p.branches) + len(p.people) + 1
    assert order == ["HEADER", "TIME_ORDER", *["TIER"] * count, "LINGUISTIC_TYPE"]
    (header, media) = (root[0], root[0][0])
    assert header.attrib["TIME_UNITS"] == "milliseconds"
    assert set(media.attrib) == {"MEDIA_URL", "MIME_TYPE", "RELATIVE_MEDIA_URL"}
    slots = {slot.attrib["TIME_SLOT_ID"]: int(slot.attrib["TIME_VALUE"]) for slot in root[1]}
    assert list(slots.values()) == sorted(slots.values())
    annotations = root.findall("TIER/ANNOTATION/ALIGNABLE_ANNOTATION")
    ids = [one.attrib["ANNOTATION_ID"] for one in annotations]
    assert len({*ids, *slots}) == len(ids) + len(root[1])  # xsd:ID is unique in the document
    used = [one.attrib[f"TIME_SLOT_REF{k}"] for one in annotations for k in (1, 2)]
    assert sorted(used) == sorted(slots)
    for one in annotations:
        start, end = (slots[one.attrib[f"TIME_SLOT_REF{k}"]] for k in (1, 2))
        assert start < end
        assert [child.tag for child in one] == ["ANNOTATION_VALUE"]
    names = [tier.attrib["TIER_ID"] for tier in root.iter("TIER")]
    assert len(set(names)) == len(names)
    types = {one.attrib["LINGUISTIC_TYPE_ID"] for one in root.iter("LINGUISTIC_TYPE")}
    assert {tier.attrib["LINGUISTIC_TYPE_REF"] for tier in root.iter("TIER")} == types


@pytest.mark.filterwarnings("default")  # pympi's own
def test_eaf_is_read_by_pympi(tmp_path: Path) -> None:
    elan = pytest.importorskip("pympi.Elan")
    write_eaf(prediction("/clips/Grüße & co.mp4"), tmp_path / "a.eaf")
    read = elan.Eaf(str(tmp_path / "a.eaf"))
    assert list(read.get_tier_names()) == [tier.name for tier in tiers(prediction())]
    assert [
        (start / 1000, end / 1000, text)
        for start, end, text, *_ in read.get_annotation_data_for_tier("clip, voice")
    ] == VOICE
    (media,) = read.get_linked_files()
    assert media["RELATIVE_MEDIA_URL"] == "./Gr%C3%BC%C3%9Fe%20%26%20co.mp4"
    assert media["MEDIA_URL"].startswith("file:///")
    assert media["MIME_TYPE"] == "video/mp4"


def test_textgrid_is_read_by_praatio(tmp_path: Path) -> None:
    textgrid = pytest.importorskip("praatio.textgrid")
    write_textgrid(prediction(), tmp_path / "a.TextGrid")
    grid = textgrid.openTextgrid(str(tmp_path / "a.TextGrid"), includeEmptyIntervals=True)
    assert list(grid.tierNames) == [tier.name for tier in tiers(prediction())]
    assert [tuple(one) for one in grid.getTier("clip").entries] == CLIP
    voice = [tuple(one) for one in grid.getTier("clip, voice").entries]
    assert voice == [VOICE[0], (4.75, 6.25, ""), VOICE[1]]
    second = [tuple(one) for one in grid.getTier("person 2").entries]
    assert second == [(0, 1.9, ""), SECOND[0], (6.1, 7.9, ""), SECOND[1]]
    assert (grid.minTimestamp, grid.maxTimestamp) == (0, 12)


def test_a_textgrid_of_hostile_labels_keeps_its_lines(tmp_path: Path) -> None:
    textgrid = pytest.importorskip("praatio.textgrid")
    write_textgrid(eight(HOSTILE), tmp_path / "a.TextGrid")
    grid = textgrid.openTextgrid(str(tmp_path / "a.TextGrid"), includeEmptyIntervals=False)
    found = {one.label.replace('""', '"') for one in grid.getTier("clip").entries}
    assert 'a "quoted" name' in found
    assert len(found) == 8
    text = (tmp_path / "a.TextGrid").read_text("utf-8")
    assert text.count('a ""quoted"" name') > 0
    assert "\x1b" not in text


def test_a_textgrid_needs_time(tmp_path: Path) -> None:
    still = replace(nothing(), timeline=(), source={**nothing().source, "duration": 0.0})
    with pytest.raises(UsageError, match="has no duration"):
        write_textgrid(still, tmp_path / "a.TextGrid")
    assert not list(tmp_path.iterdir())


def test_moments_join_the_people_of_one_picture() -> None:
    found = dict(moments(prediction()))
    assert list(found) == sorted(found)
    (one,) = found[0.0]
    assert (one.person, one.box) == (1, (60, 60, 100, 120))
    first, second = found[2.0]
    assert (first.person, second.person) == (1, 2)
    assert second.box == (340, 60, 100, 120)
    assert [len(found[k]) for k in (7.0, 8.0)] == [1, 2]


def test_a_moment_takes_the_window_with_the_nearest_middle() -> None:
    """Windows at 0-2 and 2-4 s: their middles, 1 and 3 s, are as far from 2 s."""
    person = prediction().people[0]
    spans = (Span(0, 2, "sad", sure("sad")), Span(2, 4, "fear", sure("fear")))
    times = np.array([1.9, 2.1])
    p = replace(
        prediction(),
        people=(replace(person, timeline=spans, times=times, boxes=person.boxes[:2]),),
    )
    assert [name for _, faces in deepface_faces(p) for name in [faces[0]["dominant_emotion"]]] == [
        "sad",
        "fear",
    ]
    none = replace(p.people[0], timeline=(), probabilities=sure("angry"))
    (_, faces), *_ = deepface_faces(replace(p, people=(none,)))
    assert faces[0]["dominant_emotion"] == "angry"


def test_deepface_has_per_cent_and_a_region() -> None:
    (time, faces), *_ = deepface_faces(prediction())
    (face,) = faces
    assert time == 0.0
    assert sorted(face) == ["dominant_emotion", "emotion", "face_confidence", "region"]
    assert face["dominant_emotion"] == "happy"
    assert face["emotion"] == {
        name: pytest.approx(70 if name == "happy" else 5) for name in mien.EMOTIONS.names
    }
    assert face["region"] == {
        "x": 60, "y": 60, "w": 100, "h": 120, "left_eye": None, "right_eye": None
    }  # fmt: skip
    assert face["face_confidence"] is None


def test_fer_has_a_box_and_emotions() -> None:
    found = list(fer_faces(prediction()))
    assert found[0] == (0.0, [{"box": [60, 60, 100, 120], "emotions": sure("happy")}])
    assert len(found[10][1]) == 2


@pytest.mark.parametrize("name", ["deepface", "fer"])
def test_faces_are_lines_of_json(tmp_path: Path, name: str) -> None:
    FORMATS[name].write(prediction(), tmp_path / "a")
    rows = [json.loads(line) for line in (tmp_path / "a").read_text("utf-8").splitlines()]
    shapes = {"deepface": deepface_faces, "fer": fer_faces}[name](prediction())
    assert [(row["time"], row["faces"]) for row in rows] == list(shapes)
    FORMATS[name].write(nothing(), tmp_path / "b")
    assert (tmp_path / "b").read_text() == ""


def test_rekognition_is_what_its_sdk_would_take(tmp_path: Path) -> None:
    """The service model in botocore says which fields there are, of which types and ranges."""
    loaders = pytest.importorskip("botocore.loaders")
    from botocore.model import ServiceModel
    from botocore.validate import ParamValidator

    write_rekognition(prediction(), tmp_path / "a.json")
    result = json.loads((tmp_path / "a.json").read_text())
    model = ServiceModel(loaders.Loader().load_service_model("rekognition", "service-2"))
    shape = model.shape_for("GetFaceDetectionResponse")
    assert not ParamValidator().validate(result, shape).has_errors()
    assert not _unknown(result, shape)
    types = set(model.shape_for("EmotionName").enum)
    named = {e["Type"] for face in result["Faces"] for e in face["Face"]["Emotions"]}
    assert named <= types
    assert len(named) == 7


def _unknown(value: object, shape: object, place: str = "") -> list[str]:
    """Fields that the service model does not have."""
    if isinstance(value, list):
        return [name for one in value for name in _unknown(one, shape.member, place)]
    if not isinstance(value, dict):
        return []
    extra = [f"{place}.{name}" for name in value if name not in shape.members]
    known = [(name, one) for name, one in value.items() if name in shape.members]
    return extra + [n for name, one in known for n in _unknown(one, shape.members[name], name)]


def test_rekognition_has_milliseconds_and_parts_of_the_frame() -> None:
    p = prediction()
    result = rekognition_result(p)
    assert result["VideoMetadata"]["DurationMillis"] == 12000
    assert result["Faces"][1]["Timestamp"] == 200
    face = result["Faces"][0]["Face"]
    width, height = p.size
    assert face["BoundingBox"] == {
        "Left": pytest.approx(60 / width, abs=1e-6),
        "Top": pytest.approx(60 / height, abs=1e-6),
        "Width": pytest.approx(100 / width, abs=1e-6),
        "Height": pytest.approx(120 / height, abs=1e-6),
    }
    assert face["Emotions"][0] == {"Type": "HAPPY", "Confidence": 70.0}
    assert len(face["Emotions"]) == 7


def test_rekognition_refuses_labels_that_it_lacks() -> None:
    with pytest.raises(UsageError, match="two of them are one type"):
        rekognition_result(eight(EIGHT))  # neutral and calm
    with pytest.raises(UsageError, match="label 'bored': Rekognition has no such type"):
        rekognition_result(replace(prediction(), labels=("bored", "happy")))


def test_video_indexer_has_stretches_of_each_emotion() -> None:
    result = video_indexer_result(prediction())
    (video,) = result["videos"]
    first, second = video["insights"]["emotions"]
    assert (first["type"], second["type"]) == ("Joy", "Sadness")
    assert first["instances"] == [
        {
            "confidence": 0.6,
            "adjustedStart": "0:00:00",
            "adjustedEnd": "0:00:04.750",
            "start": "0:00:00",
            "end": "0:00:04.750",
        }
    ]
    assert second["instances"][0]["end"] == "0:00:12"
    faces = video["insights"]["faces"]
    assert [face["name"] for face in faces] == ["Person 1", "Person 2"]
    assert [one["start"] for one in faces[1]["instances"]] == ["0:00:01.900", "0:00:07.900"]
    assert (result["name"], result["durationInSeconds"]) == ("a.mp4", 12)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_of_every_answer_is_written_whole(tmp_path: Path, name: str) -> None:
    for number, p in enumerate((prediction(), nothing(), eight(HOSTILE))):
        hostile = name == "rekognition" and number == 2
        if hostile:
            with pytest.raises(UsageError):
                FORMATS[name].write(p, tmp_path / "a")
            continue
        FORMATS[name].write(p, tmp_path / "a")
        (tmp_path / "a").read_text("utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    with pytest.raises(OutputError, match="cannot be written"):
        FORMATS[name].write(prediction(), tmp_path / "a" / "b")


def test_suffixes_differ() -> None:
    assert len({one.suffix for one in FORMATS.values()}) == len(FORMATS)


def test_the_table_is_that_of_predict(tmp_path: Path) -> None:
    FORMATS["csv"].write(prediction(), tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="") as stream:
        assert len(list(csv.DictReader(stream))) == 21
    FORMATS["srt"].write(prediction(), tmp_path / "a.srt")
    assert len(re.findall("-->", (tmp_path / "a.srt").read_text())) == 2


def test_a_real_answer_in_every_format(tmp_path: Path) -> None:
    p: Prediction = mien.analyze(mien.sample())
    for name, one in FORMATS.items():
        one.write(p, tmp_path / name)
        assert (tmp_path / name).stat().st_size > 40, name
