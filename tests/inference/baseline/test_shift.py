from __future__ import annotations

import numpy as np
import pytest

import mien
from mien.inference.baseline.shift import Reference, centred, estimate, reference
from mien.labels import EMOTIONS

CLASSES = 7


def people(rng: np.random.Generator, shift: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Rows of somebody with a shift of their own."""
    noise = rng.normal(0, 0.6, (len(labels), CLASSES))
    return centred(3.0 * np.eye(CLASSES)[labels] + shift + noise)


KNOWN = Reference(centred(3.0 * np.eye(CLASSES)), 20.0)
SHIFT = centred(np.array([0.9, -0.4, 0.0, -0.9, 0.3, 0.4, -0.3]))


def test_a_long_baseline_finds_the_shift() -> None:
    rng = np.random.default_rng(1)
    rows = people(rng, SHIFT, rng.integers(0, CLASSES, 400))
    found = estimate(rows, 4000.0, KNOWN)
    assert found == pytest.approx(SHIFT, abs=0.15)
    assert found.sum() == pytest.approx(0)


def test_one_mood_is_taken_for_the_person_far_less_than_by_its_mean() -> None:
    rng = np.random.default_rng(1)
    rows = people(rng, SHIFT, np.full(400, 4))
    found, plain = estimate(rows, 20.0, KNOWN), 0.5 * centred(rows.mean(0))
    wanted = 0.5 * SHIFT
    assert abs(found - wanted)[4] < 0.5 * abs(plain - wanted)[4]
    others = [k for k in range(CLASSES) if k != 4]
    assert np.corrcoef(found[others], wanted[others])[0, 1] > 0.9


@pytest.mark.parametrize(("seconds", "share"), [(0.0, 0.0), (20.0, 0.5), (1e6, 1.0)])
def test_a_short_baseline_shifts_less(seconds: float, share: float) -> None:
    rng = np.random.default_rng(1)
    rows = people(rng, SHIFT, rng.integers(0, CLASSES, 400))
    found = estimate(rows, seconds, KNOWN)
    assert found == pytest.approx(share * SHIFT, abs=0.15)


def test_answers_without_a_shift_get_none() -> None:
    assert estimate(KNOWN.means, 1e6, KNOWN) == pytest.approx(np.zeros(CLASSES), abs=1e-2)


def test_what_ships_is_about_the_default_bundle() -> None:
    """A bundle with another name has none, and says so; see benchmarks/baseline.py."""
    known = reference(mien.load().spec.name)
    assert set(known) == {"face", "voice"}
    for labels, one in known.values():
        assert labels == EMOTIONS.names
        assert one.means.shape == (CLASSES, CLASSES)
        assert one.means.sum(1) == pytest.approx(np.zeros(CLASSES), abs=1e-2)
        assert one.seconds > 0
    assert reference("other") == {}
