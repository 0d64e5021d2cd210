"""The tables of the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mien.evaluation.agree import words
from mien.evaluation.agree.result import ANSWERS, ClassRecall, Estimate, Pair, PersonRecall, Study
from mien.evaluation.reports.plots import whisker
from mien.output.report.html_parts import safe

__all__ = ["coverage_table", "lag_list", "pair_tables", "recall_tables", "scale_table", "section"]


def section(title: str, note: str, inside: str) -> str:
    """A part of the page; `title` and `note` are plain text."""
    small = f"<small>{safe(note)}</small>" if note else ""
    return f"<section><h2>{safe(title)}{small}</h2>{inside}</section>"


def _table(heads: Sequence[str], rows: Iterable[str]) -> str:
    head = "".join(f'<th scope="col">{safe(name)}</th>' if name else "<td></td>" for name in heads)
    return (
        f'<div class="scroll"><table class="figures"><thead><tr>{head}</tr></thead><tbody>'
        f"{''.join(rows)}</tbody></table></div>"
    )


def _row(name: str, cells: Iterable[str], ours: bool = False) -> str:
    kind = ' class="ours"' if ours else ""
    inside = "".join(f"<td{_kind(cell)}>{cell}</td>" for cell in cells)
    return f'<tr{kind}><th scope="row">{safe(name)}</th>{inside}</tr>'


def _kind(cell: str) -> str:
    """The class of a cell: a drawing, words, or a figure."""
    if cell.startswith("<svg"):
        return " class=wide"
    return " class=text" if cell.startswith("<span") else ""


def _bar(value: Estimate | None, label: str) -> str:
    """A bar from 0 to 1 with its interval; nothing where there is no value."""
    if value is None or value.value is None:
        return ""
    return whisker(min(1.0, max(0.0, value.value)), value.interval, 0.0, label)


def coverage_table(study: Study) -> str:
    """What each rater said."""
    rows = [
        _row(
            part.rater,
            [
                f"<span>{safe(words.coverage(study, part))}</span>",
                _bar(Estimate(part.share), f"{part.share:.0%}"),
            ],
            part.rater == ANSWERS,
        )
        for part in study.coverage
    ]
    return _table(["rater", "", "share of the time"], rows)


def pair_tables(study: Study) -> str:
    """Pairs by window and by event."""
    result = ""
    for by, name, note in (
        ("event", "By coded stretch", "of two coders those that overlap by half or more; of mien "
         "the mean over the stretch"),
        ("window", f"By window of {study.window:g} s", "windows that both labelled"),
    ):  # fmt: skip
        pairs = [pair for pair in study.pairs if pair.by == by]
        if pairs:
            heads = ["pair", "n", "clips", *(["unmatched"] if by == "event" else []), "agreed"]
            heads += ["kappa", "", "alpha"]
            result += section(name, note, _table(heads, map(_pair, pairs)))
    if study.all_coders is not None:
        text = f"Alpha of all coders, by window: {words.kappa(study.all_coders)}."
        result = result.removesuffix("</section>") + f'<p class="soft">{safe(text)}</p></section>'
    return result


def _pair(pair: Pair) -> str:
    cells = [str(pair.n), str(pair.clips), *([str(pair.unmatched)] if pair.by == "event" else [])]
    cells += [
        _split(words.percent(pair.agreed)),
        _split(words.kappa(pair.kappa)),
        _bar(pair.kappa, f"kappa {words.kappa(pair.kappa)}"),
        _split(words.kappa(pair.alpha)),
    ]
    return _row(words.pair_name(pair), cells, pair.second == ANSWERS)


def _split(text: str) -> str:
    """A figure in bold, its interval small."""
    value, bracket, rest = text.partition("(")
    return f"<b>{safe(value.strip())}</b>" + (f" <small>({safe(rest)}</small>" if bracket else "")


def recall_tables(study: Study) -> str:
    """Recall of each label, and for each person."""
    heads = ["coded as", f"n ({words.units(study)})"]
    result = section(
        "Label by label",
        "of what a coder gave the label to: how much mien, and how much another coder, gives it to",
        _table([*heads, *_recall_heads(study)], (_recall(study, row) for row in study.classes)),
    )
    if study.people:
        people = _table(
            ["person", "clips", "n", *_recall_heads(study)],
            (_recall(study, row) for row in study.people),
        )
        result += section("Person by person", "share with the coder's label", people)
    return result


def _recall_heads(study: Study) -> list[str]:
    ours = [ANSWERS, ""] if study.answers else []
    return ours + (["other coders", ""] if len(study.coders) > 1 else [])


def _recall(study: Study, row: ClassRecall | PersonRecall) -> str:
    name = row.label if isinstance(row, ClassRecall) else row.person
    cells = [str(row.clips)] if isinstance(row, PersonRecall) else []
    cells.append(str(row.n))
    shown = [row.answers] if study.answers else []
    shown += [row.coders] if row.coders is not None else []
    for value in shown:
        cells += [_split(words.percent(value)), _bar(value, f"{name}: {words.percent(value)}")]
    return _row(name, cells)


def lag_list(study: Study) -> str:
    """Best lags in words."""
    if not study.lags:
        return ""
    lines = "".join(f"<li>{safe(words.lag(lag))}</li>" for lag in study.lags)
    note = "the shift with the highest kappa, in clips in which both change their label"
    return section("Who is late", note, f'<ul class="notes">{lines}</ul>')


def scale_table(study: Study) -> str:
    """ICC(2,1) of numbers."""
    if not study.scales:
        return ""
    rows = [
        _row(
            scale.what,
            [safe(words.raters(scale.raters)), str(scale.n), _split(words.kappa(scale.icc)),
             _bar(scale.icc, f"ICC {words.kappa(scale.icc)}")],
        )
        for scale in study.scales
    ]  # fmt: skip
    note = "intraclass correlation of single raters, absolute agreement, by window"
    return section("ICC(2,1)", note, _table(["numbers", "raters", "n", "ICC(2,1)", ""], rows))
