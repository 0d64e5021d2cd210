"""The confusion matrix as text, as papers on AFEW print it: true classes in rows, per cent."""

from __future__ import annotations

from mien.evaluation.reports import words
from mien.evaluation.reports.result import SystemReport

__all__ = ["confusion_text"]


def confusion_text(system: SystemReport) -> str:
    """Rows of per cent with two digits, a plain 0 for none, "–" for a class without clips.

    The first line names the system, n, accuracy and unweighted recall, with the stamp if any.
    """
    letters = list(words.short(class_report.label for class_report in system.classes).values())
    first = max(map(len, letters))
    stamp = f" [{system.stamp}]" if system.stamp else ""
    title = (
        f"{system.name}: n {system.n}, accuracy {words.percent(system.accuracy, system.stamp, 2)}, "
        f"unweighted recall {words.percent(system.uar, system.stamp, 2)}{stamp}"
    )
    lines = [title, " " * first + "".join(f"{name:>7}" for name in letters)]
    for name, row in zip(letters, system.confusion, strict=True):
        lines.append(f"{name:<{first}}" + "".join(f"{cell:>7}" for cell in _cells(row)))
    return "\n".join(lines)


def _cells(row: tuple[int, ...]) -> list[str]:
    total = sum(row)
    if not total:
        return ["–"] * len(row)
    return [f"{100 * count / total:.2f}" if count else "0" for count in row]
