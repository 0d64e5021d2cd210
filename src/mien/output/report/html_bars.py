"""The part of the page with the probabilities: tables that are also charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mien.output.report.html_parts import bar, breaking, safe
from mien.output.report.words import every_label, together
from mien.types import BranchSay, Prediction

__all__ = ["bars", "branch_bars"]

_BESIDE = 2  # branches that have room beside the answer
_SAYS = {"face": "face only", "voice": "voice only"}

Column = tuple[str, Mapping[str, float] | None]


def bars(p: Prediction) -> str:
    """The answer's probabilities, and those of each branch while these are few."""
    if not _anything(p):
        return _absent(p)
    columns: list[Column] = [(f"{together(p)}<small>fused</small>", p.probabilities)]
    if len(p.branches) > _BESIDE:
        return _table(p, f"Probabilities of {every_label(p.labels)}, fused", columns)
    parts = "face and voice" if set(p.branches) == {"face", "voice"} else "each branch"
    caption = f"Probabilities of {every_label(p.labels)}: fused, and from {parts} alone"
    return _table(p, caption, [*columns, *_columns(p)])


def branch_bars(p: Prediction) -> str:
    """A table across the page for branches that are too many to stand beside the answer."""
    if len(p.branches) <= _BESIDE or not _anything(p):
        return ""
    caption = f"Probabilities of {every_label(p.labels)} from each branch alone"
    return (
        '<div class="wide" tabindex="0" role="region" aria-label="Each branch alone" '
        f'style="--branches:{len(p.branches)}"><h2 class="small">Each branch alone</h2>'
        f"{_table(p, caption, _columns(p))}</div>"
    )


def _anything(p: Prediction) -> bool:
    says = [say.probabilities for say in p.branches.values()]
    return any(values is not None for values in (p.probabilities, *says))


def _columns(p: Prediction) -> list[Column]:
    return [(_head(name, say), say.probabilities) for name, say in p.branches.items()]


def _head(name: str, say: BranchSay) -> str:
    title = breaking(_SAYS.get(name, name))
    if not say.present:
        return f"{title}<small>absent: {safe(say.reason or 'nothing to go by')}</small>"
    return title if say.weight is None else f"{title}<small>weight {say.weight:.0%}</small>"


def _table(p: Prediction, caption: str, columns: Sequence[Column]) -> str:
    """A row for each label."""
    head = "".join(f'<th scope="col">{title}</th>' for title, _ in columns)
    body = ""
    for label in p.labels:
        cells = "".join(bar(label, values, p.labels) for _, values in columns)
        mark = ' class="best"' if label == p.label else ""
        body += f'<tr{mark}><th scope="row">{safe(label)}</th>{cells}</tr>'
    return (
        f'<table class="bars"><caption class="hidden">{caption}</caption>'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _absent(p: Prediction) -> str:
    rows = "".join(
        f"<dt>{safe(name)}</dt><dd>absent: {safe(say.reason or 'nothing to go by')}</dd>"
        for name, say in p.branches.items()
    )
    return f'<dl class="parts">{rows}</dl>'
