"""Boxes, labels and bars drawn onto a picture."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.output.report.cells import GAP, clip_window, window_at
from mien.output.report.palette import rgb
from mien.types import Person, Prediction, Span

__all__ = ["annotate", "box_at", "boxes_only"]

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_WHITE, _SOFT, _DARK = (255, 255, 255), (205, 205, 205), (20, 20, 20)
_LETTERS = 18  # of a label's name
_LEAST = 7  # bars; a panel of fewer says too little

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class _Look:
    """Sizes in pixels that go with the picture: text height, line thickness, padding."""

    text: float
    line: int
    pad: int

    @classmethod
    def of(cls, picture: Picture) -> _Look:
        side = min(picture.shape[:2])
        return cls(max(9.0, side / 30), max(1, round(side / 240)), max(2, round(side / 110)))

    @property
    def scale(self) -> float:
        """OpenCV's font scale; its capitals are 21 px high at 1."""
        return self.text / 21

    @property
    def stroke(self) -> int:
        return max(1, round(self.text / 11))


def annotate(picture: Picture, p: Prediction, time: float) -> Picture:
    """Draw what is known at `time` seconds onto a copy of an (H,W,3) RGB picture.

    A box, number and label for each person in view, and bars of the fused probabilities of the
    window. Boxes are in pixels of this picture.
    """
    picture, look = picture.copy(), _Look.of(picture)
    window = clip_window(p, time)
    if window is not None:
        _panel(picture, p, window, look)
    for person in reversed(p.people):  # the main person on top
        box = box_at(person, time)
        if box is not None:
            _person(picture, person, box, window_at(person.timeline, time), p.labels, look)
    return picture


def boxes_only(picture: Picture, p: Prediction, time: float, scale: float) -> Picture:
    """Draw box and number of each person in view onto a copy; `scale` as in `KeyFrame`."""
    picture, look = picture.copy(), _Look.of(picture)
    for person in reversed(p.people):
        box = box_at(person, time)
        if box is not None:
            window = window_at(person.timeline, time)
            colour = rgb(None if window is None else window.label, p.labels)
            _box(picture, box / scale, str(person.id), colour, look)
    return picture


def box_at(person: Person, time: float) -> NDArray[np.float64] | None:
    """Where a face is at `time` s: (4,) x0, y0, x1, y1 between its two nearest sights.

    None where the person is out of view: more than `GAP` from any sight, or in a pause between
    two sights that is longer than that and not within half a `GAP` of either.
    """
    times = person.times
    if not len(times):
        return None
    right = min(int(np.searchsorted(times, time)), len(times) - 1)
    left = max(0, right - 1) if times[right] > time else right
    before, after = float(times[left]), float(times[right])
    a, b = (person.boxes[k].astype(np.float64) for k in (left, right))
    if before <= time <= after and after - before <= GAP:
        share = (time - before) / (after - before) if after > before else 0.0
        return np.asarray(a + share * (b - a), np.float64)
    near, box = min(((abs(time - t), box) for t, box in ((before, a), (after, b))), key=_first)
    return box if near <= GAP / 2 else None


def _first(item: tuple[float, NDArray[np.float64]]) -> float:
    return item[0]


def _person(
    picture: Picture,
    person: Person,
    box: NDArray[np.float64],
    window: Span | None,
    labels: tuple[str, ...],
    look: _Look,
) -> None:
    text, label = str(person.id), None if window is None else window.label
    if window is not None and label is not None and window.probabilities is not None:
        text = f"{person.id}  {_ascii(label)} {window.probabilities[label]:.0%}"
    _box(picture, box, text, rgb(label, labels), look)


def _box(
    picture: Picture, box: NDArray[np.float64], text: str, colour: Colour, look: _Look
) -> None:
    x0, y0, x1, y1 = (round(float(v)) for v in box)
    cv2.rectangle(picture, (x0, y0), (x1, y1), _DARK, look.line + 2, cv2.LINE_AA)
    cv2.rectangle(picture, (x0, y0), (x1, y1), colour, look.line, cv2.LINE_AA)
    _plate(picture, text, (x0, y0), colour, look)


def _plate(
    picture: Picture, text: str, corner: tuple[int, int], colour: Colour, look: _Look
) -> None:
    """Text on a plate of the label's colour, above a box, kept within the picture."""
    (width, height), base = cv2.getTextSize(text, _FONT, look.scale, look.stroke)
    wide, high = width + 2 * look.pad, height + base // 2 + 2 * look.pad
    x = min(max(0, corner[0] - look.line // 2), max(0, picture.shape[1] - wide))
    y = min(max(high, corner[1]), picture.shape[0])
    cv2.rectangle(picture, (x, y - high), (x + wide, y), colour, -1)
    origin = (x + look.pad, y - look.pad - base // 2)
    cv2.putText(picture, text, origin, _FONT, look.scale, _ink(colour), look.stroke, cv2.LINE_AA)


def _ink(colour: Colour) -> Colour:
    """Black or white, whichever is easier to read on a colour (relative luminance, WCAG 2)."""
    linear = [(c / 255) ** 2.2 for c in colour]
    bright = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return _DARK if bright > 0.18 else _WHITE


def _panel(picture: Picture, p: Prediction, window: Span, look: _Look) -> None:
    """Slim bars of the probabilities in the upper left corner, on a darkened plate.

    Subtitles are mostly at the foot. Left out where it would cover more than 60 % of the
    picture's height or width; of many labels those that fit are shown.
    """
    row, margin = round(look.text * 1.75), 2 * look.pad
    labels = _shown(p, int((0.6 * picture.shape[0] - margin) / row))
    names = max((_width(_ascii(name), look) for name in labels), default=0)
    bar = round(look.text * 5)
    width, height = names + bar + 3 * margin, row * len(labels) + margin
    if not labels or width > 0.6 * picture.shape[1]:
        return
    plate = picture[:height, :width]
    plate[:] = cv2.convertScaleAbs(plate, alpha=0.22)
    for k, name in enumerate(labels):
        y = margin // 2 + row * k + round(0.5 * row + 0.42 * look.text)
        ink = _WHITE if name == window.label else _SOFT
        _write(picture, _ascii(name), (margin, y), ink, look)
        left, mid = names + 2 * margin, y - round(0.42 * look.text)
        half = max(1, round(look.text * 0.28))
        cv2.rectangle(picture, (left, mid - half), (left + bar, mid + half), (70, 70, 70), -1)
        if window.probabilities is not None:
            end = left + round(bar * min(1.0, window.probabilities[name]))
            colour = rgb(name, p.labels)
            cv2.rectangle(picture, (left, mid - half), (end, mid + half), colour, -1)


def _shown(p: Prediction, most: int) -> list[str]:
    """Labels with a bar, the same in every frame: all, or the likeliest over the whole clip.

    Empty where fewer than `_LEAST` of them fit.
    """
    if most < min(_LEAST, len(p.labels)):
        return []
    values: Mapping[str, float] = p.probabilities or {}
    chosen = sorted(p.labels, key=lambda name: -values.get(name, 0.0))[:most]
    return [name for name in p.labels if name in chosen]


def _ascii(text: str) -> str:
    """What OpenCV's font can draw, accents left away, in a length that fits."""
    plain = unicodedata.normalize("NFKD", text)
    shown = "".join(c for c in plain if not unicodedata.combining(c))
    shown = "".join(c if c.isascii() and c.isprintable() else "?" for c in shown)
    return shown if len(shown) <= _LETTERS else shown[: _LETTERS - 2] + ".."


def _width(text: str, look: _Look) -> int:
    return cv2.getTextSize(text, _FONT, look.scale * 0.9, look.stroke)[0][0]


def _write(picture: Picture, text: str, origin: tuple[int, int], ink: Colour, look: _Look) -> None:
    cv2.putText(picture, text, origin, _FONT, look.scale * 0.9, ink, look.stroke, cv2.LINE_AA)
