"""A colour for each label, the same in every picture.

The seven emotions have their own; other labels get further ones. Chosen so that no two of these
fifteen come closer than 14 (CIE 1976 colour difference) for people with protanopia, deuteranopia
or tritanopia; a test works it out. Text and numbers stand beside every colour all the same.
"""

from __future__ import annotations

import colorsys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import chain, count
from types import MappingProxyType

from mien.labels import EMOTIONS

__all__ = ["COLOURS", "colours", "css", "rgb"]

COLOURS = {
    "angry": "#d6452f",
    "disgust": "#1f8a5b",
    "fear": "#86368a",
    "happy": "#f2b827",
    "neutral": "#a7abb3",
    "sad": "#2f70bd",
    "surprise": "#56c7ea",
}

_FURTHER = (
    "#84ca68",
    "#e67622",
    "#7614e6",
    "#caa092",
    "#685a68",
    "#a03030",
    "#8468f4",
    "#4c3ebc",
)
"""For labels that are none of the seven; visible on a light page and on a dark one."""

_NONE = "#666c76"
_TURN = 0.381966  # of the colour circle: the golden angle, so that hues never come round again


@lru_cache(maxsize=64)
def colours(labels: tuple[str, ...]) -> Mapping[str, str]:
    """{label: "#rrggbb"}, the same for the same labels in the same order."""
    unused = (code for name, code in COLOURS.items() if name not in labels)
    more = chain(_FURTHER, unused, _generated())
    return MappingProxyType({name: COLOURS.get(name) or next(more) for name in labels})


def css(label: str, labels: tuple[str, ...]) -> str:
    """The colour of one of `labels` on a page; the seven emotions' are variables of its style.

    They are other ones on a dark page (`report/page.html`).
    """
    return f"var(--{label})" if label in COLOURS else colours(labels)[label]


def _generated() -> Iterator[str]:
    """Colours without end, for label sets of more than anyone can tell apart by colour."""
    for k in count(1):
        red, green, blue = colorsys.hls_to_rgb(k * _TURN % 1, (0.4, 0.55, 0.7)[k % 3], 0.55)
        yield f"#{round(255 * red):02x}{round(255 * green):02x}{round(255 * blue):02x}"


def rgb(label: str | None, labels: tuple[str, ...] = EMOTIONS.names) -> tuple[int, int, int]:
    """Red, green, blue in 0..255 of one of `labels`; grey for none of them."""
    code = colours(labels).get(label or "", _NONE)
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)
