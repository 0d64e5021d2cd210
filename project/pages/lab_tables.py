"""Keep the reports of runs in reports/lab, and fill the tutorial's tables of them.

python project/pages/lab_tables.py [RUN...]

A RUN is a folder of 'mien train' whose report is copied first, under the folder's name.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

from mien.evaluation.reports import read_report
from mien.evaluation.reports.summary import summary

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "reports" / "lab"
MARKED = re.compile(r"(<!-- lab (\w+) -->\n).*?(<!-- /lab -->)", re.DOTALL)


def main(runs: list[str]) -> None:
    """Copy, then write the tables."""
    KEPT.mkdir(parents=True, exist_ok=True)
    for run in map(Path, runs):
        shutil.copyfile(run / "report" / "report.json", KEPT / f"{run.resolve().name}.json")
    page = ROOT / "docs" / "training_your_own.md"
    page.write_text(MARKED.sub(_filled, page.read_text()))


def _filled(found: re.Match[str]) -> str:
    """The table of all kept reports whose name begins with the marker's word."""
    files = sorted(KEPT.glob(f"{found[2]}_*.json"))
    reports = [report for file in files for report in read_report(file).reports]
    facts = reports[0].facts
    dates = " and ".join(sorted({report.facts["date"] for report in reports}))
    return f"{found[1]}{summary(reports)}\n\n{dates}, {facts['hardware']}.\n{found[3]}"


if __name__ == "__main__":
    main(sys.argv[1:])
