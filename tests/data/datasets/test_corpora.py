from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from mien import UsageError
from mien.data.datasets import fer2013
from mien.data.datasets.speech_corpora import (
    JAVA_SED_FOLDS,
    LANGUAGES,
    RAVDESS_FOLDS,
    Utterance,
    ased,
    emodb,
    is_woman,
    java_sed,
    nemo,
    ravdess,
)
from mien.labels import EMOTIONS, FERPLUS, LabelSet


def test_folds_hold_every_actor_once() -> None:
    assert sorted(a for fold in RAVDESS_FOLDS for a in fold) == [f"{n:02}" for n in range(1, 25)]
    actors = [a for fold in JAVA_SED_FOLDS for a in fold]
    assert len(actors) == len(set(actors)) == 8


def test_file_names_carry_label_and_speaker(tmp_path: Path) -> None:
    for name in (
        "ravdess/Actor_05/03-01-02-01-01-01-05.flac",
        "ravdess/Actor_07/03-01-03-01-02-01-07.flac",
        "ravdess/Actor_07/03-01-03-01-02-02-07.flac",
        "emodb/03a01Fa.wav",
        "emodb/03a02La.wav",
        "java_sed/video/06-03-05_01.mp4",
        "java_sed/audio/06-03-05_02.wav",
        "nemo/KS0_surprised_12.ogg",
        "nemo/KS0_bored_12.ogg",
        "ased/a5-01-01-01-07.ogg",
        "ased/S4-04-02-01-29.ogg",
        "ased/readme.ogg",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    one = ravdess(tmp_path / "ravdess")
    assert [(u.label, u.speaker) for u in one] == [("neutral", "05"), ("happy", "07")]
    assert [(u.label, u.speaker) for u in emodb(tmp_path / "emodb")] == [("happy", "03")]
    both = java_sed(tmp_path / "java_sed")
    assert [(u.label, u.speaker, u.video) for u in both] == [
        ("fear", "06", True),
        ("fear", "06", False),
    ]
    assert nemo(tmp_path / "nemo") == [
        Utterance(
            "KS0_surprised_12",
            tmp_path / "nemo/KS0_surprised_12.ogg",
            "surprise",
            "KS0",
            "nemo",
        )
    ]
    both = ased(tmp_path / "ased")
    assert [(u.label, u.speaker) for u in both] == [("sad", "29"), ("angry", "07")]
    for read in (ravdess, ased, nemo):
        with pytest.raises(UsageError, match="is this the corpus folder"):
            read(tmp_path / "emodb")


def test_the_majority_rule_of_ferplus() -> None:
    def votes(**named: int) -> list[float]:
        columns = [*FERPLUS.names, "unknown", "nf"]
        return [float(named.get(name, 0)) for name in columns]

    rows = np.array(
        [
            votes(happy=6, neutral=4),  # 6 of 10
            votes(happy=5, neutral=5),  # no majority
            votes(happy=5, neutral=3, sad=1, fear=1),  # single votes dropped: 5 of 8
            votes(unknown=7, happy=3),
            votes(nf=10),
            votes(),
        ],
        np.float32,
    )
    happy = FERPLUS.index("happy")
    assert fer2013.majority(rows).tolist() == [happy, -1, happy, -1, -1, -1]


def test_classes_are_mapped_by_name() -> None:
    columns = FERPLUS.columns(EMOTIONS)
    assert [FERPLUS.names[c] for c in columns] == list(EMOTIONS.names)
    assert EMOTIONS.vector({"happy": 1.0}).tolist() == [0, 0, 0, 1, 0, 0, 0]
    with pytest.raises(UsageError, match="unknown label 'joy'; the labels are angry"):
        EMOTIONS.index("joy")
    with pytest.raises(UsageError, match="unique"):
        LabelSet("twice", ("a", "a"))


@pytest.mark.data
def test_fer2013_has_its_published_counts(data: Path) -> None:
    splits = fer2013.load(data / "fer2013")
    assert {name: len(split) for name, split in splits.items()} == {
        "Training": 28_709,
        "PublicTest": 3_589,
        "PrivateTest": 3_589,
    }
    test = splits["PrivateTest"]
    counts = Counter(EMOTIONS.names[label] for label in test.labels)
    assert counts["happy"] == 879
    assert counts["disgust"] == 55
    assert 3_100 < (fer2013.majority(test.votes) >= 0).sum() < 3_200
    copies = (~test.without_copies_of(splits["Training"])).mean()
    assert 0.05 < copies < 0.1


@pytest.mark.data
def test_the_speech_corpora_are_whole(data: Path) -> None:
    assert len(ravdess(data / "ravdess")) == 1259
    assert len(emodb(data / "emodb")) == 454
    assert len(java_sed(data / "java_sed")) == 384
    for corpus, found, speakers, women in (
        ("nemo", nemo(data / "nemo"), 9, 4),
        ("ased", ased(data / "ased"), 65, 25),
    ):
        assert len(found) == {"nemo": 2688, "ased": 2474}[corpus]
        assert {u.corpus for u in found} == {corpus}
        everyone = {u.speaker for u in found}
        assert len(everyone) == speakers
        assert sum(is_woman(corpus, speaker) for speaker in everyone) == women


@pytest.mark.data
def test_the_sex_of_the_speakers_is_what_their_names_say(data: Path) -> None:
    """ASED: 01 is a woman, 02 a man; five files have it wrong."""
    names = [u.id.split("-") for u in ased(data / "ased")]
    wrong = [name for name in names if is_woman("ased", name[4]) != (name[3] == "01")]
    assert len(wrong) == 5
    assert len({name[4] for name in wrong}) == 5


def test_every_speech_corpus_has_its_language() -> None:
    for corpus in LANGUAGES:
        assert isinstance(is_woman(corpus, "01"), bool)
