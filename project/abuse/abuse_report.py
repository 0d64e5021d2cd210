"""Figures of a run of `project/abuse/abuse.py`, as reports/abuse.json has them."""

from __future__ import annotations

import json
import platform
import statistics
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from damage import Damaged

__all__ = ["NOTES", "report"]

ROOT = Path(__file__).resolve().parents[2]
NOTES = ROOT / "reports" / "abuse.json"
_ENDS = 0.2  # part of the files at the start and at the end whose memory is compared


def report(work: Path, rows: list[Damaged], found: list[tuple[str, str, str]]) -> dict[str, Any]:
    """Tables by kind and container for each way, memory, and what was wrong."""
    about = {row.path: row for row in rows}
    ways = {}
    for path in sorted(work.glob("*.jsonl")):
        notes = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        told = [note["told"] for note in notes if "told" in note and note["told"]["path"] in about]
        opened = [note["opened"] for note in notes if "opened" in note]
        ways[path.stem] = {
            "files": len(told),
            "seconds": round(sum(one["seconds"] for one in opened)),
            "opened": sum(one["files"] + one["calls"] for one in opened),
            "by kind": _table((about[one["path"]].kind, one) for one in told),
            "by container": _table((about[one["path"]].container, one) for one in told),
            "memory": _memory([note["memory"] for note in notes if "memory" in note]),
        }
    return {
        "date": date.today().isoformat(),
        "machine": _machine(),
        "versions": {name: version(name) for name in ("mien", "av", "onnxruntime", "numpy")},
        "python": platform.python_version(),
        "files": len(rows),
        "sources": len({row.source for row in rows} - {""}),
        "codecs": sorted({row.codecs for row in rows} - {""}),
        "broken": [list(one) for one in found],
        "ways": ways,
    }


def _table(pairs: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for name, told in pairs:
        groups[name].append(told)
    return {name: _row(groups[name]) for name in sorted(groups)}


def _row(told: list[dict[str, Any]]) -> dict[str, Any]:
    seconds = [one["seconds"] for one in told if one["seconds"] is not None]
    return {
        "files": len(told),
        "answered": sum(one["status"] == "answered" for one in told),
        "refused": sum(one["status"] == "refused" for one in told),
        "median_s": round(statistics.median(seconds), 3) if seconds else None,
        "longest_s": round(max(seconds), 2) if seconds else None,
    }


def _memory(notes: list[list[Any]]) -> dict[str, dict[str, int]]:
    """Median MB of each process at the start, at the end and at most."""
    groups: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
    for what, batch, ended, used in notes:
        groups[what].append((batch, ended, used))
    result = {}
    for what, rows in groups.items():
        ends: dict[str, int] = defaultdict(int)
        for batch, ended, _ in rows:
            ends[batch] = max(ends[batch], ended)
        first = [used for batch, ended, used in rows if ended <= _ENDS * ends[batch]]
        last = [used for batch, ended, used in rows if ended >= (1 - _ENDS) * ends[batch]]
        result[what] = {
            "start_mb": round(statistics.median(first or last) / 1e6),
            "end_mb": round(statistics.median(last) / 1e6),
            "most_mb": round(max(used for *_, used in rows) / 1e6),
        }
    return result


def _machine() -> str:
    import os

    name = "CPU"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            name = line.partition(": ")[2]
            break
    return f"{name}, {os.cpu_count()} threads, {platform.system()}"
