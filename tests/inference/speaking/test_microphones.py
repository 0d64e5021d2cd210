"""Whose voice it is where each person has a channel of the sound."""

from __future__ import annotations

import numpy as np

from mien.inference.speaking.microphones import by_channel, loudest_channels
from mien.inference.speaking.who import OFF_SCREEN


def levels(*pairs: tuple[float, float]) -> dict[int, np.ndarray]:
    """Five steps for each cell, all alike."""
    return {5 * cell + k: np.array(pair) for cell, pair in enumerate(pairs) for k in range(5)}


def test_a_cell_is_of_the_channel_that_is_much_louder() -> None:
    found = loudest_channels(levels((1, 0.1), (0.1, 1), (1, 0.5), (0, 0)), [0, 1, 2, 3, 9])
    assert found == {0: 0, 1: 1}
    assert loudest_channels({0: np.array([1.0])}, [0]) == {}
    assert loudest_channels({}, [0]) == {}


def test_a_channel_is_of_whoever_moves_the_mouth_while_it_is_heard() -> None:
    channels = {0: 0, 1: 0, 2: 1, 3: 1}
    odds = [{0: -2.0, 1: -1.0, 2: 3.0, 3: 2.0}, {0: 2.0, 1: -0.5, 2: 2.5, 3: 2.9}]
    assert by_channel(channels, odds) == {0: 1, 1: 1, 2: 0, 3: 0}


def test_a_channel_that_goes_with_no_mouth_is_off_screen() -> None:
    channels = {0: 0, 1: 1}
    assert by_channel(channels, [{0: -1.0, 1: 2.0}]) == {0: OFF_SCREEN, 1: 0}
    assert by_channel(channels, []) == {0: OFF_SCREEN, 1: OFF_SCREEN}
    both = by_channel(channels, [{0: 1.0, 1: 2.0}])
    assert both == {0: OFF_SCREEN, 1: 0}  # nobody has two microphones
