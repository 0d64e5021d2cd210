"""From score tables to reports: build, compare, draw, write."""

from __future__ import annotations

from mien.evaluation.reports.build import build_report
from mien.evaluation.reports.files import read_report, write_report
from mien.evaluation.reports.pairs import compare
from mien.evaluation.reports.result import Comparison, Document, Report, SystemReport
from mien.evaluation.reports.run_folder import RunFolder, read_run, report_of

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
