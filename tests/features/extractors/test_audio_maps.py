from __future__ import annotations

import numpy as np
import pytest

from mien.features.extractors.audio_maps import audio_maps, padded


def numbered(count: int) -> np.ndarray:
    """Row t holds t * 100 + feature, so that any value tells where it comes from."""
    return (100.0 * np.arange(count)[:, None] + np.arange(34)).astype(np.float32)


@pytest.mark.parametrize(
    ("columns", "after", "maps"),
    [(1, 34, 1), (17, 34, 1), (34, 34, 1), (35, 51, 2), (51, 51, 2), (52, 68, 3), (170, 170, 9)],
)
def test_columns_and_maps_are_counted_as_in_the_paper(columns: int, after: int, maps: int) -> None:
    assert padded(columns) == after
    found = audio_maps(numbered(columns))
    assert found.shape == (maps, 34, 34)
    assert maps == (after - 17) // 17


def test_a_map_shows_features_down_and_time_across() -> None:
    first, second = audio_maps(numbered(51))
    assert first[3, 5] == 503
    assert second[3, 5] == (17 + 5) * 100 + 3
    np.testing.assert_array_equal(first[:, 17:], second[:, :17])  # 50 % overlap


def test_the_last_column_is_repeated() -> None:
    last = audio_maps(numbered(40))[-1]
    np.testing.assert_array_equal(last[:, 22:], np.repeat(last[:, 22:23], 12, 1))
    assert last[0, 22] == 3900


def test_times_go_the_same_way_and_nothing_gives_nothing() -> None:
    times = 0.05 * np.arange(51)
    np.testing.assert_allclose(audio_maps(times).mean(1), [16.5 * 0.05, 33.5 * 0.05])
    assert audio_maps(numbered(0)).shape == (0, 34, 34)
    assert audio_maps(times[:0]).shape == (0, 34)
