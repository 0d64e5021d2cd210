"""Coders who overlap with themselves, code another clip, or nothing: it is said, and counted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mien import UsageError
from mien.data.coding import Coding
from mien.evaluation.agree import Material, compare_raters
from mien.evaluation.agree.merge import merged, merged_labels
from mien.labels import EMOTIONS
from tests.evaluation.agree.made import answer, coding, material

TEN = answer("a.mp4", (0, 10, "sad"))


def remarks(joined: Material) -> str:
    return "\n".join(compare_raters(joined, 1.0, 0.0)[0].remarks)


def test_two_labels_at_once() -> None:
    text = remarks(material([coding("anna", "a", (0, 5, "sad"), (4, 6, "happy"))], TEN))
    assert "anna gave two labels at once for 1.0 s (first: anna.csv: line 3)" in text


def test_one_label_twice_at_once_is_no_fault() -> None:
    assert "at once" not in remarks(
        material([coding("anna", "a", (0, 5, "sad"), (4, 6, "sad"))], TEN)
    )


def test_another_clips_length() -> None:
    joined = material([coding("anna", "a", (0, 5, "sad"), (8, 14, "sad"), (12, 15, "sad"))], TEN)
    assert "1 stretches end after their clip does and were cut there (first: anna.csv: line 3)" in (
        remarks(joined)
    )
    (fault,) = joined.faults
    assert fault.startswith("anna.csv: line 4: starts at 12 s, but a.mp4 is 10.0 s long")
    assert joined.units[0].tracks["anna"][-1].end == 10


@pytest.mark.parametrize(("end", "remarked"), [(10.5, False), (10.6, True)])
def test_half_a_second_beyond_the_end_is_no_other_clip(end: float, remarked: bool) -> None:
    text = remarks(material([coding("anna", "a", (0, end, "sad"))], TEN))
    assert ("end after their clip does" in text) is remarked


def test_labels_and_clips_that_are_not_known() -> None:
    codings = [
        coding("anna", "a", (0, 5, "sad"), (5, 6, "bored")),
        coding("ben", "x", (0, 1, "sad")),
    ]
    text = remarks(material(codings, TEN))
    assert "'bored' (1); map them" in text
    assert "coded clips that no answer is about, with their stretches: x (1)" in text
    assert "ben coded nothing that counts, and is left out" in text


def test_a_coder_who_coded_nothing() -> None:
    text = remarks(material([coding("anna", "a", (0, 5, "sad")), coding("ben", "a")], TEN))
    assert "ben coded nothing that counts, and is left out" in text
    assert "one coder only (anna)" in text


def test_nothing_is_left() -> None:
    with pytest.raises(UsageError, match="no coded stretch can be compared: labels that are none"):
        material([coding("anna", "a", (0, 5, "bored"))], TEN)
    with pytest.raises(UsageError, match="no coded stretch can be compared: the codings hold no"):
        material([coding("anna", "a")], TEN)


def test_a_coder_is_not_called_as_mien_is() -> None:
    with pytest.raises(UsageError, match="a coder is called 'mien'; name the coder, as in anna="):
        material([coding("mien", "a", (0, 5, "sad"))], TEN)


def test_one_label_few_clips_and_one_person() -> None:
    codings = [coding("anna", f"c{k}", (0, 2, "sad"), person="Eva") for k in range(3)]
    answers = [answer(f"c{k}.mp4", (0, 2, "happy"), (2, 4, "sad")) for k in range(3)]
    text = remarks(material(codings, *answers))
    assert "3 clips only: intervals from so few are rough" in text
    assert "Eva is in every clip: how far mien and coders agree on anybody else cannot" in text
    assert "anna gave one label only ('sad')" in text


def test_kappa_of_one_label_is_not_defined() -> None:
    joined = material(
        [coding("anna", "a", (0, 10, "sad")), coding("ben", "a", (0, 10, "sad"))], TEN
    )
    pairs = compare_raters(joined, 1.0, 1.0)[0].pairs
    assert {pair.kappa.value for pair in pairs if pair.second == "ben"} == {None}
    assert all(pair.agreed.value == 1.0 for pair in pairs if pair.second == "ben")


def test_mien_had_nothing_to_go_by() -> None:
    joined = material(
        [coding("anna", "a", (0, 10, "sad"))], answer("a.mp4", (0, 6, "sad"), (6, 10, ""))
    )
    assert "in 4 of 10 coded windows (40 %) mien had nothing to go by" in remarks(joined)


def test_coders_are_told_by_the_names_of_files() -> None:
    def file(path: str, clip: str) -> Coding:
        coded = coding("", clip, (0, 5, "sad"))
        return replace(coded, path=Path(path))

    codings = [
        file("/x/a_ben.csv", "a_ben"),
        file("/x/carla/a.csv", "a"),
        file("/x/dora.csv", "a.mp4"),
    ]
    assert material(codings, TEN).coders == ("ben", "carla", "dora")


def test_labels_put_together() -> None:
    mapping = {"sad": "negative", "angry": "negative"}
    labels = merged_labels(EMOTIONS.names, mapping)
    assert labels.names == ("negative", "disgust", "fear", "happy", "neutral", "surprise")
    result = merged(answer("a.mp4", (0, 2, "sad"), (2, 4, ""), p=0.4, label="happy"), mapping)
    assert result.probabilities is not None
    assert result.probabilities["negative"] == pytest.approx(0.2)
    assert {span.label for span in result.timeline} == {"negative", None}
    assert result.labels == labels.names
    assert merged(TEN, {}) is TEN
    with pytest.raises(UsageError, match="unknown label 'joy'"):
        merged_labels(EMOTIONS.names, {"joy": "happy"})
    with pytest.raises(UsageError, match="cannot be left out"):
        merged_labels(EMOTIONS.names, {"sad": ""})
