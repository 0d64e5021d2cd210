"""Run the commands of docs/supply_chain.md, and write what they print into that page.

python project/pages/supply_chain_page.py [bounds] [licences] [distribute]

What is not named keeps what it printed last (reports/supply_chain.json). The first line of an
error ends it; the page is then left as it was.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEPT, PAGE = ROOT / "reports" / "supply_chain.json", ROOT / "docs" / "supply_chain.md"
BEGIN = "## What they said last\n"
COMMANDS = {
    "bounds": ("python project/release/bounds.py", []),
    "licences": (
        "python project/release/collect_licences.py --sbom sbom.cdx.json",
        ["--sbom", "sbom.cdx.json"],
    ),
    "distribute": (
        "python project/release/distribute.py --pythons 3.12 3.13 3.14",
        ["--out", ".", "--pythons", "3.12", "3.13", "3.14"],
    ),
}
SCRIPTS = {"licences": "collect_licences"}
_NOISE = re.compile(r"[.sF]+ +\[|={5}|SKIPPED|\* |  - ")  # of pytest and of build
_PLACE = re.compile(r"\S*/site-packages")
_TOOK = re.compile(r" in [\d.]+s.*")


def main(names: list[str]) -> None:
    """Run them, keep what they print, and write the page."""
    kept = json.loads(KEPT.read_text("utf-8")) if KEPT.is_file() else {}
    for name in names or list(COMMANDS):
        print(COMMANDS[name][0], flush=True)
        kept[name] = {
            "date": datetime.now(UTC).date().isoformat(),
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
            "commit": _commit(),
            "lines": _run(name),
        }
    KEPT.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
    text = PAGE.read_text("utf-8").partition(BEGIN)[0]
    PAGE.write_text(text + BEGIN + "".join(f"{line}\n" for line in _section(kept)), "utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(
        command, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()


def _run(name: str) -> list[str]:
    """What it prints, without the dots of pytest and the time that it took."""
    script = ROOT / "project" / "release" / f"{SCRIPTS.get(name, name)}.py"
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, script, *COMMANDS[name][1]],
            cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    print(done.stdout)
    if done.returncode:
        raise SystemExit(f"{name}: exit code {done.returncode}; the page is as it was")
    return [*_told(done.stdout)]


def _told(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if line.strip() and not _NOISE.match(line):
            yield _PLACE.sub("site-packages", _TOOK.sub("", line))


def _section(kept: dict[str, dict[str, str | list[str]]]) -> Iterator[str]:
    yield ""
    yield "Written by `python project/pages/supply_chain_page.py`, which runs them; do not edit."
    for name, (command, _) in COMMANDS.items():
        if name in kept:
            one = kept[name]
            yield ""
            made = f"{one['date']}, commit {one['commit']}, Python {one['python']}, {one['system']}"
            yield f"`{command}`, {made}:"
            yield ""
            yield "```text"
            yield from one["lines"]
            yield "```"


if __name__ == "__main__":
    main(sys.argv[1:])
