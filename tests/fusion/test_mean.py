from __future__ import annotations

from mien.fusion.mean import FusedMean

from .clips import spoken


def test_a_mean_worked_out_by_hand() -> None:
    fused = FusedMean(("a", "b", "c"), 3)
    said = fused.batch(
        {
            "a": spoken([0.6, 0.3, 0.1], [0.6, 0.3, 0.1]),
            "b": spoken([0.1, 0.8, 0.1], []),
            "c": spoken([0.2, 0.1, 0.7], [0.2, 0.1, 0.7]),
        }
    )
    assert said.round(9).tolist() == [[0.3, 0.4, 0.3], [0.4, 0.2, 0.4]]


def test_a_temperature_of_two_takes_square_roots() -> None:
    fused = FusedMean(("a",), 2, temperature=2.0)
    assert fused.batch({"a": spoken([0.8, 0.2])}).round(9).tolist() == [
        [round(2 / 3, 9), round(1 / 3, 9)]
    ]
