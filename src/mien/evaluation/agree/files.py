"""The comparison as files: `agreement.html`, `agreement.json` and four CSV tables."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import msgspec

from mien.core.atomic import atomic
from mien.core.checked import json_bytes
from mien.data.manifest_files import Cell, write_rows
from mien.errors import OutputError
from mien.evaluation.agree.material import Material
from mien.evaluation.agree.result import ANSWERS, ClassRecall, Estimate, PersonRecall, Study
from mien.types import Prediction

__all__ = ["with_media", "write_study"]

Row = Mapping[str, Cell]


def with_media(study: Study, material: Material, folder: Path) -> Study:
    """The study with the addresses of clips that are there, relative to the page's folder."""
    answers = {unit.clip: unit.answer for unit in material.units}
    addresses = {clip: _address(answer, folder) for clip, answer in answers.items()}
    stretches = (replace(d, media=addresses[d.clip]) for d in study.disagreements)
    return replace(study, disagreements=tuple(stretches))


def _address(answer: Prediction | None, folder: Path) -> str:
    if answer is None:
        return ""
    file = Path(str(answer.source.get("folder") or ""), str(answer.source["path"])).absolute()
    if not file.is_file():
        return ""
    try:
        return quote(Path(os.path.relpath(file, folder.absolute())).as_posix())
    except ValueError:  # another drive
        return file.as_uri()


def write_study(study: Study, folder: Path, page: str) -> list[Path]:
    """Write data, tables and page; files of these names in the folder are replaced.

    Args:
        study: what to write.
        folder: made if need be.
        page: HTML.

    Returns:
        The files.

    Raises:
        OutputError: a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made ({error.strerror})") from None
    texts = {
        "agreement.html": page,
        "agreement.json": msgspec.json.format(json_bytes(study), indent=1).decode() + "\n",
    }
    for name, text in texts.items():
        with atomic(folder / name) as part:
            part.write_text(text, "utf-8", "replace")
    tables = {
        "pairs.csv": (_PAIR, _pairs(study)),
        "confusions.csv": (_CONFUSION, _confusions(study)),
        "recalls.csv": (_RECALL, _recalls(study)),
        "disagreements.csv": (_DISAGREEMENT, _disagreements(study)),
    }
    for name, (columns, rows) in tables.items():
        write_rows(folder / name, columns, list(rows))
    return [folder / name for name in (*texts, *tables)]


def _estimate(name: str, value: Estimate | None) -> dict[str, Cell]:
    low, high = (None, None) if value is None or value.interval is None else value.interval
    return {
        name: None if value is None else value.value,
        f"{name}_low": low,
        f"{name}_high": high,
    }


_PAIR = ["first", "second", "by", "n", "clips", "unmatched"]
_PAIR += [f"{s}{end}" for s in ("agreed", "kappa", "alpha") for end in ("", "_low", "_high")]


def _pairs(study: Study) -> Iterator[Row]:
    for p in study.pairs:
        row: dict[str, Cell] = {name: getattr(p, name) for name in _PAIR[:6]}
        estimates = (("agreed", p.agreed), ("kappa", p.kappa), ("alpha", p.alpha))
        yield row | {k: v for name, e in estimates for k, v in _estimate(name, e).items()}


_CONFUSION = ["first", "second", "by", "first_label", "second_label", "n"]


def _confusions(study: Study) -> Iterator[Row]:
    for pair in study.pairs:
        for label, counts in zip(study.labels, pair.confusion, strict=True):
            for other, n in zip(study.labels, counts, strict=True):
                cells = (pair.first, pair.second, pair.by, label, other, n)
                yield dict(zip(_CONFUSION, cells, strict=True))


_RECALL = ["kind", "name", "n"]
_RECALL += [f"{s}{end}" for s in (ANSWERS, "coders") for end in ("", "_low", "_high")]


def _recalls(study: Study) -> Iterator[Row]:
    for row in study.classes:
        yield {"kind": "label", "name": row.label} | _recall(row)
    for person in study.people:
        yield {"kind": "person", "name": person.person} | _recall(person)


def _recall(row: ClassRecall | PersonRecall) -> dict[str, Cell]:
    number: dict[str, Cell] = {"n": row.n}
    return number | _estimate(ANSWERS, row.answers) | _estimate("coders", row.coders)


_DISAGREEMENT = ["clip", "person", "start", "end", "coded", "answered", "coders", "strength"]


def _disagreements(study: Study) -> Iterator[Row]:
    for d in study.disagreements:
        row: dict[str, Cell] = {name: getattr(d, name) for name in _DISAGREEMENT[:6]}
        yield row | {"coders": "; ".join(d.coders), "strength": round(d.strength, 4)}
