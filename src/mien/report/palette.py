"""A colour for each emotion, the same in every picture; told apart by colour-blind people too."""

from __future__ import annotations

__all__ = ["COLOURS", "rgb"]

COLOURS = {
    "angry": "#d1495b",
    "disgust": "#6a994e",
    "fear": "#7b5ea7",
    "happy": "#f2b134",
    "neutral": "#8d99ae",
    "sad": "#3a7ca5",
    "surprise": "#f28482",
}


def rgb(label: str | None) -> tuple[int, int, int]:
    """Red, green, blue in 0..255; grey for no label."""
    code = COLOURS.get(label or "", "#666666")
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)
