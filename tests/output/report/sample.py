"""A prediction made by hand: 12 s, two people, both branches; the voice pauses from 4 to 5.5 s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.labels import EMOTIONS
from mien.types import BranchSay, KeyFrame, Person, Prediction, Reason, Span, Speech

SIZE = (640, 360)
EIGHT = ("neutral", "calm", "happy", "sad", "angry", "fear", "disgust", "surprise")
HOSTILE = ("</style><script>", 'a "quoted" name', "pleasant surprise", "x};*{color:red",
           "it's &amp;", "start", "[bold]", "überrascht\x1b[31m\n\n{2}")  # fmt: skip
FIVE = ("vgg", "vgg_blstm", "c3d", "is10", "audio_maps")
Values = Mapping[str, float]


def sure(label: str, p: float = 0.7) -> dict[str, float]:
    """`p` for one label, the rest shared evenly."""
    rest = (1 - p) / (len(EMOTIONS) - 1)
    return {name: p if name == label else rest for name in EMOTIONS.names}


def jpeg(grey: int = 90, size: tuple[int, int] = (32, 32)) -> bytes:
    picture = np.full((size[1], size[0], 3), grey, np.uint8)
    return cv2.imencode(".jpg", picture)[1].tobytes()


def span(start: float, face: Values | None, voice: Values | None, length: float = 2.0) -> Span:
    """The fused one is the mean of what is there."""
    there = [values for values in (face, voice) if values is not None]
    fused = None
    if there:
        fused = {name: sum(v[name] for v in there) / len(there) for name in EMOTIONS.names}
    label = None if fused is None else max(fused, key=lambda name: fused[name])
    return Span(start, start + length, label, fused, {"face": face, "voice": voice})


def speaking() -> Prediction:
    """The same where person 2 speaks from 9 to 11 s, and somebody off screen from 6 to 8 s."""
    p = prediction()
    first, second = p.people
    speech = Speech(2.0, ((9.0, 11.0),), sure("fear"), sure("sad"))
    windows = [
        replace(w, speaker={6.0: "off screen", 9.5: 2}.get(w.start))  # type: ignore[arg-type]
        for w in p.timeline
    ]
    return replace(p, people=(first, replace(second, speech=speech)), timeline=tuple(windows))


def timeline() -> tuple[Span, ...]:
    """Happy up to the window at 4 s, then sad."""
    starts = [k / 2 for k in range(21)]
    return tuple(
        span(
            start,
            sure("happy" if start < 4 else "sad"),
            None if 4 <= start < 5.5 else sure("happy" if start < 4 else "sad", 0.5),
        )
        for start in starts
    )


def person(number: int, times: NDArray[np.float64], x: float, label: str) -> Person:
    """A box of 100 x 120 px that moves 10 px/s to the right."""
    left = x + 10 * times
    boxes = np.stack([left, left * 0 + 60, left + 100, left * 0 + 180], 1).astype(np.float32)
    starts = [s for s in (k / 2 for k in range(21)) if ((times >= s) & (times < s + 2)).any()]
    spans = tuple(Span(s, s + 2, label, sure(label), {"face": sure(label)}) for s in starts)
    return Person(
        number, float(times[0]), float(times[-1]), sure(label), spans, times, boxes, jpeg()
    )


def prediction(path: str = "/clips/a.mp4") -> Prediction:
    first = np.arange(60) / 5
    second = np.concatenate([np.arange(10, 31) / 5, np.arange(40, 60) / 5])  # away from 6 to 8 s
    return Prediction(
        source={"path": path, "sha256": "ab" * 32, "duration": 12.0, "complete": True},
        model={"name": "mien-small-1", "sha256": "cd" * 32},
        label="happy",
        probabilities=sure("happy", 0.6),
        confidence=0.6,
        reliable=True,
        reasons=(),
        branches={
            "face": BranchSay(True, None, 0.55, sure("happy")),
            "voice": BranchSay(True, None, 0.45, sure("happy", 0.5)),
        },
        timeline=timeline(),
        people=(person(1, first, 60, "happy"), person(2, second, 320, "angry")),
        size=SIZE,
        labels=EMOTIONS.names,
        key_frames=(KeyFrame(0.0, jpeg(60, (320, 180)), 2.0), KeyFrame(6.0, jpeg(), 20.0)),
    )


def nothing(path: str = "/clips/dark.mp4") -> Prediction:
    """Neither face nor voice."""
    why = {"face": "no face found in 60 pictures", "voice": "the sound is silent (12.0 s)"}
    return Prediction(
        source={"path": path, "sha256": "ab" * 32, "duration": 12.0, "complete": False},
        model={"name": "mien-small-1", "sha256": "cd" * 32},
        label=None,
        probabilities=None,
        confidence=None,
        reliable=False,
        reasons=(Reason("no_evidence", "neither a face nor a voice was found"),),
        branches={name: BranchSay(False, text, 0.0, None) for name, text in why.items()},
        timeline=tuple(span(k / 2, None, None) for k in range(21)),
        people=(),
        size=SIZE,
        labels=EMOTIONS.names,
    )


def eight(labels: tuple[str, ...] = EIGHT, branches: tuple[str, ...] = FIVE) -> Prediction:
    """The answer of another bundle: 12 s, a person, the third branch absent, no weights."""
    windows = tuple(_other(k, labels, branches) for k in range(21))
    last = windows[-1]
    face = tuple(replace(w, branches={branches[0]: w.probabilities}) for w in windows)
    assert last.probabilities is not None
    says = {
        name: BranchSay(True, None, None, values)
        if values is not None
        else BranchSay(False, "no face found in 60 pictures", 0.0, None)
        for name, values in last.branches.items()
    }
    one = person(1, np.arange(60) / 5, 60, "happy")
    return replace(
        prediction(),
        label=last.label,
        probabilities=last.probabilities,
        confidence=max(last.probabilities.values()),
        branches=says,
        timeline=windows,
        people=(replace(one, probabilities=last.probabilities, timeline=face),),
        labels=labels,
    )


def _other(k: int, labels: tuple[str, ...], branches: tuple[str, ...]) -> Span:
    """Every label is the likeliest for a while; the branches are not quite of one mind."""
    at = np.arange(len(labels))
    rows = [
        np.exp(-((at - k * len(labels) / 21 - shift) ** 2) / 3) for shift in range(len(branches))
    ]
    said = {
        name: None if number == 2 else dict(zip(labels, (row / row.sum()).tolist(), strict=True))
        for number, (name, row) in enumerate(zip(branches, rows, strict=True))
    }
    total = rows[0] / rows[0].sum()
    return Span(k / 2, k / 2 + 2, labels[int(total.argmax())],
                dict(zip(labels, total.tolist(), strict=True)), said)  # fmt: skip
