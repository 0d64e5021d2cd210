"""The head of the voice: how recordings weigh, what speakers share, and what is folded into it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mien.data.datasets.speech_corpora import Utterance
from mien.labels import EMOTIONS
from project.bundle.voice_data import Sounds
from project.bundle.voice_fit import RECIPE, even, fit, speaker_directions

SIZE = 24
LABELS = ("angry", "happy", "sad")


def sounds(count: int = 120, voice: float = 4.0, copies: int = 1) -> list[Sounds]:
    """Recordings of two corpora and six speakers, who differ in dimension 23, whatever they say."""
    draw, result = np.random.default_rng(0), []
    for k in range(count):
        label, speaker = k % 3, k // 3 % 6
        corpus = ("emodb", "ravdess")[speaker % 2]
        states = draw.normal(0, 1, (1 + copies, SIZE)).astype(np.float32)
        states[:, label] += 3
        states[:, -1] += voice * (speaker - 2.5)
        one = Utterance(f"{k:03}", Path("x"), LABELS[label], str(speaker), corpus)
        result.append(Sounds(one, states, {}))
    return result


def answers(given: list[Sounds], head: object) -> np.ndarray:
    return np.asarray(head(np.stack([s.states[0] for s in given]))).argmax(1)  # type: ignore[operator]


def truth(given: list[Sounds]) -> np.ndarray:
    return np.array([EMOTIONS.index(s.utterance.label) for s in given])


def test_corpora_weigh_the_same_and_so_do_their_classes() -> None:
    corpora = np.array(["a", "a", "a", "a", "b", "b"])
    weights = even(np.array([0, 0, 0, 1, 2, 2]), corpora)
    np.testing.assert_allclose(weights, [1 / 6, 1 / 6, 1 / 6, 1 / 2, 1 / 2, 1 / 2])


def test_the_direction_in_which_speakers_differ_by_hand() -> None:
    """Two speakers who stand 2 apart in the second dimension; the first one is the class."""
    rows = np.array([[5.0, 1, 0], [5, -1, 0], [-5, 1, 0], [-5, -1, 0]])
    labels, speakers = np.array([0, 0, 1, 1]), np.array(["a", "b", "a", "b"])
    found = speaker_directions(rows, labels, speakers, 1)
    np.testing.assert_allclose(np.abs(found), [[0, 1, 0]], atol=1e-12)


def test_who_showed_what_is_no_difference_of_speakers() -> None:
    """A speaker who is only ever angry stands apart by what they show, which does not count."""
    rows = np.array([[5.0, 0.5, 0], [5, -0.5, 0], [-5, 0.5, 0], [-5, -0.5, 0]])
    rows = np.concatenate([rows, [[5.0, 0.0, 0.1]]])
    labels, speakers = np.array([0, 0, 1, 1, 0]), np.array(["a", "b", "a", "b", "angry"])
    found = speaker_directions(rows, labels, speakers, 1)
    np.testing.assert_allclose(np.abs(found), [[0, 1, 0]], atol=0.05)


def test_a_speaker_of_many_recordings_counts_for_more_up_to_forty() -> None:
    def first(of_a: int) -> np.ndarray:
        rows = np.array([[1.0, 0]] * of_a + [[0, 1.4]])
        speakers = np.array(["a"] * of_a + ["b"])
        # Offsets stay what they are, since the mean of the class is at zero in both dimensions.
        rows = np.concatenate([rows, -rows])
        names = np.concatenate([speakers, np.char.add(speakers, "'")])
        return np.abs(speaker_directions(rows, np.zeros(len(rows), np.int64), names, 1)[0])

    np.testing.assert_allclose(first(1), [0, 1], atol=1e-12)
    np.testing.assert_allclose(first(4), [1, 0], atol=1e-12)


def test_directions_are_orthonormal_and_as_many_as_asked() -> None:
    draw = np.random.default_rng(0)
    rows, labels = draw.normal(size=(60, 5)), np.arange(60) % 3
    found = speaker_directions(rows, labels, np.array(list(map(str, np.arange(60) % 7))), 3)
    np.testing.assert_allclose(found @ found.T, np.eye(3), atol=1e-12)


def test_the_head_learns_and_does_not_see_who_speaks() -> None:
    given = sounds()
    head = fit(given, replace(RECIPE, nuisance=1))
    assert head.weights.shape == (SIZE, len(EMOTIONS))
    assert (answers(given, head) == truth(given)).mean() > 0.9
    seen = fit(given, replace(RECIPE, nuisance=0))
    assert np.abs(head.weights[-1]).max() < 0.1 * np.abs(seen.weights[:3]).max()
    moved = np.stack([s.states[0] for s in given])
    changed = moved.copy()
    changed[:, -1] += 20  # another speaker than ever heard
    assert (head(changed).argmax(1) == head(moved).argmax(1)).mean() > 0.95


def test_what_was_standardised_is_folded_in() -> None:
    """The same recordings, measured in other units from another zero, are answered alike."""
    given = sounds()
    scale, zero = np.linspace(0.5, 20, SIZE, dtype=np.float32), np.float32(3)
    other = [replace(s, states=s.states * scale + zero) for s in given]
    first, second = fit(given), fit(other)
    np.testing.assert_allclose(
        second(np.stack([s.states[0] for s in other])),
        first(np.stack([s.states[0] for s in given])),
        atol=0.05,
    )


def test_altered_versions_count_as_told_and_silence_not_at_all() -> None:
    given = sounds()
    alone = fit([replace(s, states=s.states[:1]) for s in given])
    nothing = np.full((1, SIZE), np.nan, np.float32)
    silent = [replace(s, states=np.concatenate([s.states[:1], nothing])) for s in given]
    np.testing.assert_array_equal(fit(silent).weights, alone.weights)
    # As a version that says the opposite, the other one is believed half as much.
    wrong = [replace(s, states=np.stack([s.states[0], -s.states[0]])) for s in given]
    light, heavy = (fit(wrong, replace(RECIPE, altered=w)) for w in (0.05, 20.0))
    assert (answers(given, light) == truth(given)).mean() > 0.9
    assert (answers(given, heavy) == truth(given)).mean() < 0.5


def test_a_class_that_nobody_showed_is_never_said() -> None:
    given = sounds()
    said = fit(given)(np.stack([s.states[0] for s in given]))
    assert said[:, EMOTIONS.index("disgust")].max() < -9
    np.testing.assert_allclose(np.exp(said).sum(1), 1)


def test_no_more_directions_than_speakers_differ_in() -> None:
    rows = np.array([[5.0, 1, 0], [5, -1, 0], [-5, 1, 0], [-5, -1, 0]])
    labels, speakers = np.array([0, 0, 1, 1]), np.array(["a", "b", "a", "b"])
    assert speaker_directions(rows, labels, speakers, 4).shape == (1, 3)


def test_the_order_of_the_recordings_does_not_matter() -> None:
    given = sounds()
    first, second = fit(given), fit(given[::-1])
    np.testing.assert_allclose(first.weights, second.weights, atol=1e-3)
    assert first.bias == pytest.approx(second.bias, abs=1e-2)
