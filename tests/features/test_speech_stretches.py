from __future__ import annotations

import numpy as np
import pytest

from mien.features.speech import FRAME
from mien.features.speech_stretches import SpeechStretches

SECOND = 16000 / FRAME  # frames


def spans(loud: list[float], speech: list[bool], step: int = 7) -> list[tuple[float, float]]:
    """Stretches in frames, of sound with this loudness and these decisions a frame."""
    made = SpeechStretches()
    sound = np.repeat(np.array(loud, np.float32), FRAME)
    for k in range(0, len(loud), step):
        made.push(sound[k * FRAME : (k + step) * FRAME], np.array(speech[k : k + step]))
    return [(start * SECOND, end * SECOND) for start, end in made.spans()]


def test_a_stretch_begins_where_the_sound_rose() -> None:
    loud = [0.001] * 30 + [0.1] * 30
    speech = [False] * 40 + [True] * 20
    assert spans(loud, speech) == [pytest.approx((30, 60))]
    assert spans(loud, speech, 1) == spans(loud, speech, 60)


def test_over_music_it_begins_where_speech_is_found() -> None:
    assert spans([0.1] * 60, [False] * 40 + [True] * 20) == [pytest.approx((40, 60))]


def test_a_file_may_begin_with_speech() -> None:
    assert spans([0.1] * 40, [False] * 12 + [True] * 28) == [pytest.approx((0, 40))]


def test_pauses_up_to_half_a_second_are_part_of_it_and_blips_are_none() -> None:
    quiet = [0.0] * 100
    speech = [20 <= k < 40 or 50 <= k < 60 or k in (90, 91) for k in range(100)]
    assert spans(quiet, speech) == [pytest.approx((20, 60))]
    apart = [20 <= k < 40 or 60 <= k < 70 for k in range(100)]
    assert spans(quiet, apart) == [pytest.approx((20, 40)), pytest.approx((60, 70))]


def test_silence_that_is_leapt_over_counts() -> None:
    made = SpeechStretches()
    made.push(np.ones(10 * FRAME, np.float32), np.ones(10, bool))
    made.leap(1000)
    made.push(np.ones(10 * FRAME, np.float32), np.ones(10, bool))
    found = [(round(a * SECOND), round(b * SECOND)) for a, b in made.spans()]
    assert found == [(0, 10), (1010, 1020)]
