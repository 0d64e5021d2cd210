"""How long a newcomer's way takes on a bare machine, and how much it fetches.

    python project/pages/newcomer.py [--steps answer clips recipe tests] [--data DATA] [--from URL]
        [--json reports/newcomer.json] [--write]

Needs git, make and Python only. Clones into a folder of its own, with an empty cache of pip, and
does what the README and CONTRIBUTING.md say: the first answer, a folder of clips, a trained
recipe (on Java-SED below DATA; without it on windows of the sample clip, whose labels mean
nothing), the tests. Each step begins where the one before ended; its minutes are counted from the
clone on, without steps that it does not need. `--write` puts the figures of the JSON into README.md
and docs/start.md; with `--steps` and nothing after it, that is all that is done.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / "reports" / "newcomer.json"
PAGES = (ROOT / "README.md", ROOT / "docs" / "start.md")
MARK, END = "<!-- newcomer -->", "<!-- /newcomer -->"
REPORT = "pip.json"  # what pip says that it installed
MB = 1e6
WINDOWS = """\
import csv, mien
with open("clips.csv", "w", newline="") as file:
    table = csv.writer(file)
    table.writerow(["id", "path", "start", "end", "label", "speaker"])
    for k in range(24):
        label = ("happy", "sad", "fear")[k % 3]
        table.writerow([k, mien.sample(), k / 4, k / 4 + 1, label, f"speaker {k // 6}"])
"""


@dataclass(frozen=True)
class Step:
    """A goal of the way.

    Args:
        words: what is reached, for the pages.
        commands: shell lines, run in the clone.
        needs: steps that have to be done before, whose minutes count too.
    """

    words: str
    commands: tuple[str, ...]
    needs: tuple[str, ...] = ()


def steps(data: Path | None) -> dict[str, Step]:
    """In their order; `clone` and `developer` are on the way to others."""
    mien = ".venv/bin/mien"
    prepare = f".venv/bin/python - <<'END'\n{WINDOWS}END"
    if data is not None:
        only = "--only modality=audio-video"
        prepare = f"{mien} data prepare java_sed {data.resolve()} clips.csv {only}"
    train = f"{mien} train mien --data clips.csv --folds speaker --out runs/mien"
    return {
        "clone": Step("the clone", ()),
        "answer": Step("the first answer", ("make demo",), ("clone",)),
        "clips": Step(
            "own clips analysed",
            (f"{mien} predict own --out results --html --csv",),
            ("clone", "answer"),
        ),
        "developer": Step("all extras installed", ("make .venv/dev",), ("clone", "answer")),
        "recipe": Step("a trained recipe", (prepare, train), ("clone", "answer", "developer")),
        "tests": Step("tests passed", ("make test",), ("clone", "answer", "developer")),
    }


@contextmanager
def place() -> Iterator[Path]:
    """A folder of our own, of which nothing stays."""
    with tempfile.TemporaryDirectory(prefix="newcomer") as name:
        yield Path(name)


def bare(folder: Path) -> dict[str, str]:
    """The environment without what a developer has set, and with an empty cache of pip."""
    left_out = ("PYTHONPATH", "VIRTUAL_ENV", "PIP_NO_CACHE_DIR", "OMP_NUM_THREADS")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    pip = {"PIP_CACHE_DIR": str(folder / "pip"), "PIP_REPORT": str(folder / REPORT)}
    return kept | pip | {"PYTHONNOUSERSITE": "1"}


def fetched(folder: Path) -> float:
    """Megabytes that pip fetched in one step: from an index, or as files of a mirror."""
    report = folder / REPORT
    urls = []
    if report.is_file():
        packages = json.loads(report.read_text("utf-8"))["install"]
        urls = [package["download_info"]["url"] for package in packages]
        report.unlink()
    files = [Path(unquote(urlsplit(url).path)) for url in urls if url.startswith("file://")]
    mirrored = sum(path.stat().st_size for path in files if path.is_file())
    cached = size(folder / "pip")
    shutil.rmtree(folder / "pip", ignore_errors=True)
    return round(mirrored / MB + cached, 1)


def size(folder: Path) -> float:
    """Megabytes of a folder; 0 where there is none."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return round(sum(path.stat().st_size for path in files) / MB, 1)


def clone(source: str, folder: Path) -> Path:
    """The repository without its history, and two clips to be a newcomer's own."""
    target = folder / "mien"
    subprocess.run(["git", "clone", "-q", "--depth=1", source, target], check=True)
    sample = target / "src" / "mien" / "core" / "assets" / "sample.mp4"
    own = target / "own"
    own.mkdir()
    for name in ("anna.mp4", "ben.mp4"):
        shutil.copyfile(sample, own / name)
    return target


def timed(step: Step, target: Path, environment: dict[str, str]) -> float:
    """Seconds of its commands.

    Raises:
        SystemExit: one failed.
    """
    began = time.perf_counter()
    for command in step.commands:
        print(f"$ {command.splitlines()[0]}", flush=True)
        done = subprocess.run(["bash", "-c", command], cwd=target, env=environment)
        if done.returncode:
            raise SystemExit(f"{command}: exit code {done.returncode}; nothing is written")
    return time.perf_counter() - began


def measure(names: list[str], data: Path | None, source: str) -> dict[str, Any]:
    """Seconds of each step by itself and from the clone on, and megabytes after it."""
    known = steps(data)
    wanted = {need for name in names for need in (*known[name].needs, name)}
    took: dict[str, float] = {}
    brought: dict[str, float] = {}
    result: dict[str, Any] = {}
    with place() as folder:
        environment = bare(folder)
        for name in [name for name in known if name in wanted]:
            began = time.perf_counter()
            if name == "clone":
                target = clone(source, folder)
                took[name] = time.perf_counter() - began
            else:
                took[name] = timed(known[name], target, environment)
            way = (*known[name].needs, name)
            brought[name] = fetched(folder)
            result[name] = {
                "words": known[name].words,
                "seconds": round(took[name], 1),
                "from_clone": round(sum(took[step] for step in way), 1),
                "fetched_MB": round(sum(brought[step] for step in way), 1),
                "clone_MB": size(target / ".git"),
                "environment_MB": size(target / ".venv"),
            }
            print(json.dumps({name: result[name]}), flush=True)
    return result


def sentence(report: dict[str, Any]) -> str:
    """What the pages say."""
    parts = []
    for name in ("answer", "clips", "recipe", "tests"):
        if name in report["steps"]:
            step = report["steps"][name]
            room = f"{step['fetched_MB']:.0f} MB fetched, {step['environment_MB']:.0f} MB on disk"
            same = bool(parts) and room in parts[-1]
            parts.append(f"{step['words']} after {_span(step['from_clone'])}")
            parts[-1] += "" if same else f" ({room})"
    return (
        f"On a fresh machine, after cloning: {', '.join(parts)}. "
        f"`python project/pages/newcomer.py`, {report['date']}, {report['cores']} cores, "
        f"Python {report['python']}."
    )


def _span(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def write(report: dict[str, Any]) -> None:
    """The sentence into the pages, between the marks."""
    for page in PAGES:
        above, _, rest = page.read_text("utf-8").partition(MARK)
        _, found, below = rest.partition(END)
        if not found:
            raise SystemExit(f"{page}: no place marked {MARK} ... {END}")
        page.write_text(f"{above}{MARK}\n{sentence(report)}\n{END}{below}", "utf-8")


def main() -> None:
    """Measure, keep, and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    goals = [name for name in steps(None) if name not in ("clone", "developer")]
    parser.add_argument("--steps", nargs="*", choices=goals, default=goals)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--from", dest="source", default=f"file://{ROOT}")
    parser.add_argument("--json", type=Path, default=KEPT)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    report = json.loads(options.json.read_text("utf-8")) if options.json.is_file() else {}
    if options.steps:
        report |= {
            "date": datetime.now(UTC).date().isoformat(),
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
            "cores": os.cpu_count(),
            "load": round(os.getloadavg()[0], 1),
            "recipe_on": "Java-SED" if options.data else "windows of the sample clip",
            "steps": report.get("steps", {}) | measure(options.steps, options.data, options.source),
        }
        options.json.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    if options.write:
        write(report)


if __name__ == "__main__":
    main()
