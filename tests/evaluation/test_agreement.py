from __future__ import annotations

import pytest

from mien import UsageError
from mien.evaluation.agreement import agreement, votes_of
from mien.evaluation.metrics import wilson
from mien.labels import EMOTIONS
from mien.types import Clip

FLEISS = (  # the example that goes with Fleiss (1971): ten subjects, five labels, 14 raters
    (0, 0, 0, 0, 14),
    (0, 2, 6, 4, 2),
    (0, 0, 3, 5, 6),
    (0, 3, 9, 2, 0),
    (2, 2, 8, 1, 1),
    (7, 7, 0, 0, 0),
    (3, 2, 6, 3, 0),
    (2, 5, 3, 2, 2),
    (6, 5, 2, 1, 0),
    (0, 2, 2, 3, 7),
)


def sheet(*rows: tuple[str, ...]) -> tuple[list[str], dict[str, list[str]]]:
    names = ["anna", "ben", "cem"][: len(rows[0])]
    return names, {f"clip{k}": list(row) for k, row in enumerate(rows)}


def test_kappa_of_fleiss_is_that_of_the_textbook() -> None:
    votes = {
        f"subject{k}": [label for label, n in zip("abcde", row, strict=True) for _ in range(n)]
        for k, row in enumerate(FLEISS)
    }
    found = agreement([f"rater{k}" for k in range(14)], votes)
    assert found.agreed == pytest.approx(0.378, abs=5e-4)
    assert found.fleiss == pytest.approx(0.210, abs=5e-4)


def test_kappa_of_cohen_by_hand() -> None:
    """Fifty clips, 20 + 15 agreed: 0.7 against 0.5 * 0.6 + 0.5 * 0.4 = 0.5 by chance: 0.4."""
    cells = [("sad", "sad")] * 20 + [("sad", "happy")] * 5
    cells += [("happy", "sad")] * 10 + [("happy", "happy")] * 15
    found = agreement(*sheet(*cells))
    assert found.agreed == pytest.approx(0.7)
    assert found.cohen == {("anna", "ben"): pytest.approx(0.4)}
    # Fleiss takes both for one: 55 and 45 of 100 votes, (0.7 - 0.505) / (1 - 0.505)
    assert found.fleiss == pytest.approx(0.195 / 0.495)


def test_clips_with_few_labels_by_hand() -> None:
    """One pair of one agrees, then one of three: (1 + 1/3) / 2; 4 and 1 of five votes."""
    found = agreement(*sheet(("sad", "sad", ""), ("sad", "sad", "happy"), ("sad", "", "")))
    assert found.clips == 2
    assert found.agreed == pytest.approx(2 / 3)
    chance = (4**2 + 1**2) / 5**2
    assert found.fleiss == pytest.approx((2 / 3 - chance) / (1 - chance))
    assert [one.labelled for one in found.annotators] == [3, 2, 1]


def test_no_pair_no_kappa() -> None:
    found = agreement(*sheet(("sad", "sad", ""), ("happy", "", "happy")))
    assert set(found.cohen) == {("anna", "ben"), ("anna", "cem")}
    assert found.fleiss == 1


def test_one_label_only_is_full_agreement() -> None:
    found = agreement(*sheet(("sad", "sad"), ("sad", "sad")))
    assert (found.agreed, found.fleiss, found.cohen["anna", "ben"]) == (1, 1, 1)


def test_a_majority_is_more_than_half_of_all() -> None:
    names, votes = sheet(
        ("sad", "sad", "happy"),
        ("sad", "happy", "fear"),
        ("sad", "sad", ""),
        ("sad", "", ""),
        ("", "", ""),
    )
    assert agreement(names, votes).majority == {"clip0": "sad", "clip2": "sad"}
    tie = agreement(*sheet(("sad", "happy"), ("sad", "sad")))
    assert tie.majority == {"clip1": "sad"}


def test_annotators_against_what_is_known() -> None:
    names, votes = sheet(("sad", "sad"), ("happy", "sad"), ("fear", ""), ("sad", "sad"))
    truth = {"clip0": "sad", "clip1": "happy", "clip2": "sad", "clip3": ""}
    anna, ben = agreement(names, votes, truth).annotators
    assert (anna.labelled, anna.known, anna.right) == (4, 3, 2)
    assert (ben.labelled, ben.known, ben.right) == (3, 2, 1)
    assert anna.interval == wilson(2, 3)


def clip(**cells: str) -> Clip:
    return Clip("a", "a.mp4", extra={f"annotator_{name}": cell for name, cell in cells.items()})


def test_a_sheet_is_read() -> None:
    one = Clip("a", "a.mp4", extra={"seen": "0.5", "annotator_x": " Sad ", "annotator_y": "-"})
    assert votes_of([one], EMOTIONS) == (["x", "y"], {"a": ["sad", ""]})


def test_sheets_that_cannot_be_used() -> None:
    with pytest.raises(UsageError, match=r"films.csv: needs two or more columns annotator_NAME"):
        votes_of([clip(anna="sad")], EMOTIONS, "films.csv")
    with pytest.raises(UsageError, match="clip a: unknown label 'hapy'; did you mean 'happy'"):
        votes_of([clip(anna="hapy", ben="")], EMOTIONS)
    with pytest.raises(UsageError, match="no clip was labelled by two annotators"):
        agreement(*votes_of([clip(anna="happy", ben="-")], EMOTIONS))
