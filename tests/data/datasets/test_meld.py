from __future__ import annotations

from pathlib import Path

import pytest

from mien import UsageError
from tests.data.datasets.trees import find, grow

HEAD = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season\n"


def test_tables_and_clips(tmp_path: Path) -> None:
    root = tmp_path / "MELD.Raw"
    grow(root, "train/train_sent_emo.csv", text=HEAD + "1,Oh\x92 no,Ross,joy,positive,0,3,8\n")
    grow(root, "dev_sent_emo.csv", text=HEAD + "1,Hm,Monica,Neutral,neutral,0,0,4\n")
    grow(root, "test_sent_emo.csv", text=HEAD + "1,Ah,Ross,anger,negative,7,1,3\n")
    grow(root, "train/train_splits/dia0_utt3.mp4", "output_repeated_splits_test/dia7_utt1.mp4")
    found = find("meld", tmp_path)
    assert {
        path: (c.label, c.split, c.speaker, c.extra["character"], c.extra["sentiment"])
        for path, c in found.items()
    } == {
        "train/train_splits/dia0_utt3.mp4": ("happy", "train", "train-dia0", "Ross", "positive"),
        "dev_splits_complete/dia0_utt0.mp4": ("neutral", "val", "val-dia0", "Monica", "neutral"),
        "output_repeated_splits_test/dia7_utt1.mp4": (
            "angry",
            "test",
            "test-dia7",
            "Ross",
            "negative",
        ),
    }


def test_tables_of_another_kind(tmp_path: Path) -> None:
    grow(tmp_path, "train_sent_emo.csv", text="Utterance,Emotion\nOh,joy\n")
    with pytest.raises(UsageError, match="no column Dialogue_ID, Utterance_ID, Speaker"):
        find("meld", tmp_path)
    grow(tmp_path, "train_sent_emo.csv", text=HEAD + "1,Oh,Ross,joyful,positive,0,3,8\n")
    with pytest.raises(UsageError, match="unknown emotion 'joyful'; did you mean 'joy'"):
        find("meld", tmp_path)
