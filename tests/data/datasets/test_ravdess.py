from __future__ import annotations

from pathlib import Path

import pytest

from mien import UsageError
from mien.data.datasets import corpora, published_folds
from tests.data.datasets.trees import find, grow


def test_sound_video_and_song(tmp_path: Path) -> None:
    names = (
        "Audio_Speech_Actors_01-24/Actor_05/03-01-02-02-01-01-05.wav",
        "Video_Speech_Actor_05/Actor_05/01-01-08-01-01-01-05.mp4",
        "Video_Speech_Actor_05/Actor_05/02-01-08-01-01-01-05.mp4",
        "Video_Song_Actor_06/Actor_06/01-02-06-01-01-01-06.mp4",
        "Audio_Speech_Actors_01-24/Actor_05/notes-on-the-actor-no-05-ab.wav",
    )
    found = find("ravdess", grow(tmp_path / "RAVDESS", *names).parent)
    told = ("emotion8", "modality", "channel", "intensity", "sex")
    assert {
        path: (c.label, c.speaker, *(c.extra[key] for key in told)) for path, c in found.items()
    } == {
        names[0]: ("neutral", "05", "calm", "audio", "speech", "strong", "male"),
        names[1]: ("surprise", "05", "surprise", "audio-video", "speech", "normal", "male"),
        names[2]: ("surprise", "05", "surprise", "video", "speech", "normal", "male"),
        names[3]: ("fear", "06", "fear", "audio-video", "song", "normal", "female"),
    }


def test_the_copy_of_all_files_in_the_kaggle_archive_is_left_out(tmp_path: Path) -> None:
    name = "Actor_01/03-01-01-01-01-01-01.wav"
    grow(tmp_path, name, f"audio_speech_actors_01-24/{name}")
    assert list(find("ravdess", tmp_path)) == [name]


def test_published_folds_of_the_speakers_at_hand() -> None:
    assert len(corpora()["ravdess"].folds) == 6
    here = [f"{n:02}" for n in range(2, 23)]
    folds = published_folds("ravdess_speech", here)
    assert sorted(a for fold in folds for a in fold) == here
    assert frozenset({"11", "20", "21"}) in folds
    assert published_folds("ravdess", [*here, "25"]) == []
    assert published_folds("tess", ["OAF", "YAF"]) == []


def test_another_folder(tmp_path: Path) -> None:
    grow(tmp_path, "a/b.wav")
    with pytest.raises(UsageError, match=r"does not look like RAVDESS.*zenodo"):
        find("ravdess", tmp_path)
    grow(tmp_path, "Actor_01/00-01-01-01-01-01-01.wav")
    with pytest.raises(UsageError, match=r"no files like 03-01-05-01-01-01-02.wav found"):
        find("ravdess", tmp_path)
