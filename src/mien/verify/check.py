"""Each score of a card beside what the bundle scores now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mien.bundle import Bundle
from mien.cards import ByFolds, CardScore, OnClips, OnPictures, card_scores, score_text
from mien.errors import UsageError
from mien.metrics import Scores
from mien.verify.clips import scores_on_clips
from mien.verify.missing import NotAtHandError
from mien.verify.pictures import scores_on_pictures

__all__ = ["Check", "verify"]

Verdict = Literal["same", "DIFFERS", "not at hand", "by folds", "not told"]
Progress = Callable[[str, int, int], None]

_HALF = 0.0005  # of the last digit that a card prints, 0.1 %
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Check:
    """One score of a card.

    Args:
        score: as it stands there.
        now: what the bundle scores; None where that cannot be told here.
        verdict: "same" within the printed rounding, "DIFFERS", "not at hand": the data;
            "by folds": the networks are not in the bundle; "not told": the card does not say how
            it was got.
        note: what differs or is missing, or what prints the score again.
    """

    score: CardScore
    now: Scores | None
    verdict: Verdict
    note: str = ""


def verify(bundle: Bundle, data: Path, progress: Progress | None = None) -> list[Check]:
    """Work out anew what the data allow.

    Args:
        bundle: with its card.
        data: the folder that the corpora are in.
        progress: called with (what is worked at, done, in all).

    Raises:
        UsageError: `data` is no folder, or a corpus in it is damaged.
        BundleError: the card is damaged, or a network cannot give what the card has scores of.
        MediaError: a clip cannot be read.
    """
    if not data.is_dir():
        raise UsageError(f"{data}: no such folder; give the folder that your corpora are in")
    rows = card_scores(bundle.path)
    pictures = [r.how for r in rows if isinstance(r.how, OnPictures)]
    clips = [r.how for r in rows if isinstance(r.how, OnClips)]
    found: dict[object, Scores] = {}
    missing: dict[type, str] = {}
    say = progress or (lambda *_: None)
    try:
        found |= scores_on_pictures(bundle, pictures, data, say) if pictures else {}
    except NotAtHandError as error:
        missing[OnPictures] = str(error)
    try:
        found |= scores_on_clips(bundle, clips, data, say) if clips else {}
    except NotAtHandError as error:
        missing[OnClips] = str(error)
    return [_check(row, found.get(row.how), missing.get(type(row.how), "")) for row in rows]


def _check(score: CardScore, now: Scores | None, missing: str) -> Check:
    if score.text != score_text(score.n, score.accuracy, score.interval, score.stamp):
        return Check(score, now, "DIFFERS", "the card's text is not what its own figures say")
    if isinstance(score.how, ByFolds):
        return Check(score, None, "by folds", score.how.command)
    if now is None:
        return Check(score, None, "not at hand" if score.how else "not told", missing)
    differences = _differences(score, now)
    return Check(score, now, "DIFFERS" if differences else "same", "; ".join(differences))


def _differences(score: CardScore, now: Scores) -> list[str]:
    """The figures that are not the same within the printed rounding, in words."""
    found = [f"n is {now.n}, not {score.n}"] if now.n != score.n else []
    pairs = {
        "accuracy": (now.accuracy, score.accuracy),
        "the interval's lower end": (now.interval[0], score.interval[0]),
        "the interval's upper end": (now.interval[1], score.interval[1]),
        "UAR": (now.uar, score.uar),
        "macro-F1": (now.macro_f1, score.macro_f1),
    }
    for name, (here, there) in pairs.items():
        if not abs(here - there) <= _HALF + _ROUNDING:
            found.append(f"{name} is {100 * here:.1f}, not {100 * there:.1f}")
    return found
