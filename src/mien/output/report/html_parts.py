"""What all parts of the page share: safe text and the colours of labels.

Names of labels and branches come from a bundle: text of them is escaped, and no class or
variable of the style is called by them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from mien.core.published import readable
from mien.output.report.palette import css

__all__ = ["bar", "breaking", "fills", "safe", "tint"]

_NAME, _MOST_NAME, _LETTER = 76, 150, 8.5
"""px: width of a column of label names, the most it grows to, a letter."""


def safe(text: str) -> str:
    """Text for between tags and within quotes."""
    return escape(readable(text))


def breaking(name: str) -> str:
    """`safe` text of a name that may go on in a new line after an underscore."""
    return safe(name).replace("_", "_<wbr>")


def tint(label: str, labels: Sequence[str]) -> str:
    """The class with a label's colour, by its number."""
    return f"c{labels.index(label)}" if label in labels else "c"


def fills(labels: tuple[str, ...]) -> str:
    """The style of the classes of `tint`, and the width of a column of names."""
    result = ""
    for name in labels:
        colour = css(name, labels)
        result += f".{tint(name, labels)}{{fill:{colour};background:{colour}}}"
    width = min(_MOST_NAME, round(_LETTER * max(map(len, labels))))
    return result + (f":root{{--names:{width}px}}" if width > _NAME else "")


def bar(label: str, values: Mapping[str, float] | None, labels: Sequence[str]) -> str:
    """A cell with a bar and its number."""
    if values is None:
        return '<td class="absent">–</td>'
    value = values.get(label, 0.0)
    return (
        f'<td><div class="bar"><span><i class="{tint(label, labels)}" '
        f'style="width:{100 * value:.1f}%"></i></span><b>{value:.0%}</b></div></td>'
    )
