"""`report.json`, `report.html` and `report.md`, and reading the first of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from mien.core.atomic import atomic
from mien.core.checked import MisfitError, checked_json, json_bytes
from mien.errors import OutputError, UsageError
from mien.evaluation.reports.html import page
from mien.evaluation.reports.markdown import markdown
from mien.evaluation.reports.result import Comparison, Document, Report

__all__ = ["read_report", "write_report"]

FORMAT = 1


def write_report(
    reports: Report | Document | Sequence[Report],
    folder: Path,
    comparisons: Sequence[Comparison] = (),
) -> list[Path]:
    """Write one or more runs as data, page and Markdown.

    Args:
        reports: the runs, in order.
        folder: made if need be; files of these names in it are replaced.
        comparisons: across the runs.

    Returns:
        The three files.

    Raises:
        OutputError: a file cannot be written.
    """
    document = _document(reports, comparisons)
    content = {
        "report.json": msgspec.json.format(json_bytes(document), indent=1).decode() + "\n",
        "report.html": page(document),
        "report.md": markdown(document),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made ({error.strerror})") from None
    for name, text in content.items():
        with atomic(folder / name) as partial:
            partial.write_text(text, "utf-8", "replace")
    return [folder / name for name in content]


def _document(
    reports: Report | Document | Sequence[Report], comparisons: Sequence[Comparison]
) -> Document:
    if isinstance(reports, Document):
        return reports
    all_reports = (reports,) if isinstance(reports, Report) else tuple(reports)
    return Document(
        ", ".join(report.title for report in all_reports), all_reports, tuple(comparisons)
    )


def read_report(path: Path) -> Document:
    """Read a `report.json`.

    Raises:
        UsageError: it cannot be read, or is no report of this version.
    """
    try:
        document = checked_json(path.read_bytes(), Document)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    except MisfitError as error:
        where = error.where or "its start"
        raise UsageError(f"{path}: not a report, at {where}: {error.what}") from None
    if document.format != FORMAT:
        raise UsageError(
            f"{path}: a report of another version of mien (format {document.format}, this one "
            f"reads {FORMAT}); write it anew with 'mien report'"
        )
    return document
