"""What a card says of its scores."""

from __future__ import annotations

import json
import re
from pathlib import Path

import msgspec
import pytest

from mien.errors import BundleError
from mien.evaluation.cards import (
    OnCorpus,
    OnPictures,
    Stored,
    card_score,
    card_scores,
    clips_sha256,
    score_text,
)
from mien.inference.bundle import default_path
from mien.types import Clip


def test_a_score_in_words() -> None:
    assert score_text(3589, 0.7074, (0.6923, 0.7221)) == "70.7 % (69.2-72.2, n = 3589)"
    stamped = score_text(2, 0.5, (0.1, 0.9), "tuned on report")
    assert stamped == "50.0 % (10.0-90.0, n = 2; tuned on report)"


def test_a_card_is_read_as_it_was_written(tmp_path: Path) -> None:
    how = OnPictures(target="ferplus_majority", flips=True)
    score = card_score("a", 7, 0.123456, (0.1, 0.2), 0.5, 0.25, how)
    assert score.accuracy == 0.1235
    assert score.text == "12.3 % (10.0-20.0, n = 7)"
    (tmp_path / "card.json").write_text(json.dumps({"scores": [msgspec.to_builtins(score)]}))
    assert card_scores(tmp_path) == (score,)


def test_every_score_of_the_default_bundle_says_how_it_was_got() -> None:
    rows = card_scores(default_path())
    assert {type(row.how) for row in rows} == {OnPictures, OnCorpus, Stored}
    assert len({row.name for row in rows}) == len(rows)
    pictures = [row.how for row in rows if isinstance(row.how, OnPictures)]
    assert len(set(pictures)) == len(pictures)
    for row in rows:
        assert row.text == score_text(row.n, row.accuracy, row.interval)
        assert isinstance(row.how, OnPictures) == ("private test" in row.name)


def test_comparisons_and_groups_are_not_shown_with_the_bundle() -> None:
    shown = [row.name for row in card_scores(default_path()) if row.main]
    assert "FER2013 private test" in shown
    assert "Java-SED, fused" in shown
    assert not [name for name in shown if "women" in name or "Clip model" in name]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot be read"),
        ("{", "not a JSON object"),
        ("[]", "not a JSON object"),
        ('{"scores": [{"name": "a"}]}', "damaged at 'scores.0.text'"),
    ],
)
def test_a_damaged_card_is_one_line(tmp_path: Path, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / "card.json").write_text(text)
    with pytest.raises(BundleError, match=re.escape(message)) as caught:
        card_scores(tmp_path)
    assert str(tmp_path / "card.json") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_clips_are_told_apart_wherever_they_lie() -> None:
    one, two = Clip("a", "x/a.mp4", label="sad"), Clip("b", "b.mp4", label="happy")
    moved = Clip("a", "elsewhere/a.mp4", label="sad")
    assert clips_sha256([one, two]) == clips_sha256([two, moved])
    assert clips_sha256([one]) != clips_sha256([two])
    assert clips_sha256([one]) != clips_sha256([Clip("a", "x/a.mp4", label="happy")])
    assert clips_sha256([one]) != clips_sha256([Clip("a", "x/a.mp4", 1.0, label="sad")])
