"""What speed is asked for, whether it is met, and what is in the way where it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from stages import DECODE, ENCODE, READ, WHOLE

__all__ = ["targets"]

Report = dict[str, Any]
MAIN, FIVE, LARGE = "720p, one person", "720p, five people", "1080p, one person"
PHONE = "720p, one person, phone"
THREADS = "2"


@dataclass(frozen=True)
class Target:
    """One figure that is asked for.

    Args:
        what: in words.
        limit: the most (the least, where `least`) that it may be.
        value: the figure in a report; KeyError where it was not measured.
        clip: whose stages say what is in the way; "" where stages say nothing.
        way: says it otherwise.
        least: more is better.
    """

    what: str
    limit: float
    value: Callable[[Report], float]
    clip: str = ""
    way: Callable[[Report], str] | None = None
    least: bool = False

    def row(self, report: Report) -> list[str]:
        """What, asked, measured, met or not, and what is in the way."""
        asked = f"{'at least' if self.least else 'at most'} {self.limit:g}"
        try:
            value = self.value(report)
        except KeyError:
            return [self.what, asked, "not measured", "", ""]
        met = value >= self.limit if self.least else value <= self.limit
        told = self.way or (lambda report: _in_the_way(report, self.clip))
        return [
            self.what,
            asked,
            f"{value:.2f}",
            *(("met", "") if met else ("missed", told(report))),
        ]


def _ratio(clip: str, time: str) -> Callable[[Report], float]:
    def value(report: Report) -> float:
        took = report["pipeline"][clip][THREADS]
        return float(took["default"][time] / took["decode"][time])

    return value


def _memory(word: str) -> Callable[[Report], float]:
    """Of the longest clip with that word in its name, times that of a minute."""

    def value(report: Report) -> float:
        peaks = report["memory"]
        names = [n for n, found in peaks.items() if word in n and found["seconds"] > 60]
        if not names:
            raise KeyError(word)
        longest = max(names, key=lambda name: peaks[name]["seconds"])
        return float(peaks[longest]["MB"] / peaks["1 min, one person"]["MB"])

    return value


def _peer(name: str) -> Callable[[Report], float]:
    def value(report: Report) -> float:
        measured = report["peers"]
        return float(measured[name]["1"]["seconds"] / measured["mien"]["1"]["seconds"])

    return value


def _of_start(report: Report) -> str:
    """What a cold start has beside what it needs."""
    took = {name: found["wall"] for name, found in report["start"].items() if name != "ratio"}
    libraries = took["python and the four base libraries"]
    command = 1000 * (took["and its command line"] - libraries)
    networks = 1000 * (took["reading the bundle"] + took["opening its networks"])
    return (
        f"importing mien and its command line {command:.0f} ms, opening networks {networks:.0f} ms"
    )


def _of_every_picture(report: Report) -> str:
    """What all pictures cost beside decoding."""
    took = report["pipeline"][MAIN][THREADS]
    if "every picture" not in took:
        return ""
    share = took["every picture"]["cpu"] / took["decode"]["cpu"]
    return (
        f"with every picture looked at, the processor works {share:.1f} times as long as decoding"
    )


TARGETS = (
    Target("720p, one person, times decoding", 1.3, _ratio(MAIN, "wall"), MAIN),
    Target("the same, processor time", 1.6, _ratio(MAIN, "cpu"), MAIN),
    Target("720p as of a phone camera, times decoding", 1.7, _ratio(PHONE, "wall"), PHONE),
    Target("720p, five people, times decoding", 2.0, _ratio(FIVE, "wall"), FIVE),
    Target("1080p, one person, times decoding", 1.1, _ratio(LARGE, "wall"), LARGE),
    Target(
        "the cold command, times what it needs",
        1.5,
        lambda r: float(r["start"]["ratio"]),
        way=_of_start,
    ),
    Target("memory of an hour, times that of a minute", 1.25, _memory("one person")),
    Target("memory of an hour with cuts, times that of a minute", 1.25, _memory("cuts")),
    Target(
        "`fer` on every picture, times mien", 8, _peer("fer"), way=_of_every_picture, least=True
    ),
    Target(
        "mediapipe's detector alone, the same",
        1,
        _peer("mediapipe"),
        way=_of_every_picture,
        least=True,
    ),
)


def _in_the_way(report: Report, clip: str) -> str:
    """The three stages that cost most beside decoding, in parts of it."""
    stages = report.get("stages", {}).get(clip)
    if not stages:
        return ""
    floor = stages[DECODE]
    beside = {n: cpu for n, cpu in stages.items() if n not in (DECODE, ENCODE, READ, WHOLE)}
    most = sorted(beside, key=lambda name: beside[name], reverse=True)[:3]
    parts = [f"reading {stages[READ] / floor:.2f}"]
    parts += [f"{name.partition(',')[0]} {beside[name] / floor:.2f}" for name in most]
    return f"in processor time, of decoding: {', '.join(parts)}"


def targets(report: Report) -> Iterator[list[str]]:
    """The rows of a table."""
    return (target.row(report) for target in TARGETS)
