"""Figures and sentences, the same in the terminal and on the page."""

from __future__ import annotations

from collections.abc import Sequence

from mien.evaluation.agree.result import ANSWERS, Coverage, Estimate, Lag, Pair, Study
from mien.output.report.chart import clock

__all__ = [
    "coverage",
    "kappa",
    "lag",
    "names",
    "pair_name",
    "percent",
    "raters",
    "summary",
    "title",
    "uncoded",
    "units",
]

_NONE = "–"


def title(study: Study) -> str:
    """Who is compared."""
    return names([*([ANSWERS] if study.answers else []), *study.coders])


def names(raters: Sequence[str]) -> str:
    """As in "anna, ben and cem"; of more than four the first ones, and how many more."""
    few = list(raters[:4]) + ([f"{len(raters) - 4} more"] if len(raters) > 4 else [])
    return few[0] if len(few) == 1 else f"{', '.join(few[:-1])} and {few[-1]}"


def pair_name(pair: Pair | Lag) -> str:
    """As in "anna and mien"."""
    return f"{pair.first} and {pair.second}"


def raters(scale_raters: Sequence[str]) -> str:
    """Who gave the numbers of a scale."""
    return names(scale_raters)


def units(study: Study, n: int = 2) -> str:
    """What the summary counts: coded stretches or windows, in the singular for `n` = 1."""
    if study.by == "event":
        return "coded stretches" if n != 1 else "coded stretch"
    return f"windows of {study.window:g} s" if n != 1 else f"window of {study.window:g} s"


def percent(value: Estimate | None) -> str:
    """A share with its interval, as in "71 % (65–77)"; a dash where it is not defined."""
    if value is None or value.value is None:
        return _NONE
    text = f"{100 * value.value:.0f} %"
    if value.interval is None:
        return text
    low, high = (100 * bound for bound in value.interval)
    return f"{text} ({low:.0f}–{high:.0f})"


def kappa(value: Estimate | None, signed: bool = False) -> str:
    """With its interval, as in "0.42 (0.35 to 0.49)"; a dash where it is not defined."""
    if value is None or value.value is None:
        return _NONE
    form = "+.2f" if signed else ".2f"
    text = f"{value.value:{form}}"
    if value.interval is not None:
        low, high = value.interval
        text += f" ({low:{form}} to {high:{form}})"
    return text.replace("-", "−")


def lag(value: Lag) -> str:
    """Who is behind whom, as in "anna is 0.6 s (0.4 to 0.8) after mien", and both kappas."""
    if value.seconds in value.searched:
        low, high = value.searched
        text = f"{value.first} and {value.second}: no best shift from {low:.1f} to {high:.1f} s"
        return f"{text} ({value.clips} clips)".replace("-", "−")
    behind, ahead, seconds = value.second, value.first, value.seconds
    interval = value.interval
    if seconds < 0:
        behind, ahead, seconds = ahead, behind, -seconds
        interval = None if interval is None else (-interval[1], -interval[0])
    between = "" if interval is None else f" ({interval[0]:.1f} to {interval[1]:.1f})"
    text = f"{behind} is {seconds:.1f} s{between} after {ahead}"
    if not value.seconds:
        text = f"{value.first} and {value.second}: no shift{between} is better than none"
    kappas = f"kappa {value.unshifted:.2f} as it is, {value.best:.2f} with the shift"
    return f"{text}; {kappas}; {value.clips} clips".replace("-", "−")


def coverage(study: Study, part: Coverage) -> str:
    """What a rater said, in short."""
    counted = "windows with an answer" if part.rater == ANSWERS else "stretches"
    if not study.seconds:
        return f"{part.stretches} {counted} in {part.clips} of {study.clips} clips"
    share = f"{100 * part.share:.0f} % of the time ({clock(part.seconds)})"
    return f"{part.stretches} {counted} in {part.clips} of {study.clips} clips, {share}"


def uncoded(study: Study) -> str:
    """How much nobody coded."""
    if not study.seconds:
        return f"{study.clips} clips without length, each coded as a whole."
    share = 100 * study.uncoded / study.seconds
    return (
        f"{study.clips} clips, {clock(study.seconds)} in all. Nobody coded {share:.0f} % of it "
        f"({clock(study.uncoded)}): that counts for nothing."
    )


def summary(study: Study) -> list[str]:
    """The answer to the question, in sentences."""
    people = study.between(study.by, answers=False)
    answers = study.between(study.by, answers=True)
    lines = [_mean("The coders agree with each other", people, study)] if people else []
    if answers:
        lines.append(_mean("mien agrees with the coders", answers, study))
    if study.difference is not None:
        lines.append(_difference(study))
    if study.answers and not answers:
        lines.append("There is nothing that both mien and a coder labelled.")
    return lines


def _mean(start: str, pairs: Sequence[Pair], study: Study) -> str:
    """One pair with its intervals; of several the range."""
    if len(pairs) == 1:
        (pair,) = pairs
        return (
            f"{start} on {percent(pair.agreed)} of {pair.n} {units(study, pair.n)}, "
            f"kappa {kappa(pair.kappa)}."
        )
    shares = [100 * (pair.agreed.value or 0.0) for pair in pairs]
    kappas = [pair.kappa.value for pair in pairs if pair.kappa.value is not None]
    text = f"{start} on {min(shares):.0f} to {max(shares):.0f} % of {units(study)}"
    if not kappas:
        return f"{text}; kappa is not defined."
    return f"{text}, kappa {min(kappas):.2f} to {max(kappas):.2f}.".replace("-", "−")


def _difference(study: Study) -> str:
    gap = study.difference
    if gap is None or gap.value is None:
        return ""
    text = f"mien's kappa with the coders minus theirs with each other: {kappa(gap, signed=True)}"
    if gap.interval is None:
        return f"{text}; with one clip nothing can be said of others."
    if gap.interval[1] < 0:
        return f"{text}: mien agrees with the coders less than they do with each other."
    if gap.interval[0] > 0:
        return f"{text}: mien agrees with the coders more than they do with each other."
    return f"{text}: with {study.clips} clips no difference can be shown."
