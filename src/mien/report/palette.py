"""A colour for each emotion, the same in every picture.

Chosen so that no two of them come closer than 14 (CIE 1976 colour difference) for people with
protanopia, deuteranopia or tritanopia; a test works it out. Text and numbers stand beside every
colour all the same.
"""

from __future__ import annotations

__all__ = ["COLOURS", "rgb"]

COLOURS = {
    "angry": "#d6452f",
    "disgust": "#1f8a5b",
    "fear": "#86368a",
    "happy": "#f2b827",
    "neutral": "#a7abb3",
    "sad": "#2f70bd",
    "surprise": "#56c7ea",
}

_NONE = "#666c76"


def rgb(label: str | None) -> tuple[int, int, int]:
    """Red, green, blue in 0..255; grey for no label."""
    code = COLOURS.get(label or "", _NONE)
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)
