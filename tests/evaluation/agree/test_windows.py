from __future__ import annotations

import numpy as np
import pytest

from mien.evaluation.agree.windows import windows
from mien.labels import EMOTIONS
from tests.evaluation.agree.made import answer, coding, material

HAPPY, SAD = EMOTIONS.index("happy"), EMOTIONS.index("sad")


def test_a_window_has_the_label_that_covers_most_of_it() -> None:
    """4.6 s: windows of 2 s, and a last one of 0.6 s that is too short."""
    runs = [(0.0, 1.2, "happy"), (1.2, 2.0, "sad"), (3.1, 4.6, "sad")]
    joined = material([coding("anna", "a", *runs)], answer("a.mp4", (0, 2, "sad"), (2, 4.6, "")))
    cut = windows(joined, 2.0)
    assert cut.raters == ("anna", "mien")
    assert cut.end.tolist() == [2.0, 4.0]
    assert cut.label.tolist() == [[HAPPY, -1], [SAD, -1]]
    assert cut.covered[0] == pytest.approx([1.0, 0.45])
    assert cut.shares[0, 0, [HAPPY, SAD]] == pytest.approx([0.6, 0.4])


def test_answers_are_averaged_by_time() -> None:
    joined = material(
        [coding("anna", "a", (0, 4, "sad"))],
        answer("a.mp4", (0, 1.5, "happy"), (1.5, 4, "sad")),
    )
    cut = windows(joined, 2.0)
    # 1.5 s at 0.7 and 0.5 s at 0.05
    assert cut.shares[1, 0, HAPPY] == pytest.approx(0.75 * 0.7 + 0.25 * 0.05)
    assert cut.shares[1].sum(1) == pytest.approx([1, 1])
    assert cut.label[1].tolist() == [HAPPY, SAD]


def test_a_stretch_that_is_the_whole_clip_has_the_answer_of_the_clip() -> None:
    answered = answer("a.mp4", (0, 1, "sad"), label="happy")
    cut = windows(material([coding("anna", "a", (0, 1, "sad"))], answered), 2.0)
    assert cut.label.tolist() == [[SAD], [HAPPY]]


def test_a_still_picture_is_one_window() -> None:
    still = answer("a.jpg", label="happy")
    cut = windows(material([coding("anna", "a.jpg", (0, None, "sad"))], still), 2.0)  # type: ignore[arg-type]
    assert (cut.start.tolist(), cut.end.tolist()) == ([0.0], [0.0])
    assert cut.label.tolist() == [[SAD], [HAPPY]]


def test_intensities_are_averaged_over_coded_time() -> None:
    from dataclasses import replace

    coded = coding("anna", "a", (0, 1, "sad"), (1, 1.5, "sad"), (2, 4, "sad"))
    first, second, third = coded.stretches
    coded = replace(
        coded, stretches=(replace(first, intensity=2.0), replace(second, intensity=5.0), third)
    )
    cut = windows(material([coded], answer("a.mp4", (0, 4, "sad"))), 2.0)
    assert cut.intensity[0, 0] == pytest.approx(3.0)
    assert np.isnan(cut.intensity[0, 1])


def test_people_of_one_clip_are_apart() -> None:
    both = [
        coding("anna", "a", (0, 2, "sad"), person="Mother"),
        coding("ben", "a", (0, 2, "happy"), person="Child"),
        coding("cem", "b", (0, 2, "happy"), person="Child"),
        coding("dan", "b", (0, 2, "sad")),  # of the one person whom another coder names
    ]
    joined = material(both, answer("a.mp4", (0, 2, "sad")), answer("b.mp4", (0, 2, "sad")))
    assert [(u.clip, u.person, sorted(u.tracks)) for u in joined.units] == [
        ("a.mp4", "Mother", ["anna"]),
        ("a.mp4", "Child", ["ben"]),
        ("b.mp4", "Child", ["cem", "dan"]),
    ]
    assert windows(joined, 2.0).clip.tolist() == [0, 0, 1]
