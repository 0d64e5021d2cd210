"""Tables of the card, from rows whose figures can be read off."""

from __future__ import annotations

import pytest

from project.bundle import card_tables as tables

ROW = {
    "n": 40,
    "accuracy": 0.525,
    "interval": [0.375, 0.671],
    "uar": 0.5,
    "uar_interval": [0.25, 0.75],
    "recalls": [1.0, None, 0.5, 0.0, 0.25, 0.754, 0.756],
}
SURE = {**ROW, "ece": 0.1234, "ece_perfect": 0.0567, "nll": 1.239}


def cells(text: str) -> list[list[str]]:
    """The rows of a table, without the rule under its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in lines}) == 1, "rows of different lengths"
    assert set(lines[1]) == {"|", "-"}
    return [[c.strip() for c in line.strip("|").split("|")] for line in [lines[0], *lines[2:]]]


def test_shares_are_printed_in_percent_with_their_intervals() -> None:
    _, first, second = cells(tables.table({"a": SURE, "b": {**ROW, "uar_interval": None}}))
    assert first == ["a", "40", "52.5 (37.5-67.1)", "50.0 (25.0-75.0)", "0.123 (0.057)"]
    assert second == ["b", "40", "52.5 (37.5-67.1)", "50.0", ""]
    assert cells(tables.groups({"women": ROW}))[1:] == [
        ["women", "40", "52.5 (37.5-67.1)", "50.0 (25.0-75.0)"]
    ]


def test_recalls_are_those_of_the_seven_classes() -> None:
    eight = {**ROW, "recalls": [0.5] * 8}
    assert tables.recalls({"a": ROW, "of FER+": eight}) == (
        "- Recall, %, a: angry 100, disgust none there, fear 50, happy 0, neutral 25, sad 75, "
        "surprise 76."
    )


@pytest.mark.parametrize(
    ("title", "group", "main"),
    [
        ("FER2013 private test", False, True),
        ("FER2013 private test, flips averaged", False, True),
        ("RAVDESS speech, unseen actors", False, True),
        ("RAVDESS speech, unseen actors, telephone", False, False),
        ("openSMILE IS10 + SVM, RAVDESS speech, unseen actors", False, False),
        ("EMO-DB (German), trained on the four other corpora", False, True),
        ("Java-SED, fused", False, True),
        ("Java-SED, fused, women", True, False),
        ("Java-SED, face, best actor (09)", True, False),
        ("Java-SED, worst actor (01)", True, False),
    ],
)
def test_which_rows_are_shown_with_the_bundle(title: str, group: bool, main: bool) -> None:
    assert (tables.is_group(title), tables.is_main(title)) == (group, main)


def test_what_is_wrong_among_the_surest_is_read_from_the_curve() -> None:
    report = {"risk": [k / 200 for k in range(1, 101)], "aurc": 0.2525}
    said = tables.risk(report, {"face": 0.35, "face+voice": 1.0})
    assert "12 % of the surest 25 %, 25 % of the surest 50 %" in said
    assert "38 % of the surest 75 %, 50 % of the surest 100 %" in said
    assert "0.253 (less is better)" in said or "0.252 (less is better)" in said
    assert "from a confidence of 0.35 for face; never for face and voice: " in said


def test_a_corpus_left_out_stands_with_chance_and_what_was_called_reliable() -> None:
    sure = {**SURE, "among_its_classes": 0.625, "reliable": 8, "reliable_right": 6}
    never = {**sure, "reliable": 0, "reliable_right": 0}
    _, first, second = cells(tables.transfer({"rows": {"a, voice": sure, "b, face": never}}))
    assert first == [
        *["a, voice", "40", "52.5 (37.5-67.1)", "62.5", "50.0 (25.0-75.0)"],
        *["17", "0.123 (0.057)", "8", "75"],  # six of seven classes are there
    ]
    assert second[-2:] == ["0", ""]


def test_the_package_fer_stands_beside_mien() -> None:
    test = {"only_mien_right": 30, "only_this_right": 10, "p": 0.00123}
    none = {"only_mien_right": 0, "only_this_right": 0, "p": 1.0}
    rows = {"mien": {**ROW, "pictures_per_second": 900, **none}}
    rows["fer"] = {**ROW, "pictures_per_second": 90, **test}
    about = {"command": "compare", "date": "2026-01-02", "hardware": "a CPU"}
    said = tables.fer({"rows": rows, **about, "versions": {"fer": "25.1"}})
    _, first, second = cells(said)
    assert first == ["mien", "40", "52.5 (37.5-67.1)", "900", "", "", ""]
    assert second == ["fer", "40", "52.5 (37.5-67.1)", "90", "30", "10", "0.001"]
    assert said.endswith("`compare`; 2026-01-02, a CPU; fer 25.1.")
