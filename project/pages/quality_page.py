"""Write docs/quality.md from reports/coverage.json and reports/mutation.txt.

python project/pages/quality_page.py

The first is made by `make coverage`, the second by `python project/release/mutate.py >
reports/mutation.txt`.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
COVERAGE, MUTATION = ROOT / "reports" / "coverage.json", ROOT / "reports" / "mutation.txt"
PAGE = ROOT / "docs" / "quality.md"
LEFT_OUT = """\
Asked for is 92 % of lines and branches together; below it the command fails. Left out: blocks for
type checkers, and what runs only when a file is started as a program. Counted although it cannot
be measured: `serve/live_worker.py`, whose process may not write a byte to a file, coverage's
neither; answers to other operating systems. Tests marked `slow` are not in the figure, nor what
runs in browsers and in FFmpeg."""


def main() -> None:
    """Write the page."""
    lines = [
        "# Tests of the tests",
        "",
        "How much of the code the tests run, and how many changes to it they notice.",
        "",
        "Written by `python project/pages/quality_page.py`; do not edit.",
        "",
        "## Coverage",
        "",
    ]
    lines += _coverage() if COVERAGE.is_file() else ["Not measured: `make coverage`."]
    lines += ["", "## Mutation testing", ""]
    lines += (
        _mutation() if MUTATION.is_file() else ["Not measured: `python project/release/mutate.py`."]
    )
    PAGE.write_text("\n".join(lines) + "\n", "utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")


def _coverage() -> Iterator[str]:
    """Lines and branches of each package, and of all."""
    table = json.loads(COVERAGE.read_text("utf-8"))
    table["files"] = {name: {"summary": one["summary"]} for name, one in table["files"].items()}
    COVERAGE.write_text(json.dumps(table, indent=0) + "\n", "utf-8")  # the rest is megabytes
    parts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for name, file in table["files"].items():
        inside = name.partition("mien/")[2].split("/")
        part = inside[0] if len(inside) > 1 else "(top)"
        for key in ("covered_lines", "num_statements", "covered_branches", "num_branches"):
            parts[part][key] += file["summary"][key]
    date, version = table["meta"]["timestamp"][:10], table["meta"]["version"]
    yield f"`make coverage`, {date}, coverage.py {version}, branches measured."
    yield ""
    yield "| part | lines | of them run | branches | of them taken | both |"
    yield "|---|---:|---:|---:|---:|---:|"
    for part, found in sorted(parts.items()):
        yield _row(f"`{part}`", found)
    yield _row("**all**", table["totals"])
    yield ""
    yield LEFT_OUT


def _row(name: str, found: dict[str, Any]) -> str:
    lines, branches = found["num_statements"], found["num_branches"]
    done, taken = found["covered_lines"], found["covered_branches"]
    both = 100 * (done + taken) / max(1, lines + branches)
    return (
        f"| {name} | {lines:,} | {100 * done / max(1, lines):.1f} % | {branches:,} | "
        f"{100 * taken / max(1, branches):.1f} % | {both:.1f} % |"
    )


def _mutation() -> Iterator[str]:
    """What was noticed, and each change that was not."""
    text = MUTATION.read_text("utf-8")
    yield f"`python project/release/mutate.py`, {text[:10]}: one operator, comparison or number is"
    yield "changed at a time, and the tests of that file look for it. What none notices has its"
    yield "reason below."
    yield ""
    yield "| part | changes | noticed | that change nothing | open |"
    yield "|---|---:|---:|---:|---:|"
    found = re.findall(r"^(\w+): (\d+) of (\d+) noticed, (\d+) equivalent$", text, re.MULTILINE)
    rows = [(part, [int(count) for count in counts]) for part, *counts in found]
    total = [sum(column) for column in zip(*(counts for _, counts in rows), strict=True)]
    for part, (noticed, tried, equal) in [*rows, ("**all**", total)]:
        yield f"| {part} | {tried} | {noticed} | {equal} | {tried - noticed - equal} |"
    survivors = re.findall(r"^  (.+?)  \[(.+)\]$", text, re.MULTILINE)
    if survivors:
        yield ""
        yield "| change | why it is not noticed |"
        yield "|---|---|"
        for change, why in survivors:
            yield f"| `{change.replace('|', chr(92) + '|')}` | {why} |"


if __name__ == "__main__":
    main()
