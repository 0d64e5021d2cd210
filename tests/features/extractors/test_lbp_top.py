from __future__ import annotations

import numpy as np
import pytest

from mien.features.extractors.lbp_top import PATTERNS, lbp_top


def plane(found: np.ndarray, number: int) -> np.ndarray:
    """The histogram of XY (0), XT (1) or YT (2) where there is one block."""
    return found[number * PATTERNS : (number + 1) * PATTERNS]


def by_hand(volume: np.ndarray, plane_axes: tuple[int, int]) -> dict[int, int]:
    """{code: how often} with three loops, one voxel and one neighbour at a time."""
    found: dict[int, int] = {}
    circle = [(-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1)]
    for t in range(1, volume.shape[0] - 1):
        for y in range(1, volume.shape[1] - 1):
            for x in range(1, volume.shape[2] - 1):
                code = 0
                for bit, (a, b) in enumerate(circle):
                    at = [t, y, x]
                    at[plane_axes[0]] += a
                    at[plane_axes[1]] += b
                    code += 2**bit * int(volume[tuple(at)] >= volume[t, y, x])
                found[code] = found.get(code, 0) + 1
    return found


def uniform_bins() -> dict[int, int]:
    """Bin of each code: in rising order those with at most two changes, all others the last."""
    bins: dict[int, int] = {}
    for code in range(256):
        bits = [code >> k & 1 for k in range(8)]
        if sum(bits[k] != bits[k - 1] for k in range(8)) <= 2:
            bins[code] = len(bins)
    return {code: bins.get(code, len(bins)) for code in range(256)}


@pytest.mark.parametrize(("number", "axes"), [(0, (1, 2)), (1, (0, 2)), (2, (0, 1))])
def test_each_plane_is_as_counted_by_hand(number: int, axes: tuple[int, int]) -> None:
    volume = np.random.default_rng(1).integers(0, 256, (5, 7, 6)).astype(np.uint8)
    wanted, bins = np.zeros(PATTERNS), uniform_bins()
    for code, count in by_hand(volume, axes).items():
        wanted[bins[code]] += count / (3 * 5 * 4)
    np.testing.assert_allclose(plane(lbp_top(volume, 1), number), wanted, atol=1e-6)


def test_59_patterns_in_three_planes_of_each_block() -> None:
    volume = np.random.default_rng(2).integers(0, 256, (10, 34, 34)).astype(np.uint8)
    found = lbp_top(volume)
    assert PATTERNS == 59
    assert found.shape == (4 * 4 * 3 * 59,)
    np.testing.assert_allclose(found.reshape(-1, 59).sum(1), 1, atol=1e-5)


def test_a_still_picture_moves_in_no_plane_of_time() -> None:
    """Every voxel has itself before and behind: XT and YT hold only what the picture has."""
    still = np.tile(np.arange(12, dtype=np.uint8)[None, :, None], (5, 1, 12))  # brighter downwards
    found = lbp_top(still, 1)
    assert plane(found, 1)[PATTERNS - 2] == 1  # XT is flat: all neighbours are as bright
    assert plane(found, 2).max() == 1  # YT: one edge everywhere
    assert plane(found, 2)[PATTERNS - 2] == 0
    np.testing.assert_array_equal(lbp_top(still, 1), lbp_top(still + np.uint8(40), 1))


@pytest.mark.parametrize("shape", [(2, 20, 20), (5, 5, 20), (5, 20)])
def test_too_little_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="at least 3 pictures"):
        lbp_top(np.zeros(shape, np.uint8))
