from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from mien import UsageError
from tests.data.datasets.trees import find, grow

TABLE = """"","FileName","VoiceVote","VoiceLevel","FaceVote","FaceLevel","MultiModalVote","MultiModalLevel"
"1","1001_IEO_NEU_XX",N,78,N,75,N,87
"2","1001_IEO_HAP_LO",N,65,H,60,H,69
"3","1002_DFA_ANG_HI","A:N",57,A,70,A,73
"""  # noqa: E501
PEOPLE = "ActorID,Age,Sex,Race,Ethnicity\n1001,51,Male,Caucasian,Not Hispanic\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = grow(
        tmp_path / "CREMA-D", "AudioWAV/1001_IEO_HAP_LO.wav", "VideoFlash/1001_IEO_NEU_XX.flv"
    )
    grow(root, "processedResults/summaryTable.csv", text=TABLE)
    grow(root, "VideoDemographics.csv", text=PEOPLE)
    return root


def test_what_was_meant_and_what_the_crowd_saw(root: Path) -> None:
    found = {c.id: c for c in find("crema_d", root.parent).values()}
    neutral, happy = found["1001_IEO_NEU_XX"], found["1001_IEO_HAP_LO"]
    angry = found["1002_DFA_ANG_HI"]
    assert (happy.label, happy.speaker, happy.path) == (
        "happy",
        "1001",
        "AudioWAV/1001_IEO_HAP_LO.wav",
    )
    votes = ("vote_voice", "vote_face", "vote_both")
    assert [happy.extra[key] for key in votes] == ["neutral", "happy", "happy"]
    assert [angry.extra[key] for key in votes] == ["", "angry", "angry"]
    assert neutral.path == "VideoFlash/1001_IEO_NEU_XX.flv"
    assert (neutral.extra["sex"], neutral.extra["age"]) == ("male", "51")
    assert (angry.extra["sex"], angry.extra["intensity"]) == ("", "HI")
    assert angry.path == "VideoFlash/1002_DFA_ANG_HI.flv"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("FileName\n", "no column VoiceVote, FaceVote, MultiModalVote"),
        (TABLE.splitlines()[0] + "\n", "no rows in summaryTable.csv found"),
        (TABLE.replace("_NEU_", "_NEW_"), "unknown emotion 'NEW'; did you mean 'NEU'"),
        (TABLE.replace("1001_IEO_NEU_XX", "take 5"), "'take 5' is not named like 1001_DFA_ANG_XX"),
    ],
)
def test_tables_that_are_not_the_corpus_own(root: Path, text: str, said: str) -> None:
    grow(root, "processedResults/summaryTable.csv", text=text)
    with pytest.raises(UsageError, match=said):
        find("crema_d", root)


@pytest.mark.data
def test_the_published_tables(data: Path) -> None:
    found = find("crema_d", data).values()
    assert len(found) == 7442
    assert len({c.speaker for c in found}) == 91
    assert Counter(c.label for c in found)["neutral"] == 1087
    assert all(c.extra["sex"] in ("male", "female") for c in found)
