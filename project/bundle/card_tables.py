"""Tables and lines of the model card, each made of a stored report."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mien.labels import EMOTIONS

__all__ = [
    "fer",
    "groups",
    "is_group",
    "is_main",
    "recalls",
    "risk",
    "table",
    "transfer",
]

Report = Mapping[str, Any]
Rows = Mapping[str, Mapping[str, Any]]

_GROUP = re.compile(r", (women|men|best actor|worst actor)\b")
_MAIN = re.compile(r"private test|unseen actors$|four other corpora$|^Java-SED, \w+$")
_SHOWN = (0.25, 0.5, 0.75, 1.0)  # shares answered


def is_group(title: str) -> bool:
    """Whether a row is of some speakers only."""
    return bool(_GROUP.search(title))


def is_main(title: str) -> bool:
    """Whether a row is shown with the bundle."""
    return bool(_MAIN.search(title)) and not is_group(title) and "SVM" not in title


def table(rows: Rows) -> str:
    """The rows of a report that are of all speakers."""
    lines = [
        "| system | n | accuracy, % (95 %) | UAR, % (95 %, by speaker) | ECE (a perfect one: up to) |",
        "|---|---|---|---|---|",
    ]
    for title, row in rows.items():
        ece = f"{row['ece']:.3f} ({row['ece_perfect']:.3f})" if "ece" in row else ""
        lines.append(f"| {title} | {row['n']} | {_accuracy(row)} | {_uar(row)} | {ece} |")
    return "\n".join(lines)


def groups(rows: Rows) -> str:
    """The rows that are of some speakers only."""
    lines = ["| who | n | accuracy, % (95 %) | UAR, % (95 %, by speaker) |", "|---|---|---|---|"]
    lines += [
        f"| {title} | {row['n']} | {_accuracy(row)} | {_uar(row)} |" for title, row in rows.items()
    ]
    return "\n".join(lines)


def _accuracy(row: Mapping[str, Any]) -> str:
    low, high = row["interval"]
    return f"{100 * row['accuracy']:.1f} ({100 * low:.1f}-{100 * high:.1f})"


def _uar(row: Mapping[str, Any]) -> str:
    if row["uar_interval"] is None:
        return f"{100 * row['uar']:.1f}"
    low, high = row["uar_interval"]
    return f"{100 * row['uar']:.1f} ({100 * low:.1f}-{100 * high:.1f})"


def recalls(rows: Rows) -> str:
    """A line of recalls for each row with the seven classes."""
    lines = []
    for title, row in rows.items():
        if len(row["recalls"]) == len(EMOTIONS):
            shares = ", ".join(
                f"{label} {'none there' if r is None else f'{100 * r:.0f}'}"
                for label, r in zip(EMOTIONS.names, row["recalls"], strict=True)
            )
            lines.append(f"- Recall, %, {title}: {shares}.")
    return "\n".join(lines)


def risk(report: Report, least: Mapping[str, float]) -> str:
    """What is wrong among the surest answers; from `least` on they are called reliable."""
    curve = report["risk"]
    wrong = ", ".join(
        f"{100 * curve[round(100 * share) - 1]:.0f} % of the surest {100 * share:.0f} %"
        for share in _SHOWN
    )
    names = {branches.replace("+", " and "): value for branches, value in least.items()}
    named = ", ".join(f"{value:.2f} for {name}" for name, value in names.items() if value < 1)
    never = "".join(f"; never for {name}" for name, value in names.items() if value >= 1)
    return (
        f"Wrong are {wrong}; the area under the curve is {report['aurc']:.3f} (less is better). "
        f"An answer is called reliable from a confidence of {named}{never}: from there on three in "
        "four were right on corpora left out (all of them with ten such answers; of the five "
        "voices, all but the worst). That much is asked for so that two in three hold on a corpus "
        "that had no part in the threshold."
    )


def transfer(report: Report) -> str:
    """Every corpus that nothing learned from, by numbers fitted on the others."""
    lines = [
        "| corpus, and what was read | n | accuracy, % (95 %) | among its own classes, % "
        "| UAR, % (95 %, by speaker) | chance, % | ECE (a perfect one: up to) "
        "| called reliable | of those right, % |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for title, row in report["rows"].items():
        sure, right = row["reliable"], row["reliable_right"]
        classes = sum(recall is not None for recall in row["recalls"])
        lines.append(
            f"| {title} | {row['n']} | {_accuracy(row)} | {100 * row['among_its_classes']:.1f} "
            f"| {_uar(row)} | {100 / classes:.0f} | {row['ece']:.3f} ({row['ece_perfect']:.3f}) "
            f"| {sure} | {f'{100 * right / sure:.0f}' if sure else ''} |"
        )
    return "\n".join(lines)


def fer(report: Report) -> str:
    """The face encoder beside the network of the package `fer`."""
    lines = [
        "| network | n | accuracy, % (95 %) | pictures a second, one core | only mien right "
        "| only this right | p |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, row in report["rows"].items():
        test = (row["only_mien_right"], row["only_this_right"], f"{row['p']:.1g}")
        shown = ("", "", "") if name == "mien" else test
        lines.append(
            f"| {name} | {row['n']} | {_accuracy(row)} | {row['pictures_per_second']} "
            f"| {shown[0]} | {shown[1]} | {shown[2]} |"
        )
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    return "\n".join(
        [*lines, f"\n`{report['command']}`; {report['date']}, {report['hardware']}; {versions}."]
    )
