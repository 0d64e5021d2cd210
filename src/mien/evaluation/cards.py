"""The scores on a bundle's card, and how each of them was got.

`card.json` holds "scores", a list of `CardScore`. What "how" says decides what `mien models verify`
can do: run the bundle again on pictures or clips that its weights never saw; for a score by folds,
whose networks are not in the bundle, work it out again from what they said, where that is stored,
or else name the command that prints it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from mien.core.checked import MisfitError, checked
from mien.errors import BundleError
from mien.types import Clip

__all__ = [
    "ByFolds",
    "CardScore",
    "How",
    "OnClips",
    "OnCorpus",
    "OnPictures",
    "Stored",
    "card_score",
    "card_scores",
    "clips_sha256",
    "score_text",
]

_DIGITS = 4  # of a share on a card


class How:
    """How a score was got: one of the classes below."""

    __slots__ = ()


class OnPictures(Struct, How, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The face encoder on FER2013's private test.

    Args:
        target: "fer2013": its labels against the encoder's output of that name;
            "ferplus_majority": `mien.data.datasets.fer2013.majority` against the output "ferplus".
        flips: whether the probabilities of a picture and its mirror image are averaged.
        copies: whether pictures count that the training pictures hold too, pixel for pixel.
        temperature: that the calibration of the card was worked out at, fitted on the public test;
            None where the card has none.
    """

    corpus: Literal["fer2013"] = "fer2013"
    split: Literal["test"] = "test"
    target: Literal["fer2013", "ferplus_majority"]
    flips: bool = False
    copies: bool = True
    temperature: float | None = None


class OnClips(Struct, How, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole bundle on the clips that a manifest's official split holds out.

    Args:
        corpora: that the clips are of, as `mien data list` calls them; may be empty.
        manifest: where the table was.
        clips: `clips_sha256` of them.
        branch: the only one used; None is all together.
    """

    protocol: Literal["official split"] = "official split"
    corpora: tuple[str, ...]
    manifest: str
    clips: str
    branch: str | None


class OnCorpus(Struct, How, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One branch of the bundle on all clips of a corpus that it never saw.

    Args:
        corpus: as `mien data list` calls it.
        modality: what the clips have, as the corpus's reader says it.
        clips: `clips_sha256` of them.
        branch: the one that speaks alone.
    """

    protocol: Literal["whole corpus"] = "whole corpus"
    corpus: str
    modality: str
    clips: str
    branch: str


class Stored(Struct, How, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Networks of the folds, whose outputs are stored in the repository's `reports/`.

    Args:
        report: which of the reports made from them.
        command: prints the score from the stored answers.
        training: makes the answers again.
    """

    protocol: Literal["stored answers"] = "stored answers"
    report: Literal["voice", "fusion", "transfer"]
    command: str
    training: str


class ByFolds(Struct, How, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Networks of the folds, each on the clips it did not learn from.

    Args:
        command: prints the score again.
    """

    protocol: Literal["folds"] = "folds"
    command: str


_PROTOCOLS: Mapping[object, type[How]] = {
    None: OnPictures,
    "official split": OnClips,
    "whole corpus": OnCorpus,
    "stored answers": Stored,
    "folds": ByFolds,
}


def _method_from_json(_: type, plain: Any) -> How:
    """The method in plain JSON data, by its protocol."""
    protocol = plain.get("protocol") if isinstance(plain, Mapping) else None
    if protocol not in _PROTOCOLS:
        raise MisfitError("protocol", f"{protocol!r} is unknown")
    return checked(plain, _PROTOCOLS[protocol])


class CardScore(Struct, frozen=True):
    """One score of a card; shares are in 0..1. Further fields of a card are left out.

    Args:
        name: what was scored on what.
        text: as people read it, see `score_text`.
        n, accuracy, interval, uar, macro_f1: see `mien.evaluation.metrics.Scores`.
        stamp: what makes the figures too good; "" where nothing does.
        how: how they were got; None on cards that do not say.
        uar_interval, recalls, ece: see `mien.evaluation.metrics`; None where the card has none.
        main: whether it is shown with the bundle; False for groups and comparisons.
    """

    name: str
    text: str
    n: int
    accuracy: float
    interval: tuple[float, float]
    uar: float
    macro_f1: float
    stamp: str = ""
    how: How | None = None
    uar_interval: tuple[float, float] | None = None
    recalls: tuple[float | None, ...] | None = None
    ece: float | None = None
    main: bool = True


def score_text(n: int, accuracy: float, interval: tuple[float, float], stamp: str = "") -> str:
    """A score in words: "70.7 % (69.2-72.2, n = 3589)"."""
    low, high = interval
    note = f"; {stamp}" if stamp else ""
    return f"{100 * accuracy:.1f} % ({100 * low:.1f}-{100 * high:.1f}, n = {n}{note})"


def card_score(
    name: str,
    n: int,
    accuracy: float,
    interval: tuple[float, float],
    uar: float,
    macro_f1: float,
    how: How,
    stamp: str = "",
) -> CardScore:
    """A score for a card: rounded, and with its text."""
    share, low, high = (round(value, _DIGITS) for value in (accuracy, *interval))
    return CardScore(
        name=name,
        text=score_text(n, share, (low, high), stamp),
        n=n,
        accuracy=share,
        interval=(low, high),
        uar=round(uar, _DIGITS),
        macro_f1=round(macro_f1, _DIGITS),
        stamp=stamp,
        how=how,
    )


def card_scores(folder: Path) -> tuple[CardScore, ...]:
    """The scores on the card of a bundle.

    Args:
        folder: of the bundle.

    Raises:
        BundleError: no card, or a damaged one; says where.
    """
    path = folder / "card.json"
    try:
        rows = msgspec.json.decode(path.read_bytes()).get("scores", [])
        return checked(rows, tuple[CardScore, ...], _method_from_json)
    except OSError as error:
        raise BundleError(f"{path}: cannot be read ({error.strerror}); get it again") from None
    except MisfitError as error:
        where = f"scores.{error.where}" if error.where else "scores"
        raise BundleError(f"{path}: damaged at '{where}': {error.what}") from None
    except (ValueError, AttributeError, RecursionError):
        raise BundleError(f"{path}: damaged, not a JSON object; get the bundle again") from None


def clips_sha256(clips: Iterable[Clip]) -> str:
    """A hash of labelled clips, independent of where the table and the files are."""
    rows = sorted([c.id, c.label, f"{c.start}", f"{c.end}"] for c in clips)
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()
