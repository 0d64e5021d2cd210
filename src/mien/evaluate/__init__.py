"""From score tables to reports that can be trusted: build, compare, draw, write."""

from __future__ import annotations

from mien.evaluate.build import build_report
from mien.evaluate.files import read_report, write_report
from mien.evaluate.pairs import compare
from mien.evaluate.result import Comparison, Document, Report, SystemReport
from mien.evaluate.run_folder import RunFolder, read_run, report_of

__all__ = [
    "Comparison",
    "Document",
    "Report",
    "RunFolder",
    "SystemReport",
    "build_report",
    "compare",
    "read_report",
    "read_run",
    "report_of",
    "write_report",
]
