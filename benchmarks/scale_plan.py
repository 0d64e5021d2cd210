"""What a million hours would take, from what was measured; into docs/scale.md.

    python benchmarks/scale_plan.py [--docs docs/scale.md] [--reports reports]

Reads scale_costs.json, scale_speed.json, scale_memory.json and scale_faults.json.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HOURS = 1_000_000
CORES = 2000
CORE_HOUR = 0.04  # USD for a virtual core with 2 GB, on demand
SPOT = 0.015  # USD, where machines may be taken away
STORE_MONTH = 0.023  # USD for a GB and month of object storage
REQUESTS = 0.0004  # USD for a thousand reads
STAGES = ("decode", "detect", "encode", "voice", "fuse")
START, END = "<!-- plan -->", "<!-- /plan -->"


def costs(report: dict[str, Any]) -> Iterator[str]:
    """The table of stages."""
    yield "Processor seconds for an hour of video in one thread, at the default rate of pictures:"
    yield ""
    yield f"| picture | length, s | {' | '.join(STAGES)} | all | answers, MB an hour |"
    yield f"|---|{'---:|' * (len(STAGES) + 3)}"
    for run in report["runs"]:
        cells = " | ".join(f"{run[stage]:.0f}" for stage in STAGES)
        cells += f" | {run['all']:.0f} | {run['written_mb_an_hour']:.2f}"
        yield f"| {run['size']} | {run['media_s']:.0f} | {cells} |"
    yield ""
    one = [run for run in report["runs"] if run["size"] == report["runs"][0]["size"]]
    least, most = min(run["all"] for run in one), max(run["all"] for run in one)
    yield (
        f"From {one[0]['media_s']:,.0f} to {one[-1]['media_s']:,.0f} s of video, an hour of it "
        f"costs {least:.0f} to {most:.0f} s: the work grows as the video does. "
        f"`python benchmarks/scale_costs.py`, {report['date']}."
    )
    yield ""


def plan(report: dict[str, Any]) -> Iterator[str]:
    """Machines, money, storage and network for `HOURS`."""
    at = {(run["size"], run["media_s"] < 100): run for run in report["runs"]}
    runs = [run for (_, short), run in at.items() if short]
    yield f"**A million hours**, on {CORES:,} virtual cores, as fast per core as the one measured:"
    yield ""
    yield "| | " + " | ".join(run["size"] for run in runs) + " |"
    yield "|---|" + "---:|" * len(runs)
    core_hours = [HOURS * run["all"] / 3600 for run in runs]
    seconds = [hours * 3600 / CORES for hours in core_hours]
    source = [HOURS * run["source_mb_an_hour"] / 1e9 for run in runs]
    written = [HOURS * run["written_mb_an_hour"] / 1e6 for run in runs]
    rows = {
        "core hours": [f"{n:,.0f}" for n in core_hours],
        "days": [f"{s / 86400:.1f}" for s in seconds],
        f"USD on demand ({CORE_HOUR} a core hour)": [f"{n * CORE_HOUR:,.0f}" for n in core_hours],
        f"USD on spot machines ({SPOT})": [f"{n * SPOT:,.0f}" for n in core_hours],
        "sources, PB (of the test clip's bit rate)": [f"{n:.2f}" for n in source],
        "USD a month to keep them": [f"{n * 1e6 * STORE_MONTH:,.0f}" for n in source],
        "network, Gbit/s": [f"{n * 8e6 / s:.1f}" for n, s in zip(source, seconds, strict=True)],
        "answers, TB": [f"{n:.2f}" for n in written],
        "answers, MB/s through the driver": [
            f"{n * 1e6 / s:.1f}" for n, s in zip(written, seconds, strict=True)
        ],
    }
    for name, cells in rows.items():
        yield f"| {name} | {' | '.join(cells)} |"
    yield ""
    yield (
        f"Prices are assumptions: typical list prices of large clouds, {STORE_MONTH} USD a GB and "
        f"month of storage, {REQUESTS} USD a thousand reads; traffic within a region is free."
    )
    yield ""


def breaks(memory: dict[str, Any] | None, costs_: dict[str, Any]) -> Iterator[str]:
    """What gives way first."""
    reasons = [_driver(memory, costs_["runs"])] if memory else []
    reasons += [
        "The network of the store, if its machines are not in the same region: the table has what "
        "it must give. Whole files travel once; of a long one, the sound's pass reads all of it "
        "and each span its part, so such files travel twice.",
        "Temporary disk: a remote file lies on the worker's disk while it is read. A core needs "
        "room for its largest file.",
        "The manifest: the driver reads all of it at the start, about 100 bytes an input, and "
        "keeps it in a temporary database; a billion inputs are 100 GB and should be split.",
    ]
    yield "**What breaks first.**"
    yield ""
    yield from (f"{number}. {reason}" for number, reason in enumerate(reasons, 1))
    yield ""


def _driver(memory: dict[str, Any], runs: list[dict[str, Any]]) -> str:
    run = next(r for r in runs if 30 < r["media_s"] < 100)
    spent = memory["driver_cpu_ms_an_input"]
    cores = 1000 / spent * 60 * run["all"] / 3600
    return (
        f"The driver, if clips are short: it spends {spent:.1f} ms of one core on an input "
        f"(below), so that {1000 / spent:,.0f} a second are the most. Clips of a minute then keep "
        f"{cores:,.0f} cores busy at {run['size']}. Beyond that, cut the listing and run one "
        "command and one data set for each part."
    )


def growth(memory: dict[str, Any]) -> Iterator[str]:
    """How cost and memory of the driver grow with the listing."""
    yield "**Growth.** The driver of runs over short sounds, every hundredth with its own content:"
    yield ""
    yield (
        "| inputs | s | processor time, s | memory after a tenth, MB | after half | at the end | "
        "at most |"
    )
    yield "|---:|---:|---:|---:|---:|---:|---:|"
    for run in memory["runs"]:
        held = run["mb_after_each_tenth"]
        cells = [run["seconds"], run["driver_cpu_s"], held[0], held[4], held[9], run["peak_mb"]]
        yield f"| {run['inputs']:,} | {' | '.join(f'{cell:.0f}' for cell in cells)} |"
    yield ""
    yield (
        "Buffers fill at first; in the second half of the largest run, memory does not grow. "
        f"`python benchmarks/scale_memory.py`, {memory['date']}."
    )
    yield ""


def speed(report: dict[str, Any]) -> Iterator[str]:
    """Workers against processes."""
    yield "**Overhead.** Clips of Java-SED a second, of single-thread processes and of workers:"
    yield ""
    yield "| at once | processes | workers on Ray | ratio | ratio of each round |"
    yield "|---:|---:|---:|---:|---|"
    for run in report["runs"]:
        cells = f"{run['processes_clips_per_s']:.2f} | {run['ray_clips_per_s']:.2f}"
        rounds = ", ".join(f"{ratio:.2f}" for ratio in sorted(run["ratios"]))
        yield f"| {run['workers']} | {cells} | {run['ratio']:.2f} | {rounds} |"
    yield ""
    how = f"{report['cores']} cores, medians of {report['rounds']} rounds, {report['clips']} clips"
    yield (
        "How far the rounds lie apart is the other work of the machine. "
        f"`python benchmarks/scale_speed.py --data DATA`, {report['date']}, {how}."
    )
    yield ""


def faults(report: dict[str, Any]) -> Iterator[str]:
    """What dying changed."""
    before, done = report["settled_before_the_driver_was_killed"], report["done_by_the_second_run"]
    yield (
        f"**Faults.** {report['inputs']:,} clips on a cluster of three nodes with workers: the "
        f"command killed after {before:,} and started again, which did {done:,} more (and found "
        f"{report['copies']} copies), while "
        f"{report['workers_killed']} workers and {report['nodes_killed']} whole node were killed. "
        f"Of {report['compared_clips']:,} clips, {report['compared_windows']:,} windows and "
        f"{report['compared_people']:,} people of one process of `mien predict`, "
        f"{report['compared_differ']} differ, {report['compared_missing']} are missing and "
        f"{report['compared_rows_twice']} are there twice."
    )
    yield ""
    yield f"`python benchmarks/scale_faults.py --data DATA`, {report['date']}."


def main() -> None:
    """Write the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", type=Path, default=Path("docs/scale.md"))
    parser.add_argument("--reports", type=Path, default=Path("reports"))
    options = parser.parse_args()
    found: dict[str, Any] = {}
    for name in ("costs", "speed", "memory", "faults"):
        path = options.reports / f"scale_{name}.json"
        found[name] = json.loads(path.read_text()) if path.is_file() else None
    lines: list[str] = []
    if found["costs"]:
        lines += [*costs(found["costs"]), *plan(found["costs"])]
        lines += breaks(found["memory"], found["costs"])
    for name, write in (("memory", growth), ("speed", speed), ("faults", faults)):
        if found[name]:
            lines += write(found[name])
    text = options.docs.read_text()
    head, rest = text.split(START)
    tail = rest.split(END)[1]
    body = "\n".join(lines).strip()
    options.docs.write_text(f"{head}{START}\n{body}\n{END}{tail}")


if __name__ == "__main__":
    main()
