"""Numbers fitted on corpora left out, by examples that can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mien.evaluation.verify.clip_scores import Windows
from mien.evaluation.verify.transfer import (
    Fitted,
    UnseenCorpus,
    _threshold,
    accuracy_among,
    both,
    by_folds,
    fit_numbers,
    shifts,
    transfer_rows,
    unseen,
)
from mien.fusion.fit_log_pool import temperature
from mien.fusion.log_pool import LogPool, softmax
from mien.labels import EMOTIONS
from tests.project.bundle.made import log_probs, made_answers

CLASSES = len(EMOTIONS)


def windows(labels: np.ndarray, rows: np.ndarray, speakers: int = 4) -> Windows:
    names = tuple(f"{k:04}" for k in range(len(labels)))
    return Windows(names, tuple(f"{k % speakers}" for k in range(len(labels))), labels, rows)


def certain(shares: list[tuple[float, bool]]) -> np.ndarray:
    """Log-probabilities (n,7): so sure of class 0, or, where that is wrong, of class 1."""
    rows = np.zeros((len(shares), CLASSES))
    for row, (share, right) in zip(rows, shares, strict=True):
        row[:] = (1 - share) / (CLASSES - 1)
        row[0 if right else 1] = share
    return np.log(rows)


def corpus(name: str, branch: str, sure: float, n: int = 70, seed: int = 0) -> UnseenCorpus:
    labels = np.arange(n) % CLASSES
    rows = log_probs(labels, sure, np.random.default_rng(seed))
    return UnseenCorpus(name, branch, windows(labels, rows), {branch: rows})


def pair(name: str = "both", n: int = 70) -> UnseenCorpus:
    labels = np.arange(n) % CLASSES
    face, voice = (log_probs(labels, s, np.random.default_rng(k)) for k, s in enumerate((0.0, 3.0)))
    there = windows(labels, face)
    return both(there, windows(labels, voice), name)


def test_a_temperature_is_the_geometric_mean_of_those_of_the_corpora() -> None:
    small, large = corpus("a", "face", 3.0, n=35), corpus("b", "face", 0.5, n=350, seed=1)
    voice = corpus("c", "voice", 1.0)
    found = fit_numbers([small, large, voice]).pool
    each = [temperature(one.parts[one.branches], one.labels) for one in (small, large, voice)]
    assert each[0] < 1 < each[1]
    assert found.temperatures["face"] == pytest.approx(np.sqrt(each[0] * each[1]))
    assert found.temperatures["voice"] == pytest.approx(each[2])
    # without clips of both, their temperature lies between the two, and they weigh the same
    assert found.temperatures["face+voice"] == pytest.approx(
        np.sqrt(found.temperatures["face"] * found.temperatures["voice"])
    )
    assert dict(found.weights) == {"face": 0.5, "voice": 0.5}


def test_weights_are_half_fitted_and_half_even() -> None:
    answers = pair()
    found = fit_numbers([answers, corpus("a", "face", 1.0), corpus("c", "voice", 1.0)]).pool
    # The face knows nothing: of what is fitted it gets the least there is, 0.05, or little more.
    assert 0.275 <= found.weights["face"] <= 0.31
    assert sum(found.weights.values()) == pytest.approx(1)
    pooled = sum(found.weights[b] * answers.parts[b] for b in ("face", "voice"))
    assert found.temperatures["face+voice"] == pytest.approx(
        temperature(np.asarray(pooled), answers.labels)
    )
    np.testing.assert_allclose(
        Fitted(found, {}).probabilities(answers),
        softmax(np.asarray(pooled) / found.temperatures["face+voice"]),
    )


def threshold(*shares: tuple[float, bool], more: list[tuple[float, bool]] | None = None) -> float:
    """Where answers of temperature 1 become reliable: n of each of these confidences."""
    ones = {"face": 1.0, "voice": 1.0, "face+voice": 1.0}
    pool = LogPool({"face": 0.5, "voice": 0.5}, ones)
    answers = []
    for part in (list(shares), more or []):
        rows = certain(part)
        labels = np.zeros(len(part), np.int64)
        answers.append(UnseenCorpus("a", "face", windows(labels, rows), {"face": rows}))
    return _threshold(Fitted(pool, {}), [one for one in answers if len(one.labels)])


def many(n: int, share: float, right: int) -> list[tuple[float, bool]]:
    return [(share, k < right) for k in range(n)]


def test_the_threshold_is_the_lowest_from_which_three_in_four_are_right() -> None:
    # From 0.505 on 23 of 30 are right; with those at 0.405, 23 of 36.
    sure, unsure = many(30, 0.505, 23), many(6, 0.405, 0)
    assert threshold(*sure, *unsure) == 0.41
    assert threshold(*sure) == 0.25
    assert threshold(*many(30, 0.505, 22)) == 0.51


def test_every_corpus_has_its_say_and_a_few_answers_have_none() -> None:
    sure = many(30, 0.505, 23)
    assert threshold(*sure, more=many(12, 0.605, 6)) == 0.61
    assert threshold(*sure, more=many(9, 0.605, 0)) == 0.25  # nine are too few


def test_of_four_corpora_the_worst_has_no_say() -> None:
    ones = {"face": 1.0, "voice": 1.0, "face+voice": 1.0}
    fitted = Fitted(LogPool({"face": 0.5, "voice": 0.5}, ones), {})
    answers = []
    for wrong_up_to in (0.405, 0.505, 0.605, 0.97):
        rows = certain(many(30, wrong_up_to, 10))
        labels = np.zeros(30, np.int64)
        answers.append(UnseenCorpus("a", "voice", windows(labels, rows), {"voice": rows}))
    assert _threshold(fitted, answers) == 0.61
    assert _threshold(fitted, answers[1:]) == 1.0  # of three each one has
    assert _threshold(fitted, []) == 1.0


def test_where_the_surest_are_wrong_no_answer_is_reliable() -> None:
    assert threshold(*many(30, 0.97, 15)) == 1.0


def test_the_numbers_of_a_corpus_are_those_of_the_others() -> None:
    answers = [
        corpus("a", "face", 1.0),
        corpus("b", "face", 2.0, seed=1),
        corpus("c", "voice", 1.5, seed=2),
        corpus("d", "voice", 1.0, seed=3),
        pair("a"),
    ]
    found = shifts(answers)
    titles = ["a, face", "b, face", "c, voice", "d, voice", "a, face and voice"]
    assert [one.title for one in found] == titles
    for one in found:
        fitted = fit_numbers([other for other in answers if other.name != one.answers.name])
        said, labels = fitted.probabilities(one.answers), one.answers.labels
        sure, right = (
            said.max(1) >= fitted.reliable_from[one.answers.branches],
            said.argmax(1) == labels,
        )
        assert one.scores.accuracy == one.among == right.mean()  # it has all seven classes
        assert (one.reliable, one.right) == (sure.sum(), (sure & right).sum())
    hidden = [replace(one, windows=_other(one.windows)) for one in answers if one.name == "a"]
    others = [one for one in answers if one.name != "a"]
    for one in shifts([*hidden, *others]):
        if one.answers.name == "a":
            same = next(f for f in found if f.title == one.title)
            assert one.reliable == same.reliable
            assert one.scores.accuracy < same.scores.accuracy


def _other(given: Windows) -> Windows:
    """With other labels."""
    return replace(given, labels=(given.labels + 1) % CLASSES)


def test_among_its_own_classes_a_corpus_is_never_worse() -> None:
    said = softmax(certain([(0.9, True), (0.9, False), (0.9, True), (0.9, False)]))
    labels = np.array([0, 0, 2, 2])
    said[1, 2], said[3, 0] = 0.05, 0.02  # behind class 1, which the corpus does not have
    said[1, 0], said[3, 2] = 0.06, 0.03
    assert (said.argmax(1) == labels).mean() == 0.25
    assert accuracy_among(said, labels) == 0.75


def test_only_clips_with_face_and_voice_are_in_both() -> None:
    labels = np.arange(5)
    face, voice = (log_probs(labels, 1.0, np.random.default_rng(k)) for k in range(2))
    face[1] = np.nan
    voice[3] = np.nan
    heard = windows(np.r_[labels, 6], np.r_[voice, voice[:1]])  # one more was only heard
    found = both(windows(labels, face), heard)
    assert found.windows.ids == ("0000", "0002", "0004")
    np.testing.assert_array_equal(found.parts["face"], face[[0, 2, 4]])
    np.testing.assert_array_equal(found.parts["voice"], voice[[0, 2, 4]])


def test_clips_of_a_fold_are_answered_by_the_others() -> None:
    answers, fold = pair(), np.arange(70) % 2
    seen: list[tuple[str, ...]] = []

    def fit(others: UnseenCorpus) -> Fitted:
        seen.append(others.windows.ids)
        return fit_numbers([others])

    found = by_folds(answers, fold, fit)
    ids = np.array(answers.windows.ids)
    assert seen == [tuple(ids[fold == 1]), tuple(ids[fold == 0])]
    np.testing.assert_allclose(found.sum(1), 1)
    assert (found.argmax(1) == answers.labels).mean() > 0.6


def test_stored_answers_of_two_faces_five_voices_and_both(tmp_path: Path) -> None:
    found = unseen(made_answers(tmp_path))
    names = [(one.name, one.branches) for one in found]
    assert names[:2] == [("java_sed", "face"), ("faces_tw", "face")]
    assert [name for name, branch in names if branch == "voice"] == [
        *["ravdess", "emodb", "java_sed", "nemo", "ased"],
    ]
    assert names[-1] == ("java_sed", "face+voice")
    assert [len(one.labels) for one in found] == [96, 70, 84, 84, 96, 84, 84, 94]
    rows = transfer_rows(tmp_path)
    assert list(rows) == [one.title for one in shifts(found)]
    scores, calibration = rows["emodb, voice"]
    assert (scores.n, scores.accuracy) == (84, 0.75)  # every fourth is wrong
    assert calibration is not None
