"""Write docs/abuse.md from reports/abuse.json and reports/fuzz.json."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["PAGE", "page", "write_page"]

ROOT = Path(__file__).resolve().parents[2]
PAGE, FUZZ = ROOT / "docs" / "abuse.md", ROOT / "reports" / "fuzz.json"
HEAD = """\
# Abuse, tried

Written by `python project/abuse/abuse.py`; do not edit.

Damaged files go through `mien predict` and through an upload to `mien serve`, the real ones. For
each file the promise is: an answer for the part that decodes, or one line that says what is wrong.
Not allowed are: a crash of the command or the service, a decoder that dies, more than 120 s, a
label for a file in which FFmpeg alone finds neither a picture nor a sample, numbers that are not
finite, a duration beyond two hours (clips have 1.5 s; an hour of gaps is believed in each stream),
a line that is more than one or steers the terminal, anything else on stderr, and opening what a
crafted list or film refers to: a sound beside it and a port of this machine are watched.

```console
python project/abuse/abuse.py WORK [CORPUS ...]
```

The files are made by `project/abuse/damage.py`, the same for the same seed and versions: the
sample clip in
every container and codec named below, and the first 1.5 s of each clip of a corpus where one is
given. Seconds of the command are between two lines of its output, those of the service are its own,
of the analysis, both with 2 files at a time on a machine that did other work, too."""
FOUND = (
    (
        "damaged files",
        "planar sound of eight channels or more (7.1 as AAC or Opus, whole files too) ended the "
        "process: PyAV reads beyond its list of planes",
        "tests/media/test_sound.py::test_eight_channels_and_more_are_heard",
    ),
    (
        "damaged files",
        "sound with an hour between two packets was held in memory as an hour of silence; many "
        "such gaps made a clip of days",
        "tests/media/test_damaged.py::test_hours_of_gaps_are_not_believed_and_fill_no_memory",
    ),
    (
        "damaged files",
        "PyAV and NumPy printed traces and warnings beside the answer",
        "tests/media/test_damaged.py::test_nothing_is_printed_for_places_and_numbers_that_cannot_be",
    ),
    (
        "odd names",
        "escape sequences in the name of a file reached the terminal",
        "tests/test_errors.py::test_no_message_steers_a_terminal_or_fills_it",
    ),
    (
        "damaged files",
        "sound that changes its kind in the middle was an error of mien's where a copy is made",
        "tests/serve/test_preview.py::test_sound_that_changes_its_kind_in_the_middle",
    ),
    (
        "uploads",
        "workers of the service grew by a megabyte with each preview",
        "tests/core/test_processes.py::test_threads_share_what_memory_is_taken_from",
    ),
    (
        "fuzzing",
        "a stream that appears in the middle of a file was an error of mien's",
        "tests/media/test_damaged.py::test_a_stream_that_appears_in_the_middle_is_left_out",
    ),
    (
        "fuzzing",
        "odd values in bundles, networks, tables in Parquet and stored answers were errors of "
        "mien's in place of one line",
        "tests/project/fuzz/test_cases.py::test_what_was_found_is_mended",
    ),
    (
        "reading",
        "a network could bring weights from files that are not hashed",
        "tests/inference/test_bundle.py::test_a_network_reads_no_other_file",
    ),
)
"""By what, what, and the test that keeps it mended."""
WORDS = {
    "command": "`mien predict - --json --jobs 2`",
    "service": "upload to `mien serve --workers 2`",
}
PROCESSES = {
    "command": "each process of `mien predict`, over 500 files",
    "server": "the server",
    "worker": "each worker of the service",
}


def write_page(notes: Path) -> None:
    """Write the page from the notes of a run."""
    PAGE.write_text(page(json.loads(notes.read_text("utf-8"))), "utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")


def page(run: dict[str, Any]) -> str:
    """The page's text."""
    return "\n".join(_lines(run)) + "\n"


def _lines(run: dict[str, Any]) -> Iterator[str]:
    yield HEAD
    yield ""
    versions = ", ".join(f"{name} {number}" for name, number in run["versions"].items())
    yield f"{run['date']}, {run['machine']}; Python {run['python']}, {versions}."
    yield ""
    yield f"**{run['files']:,} files** from {run['sources']} clips; {_verdict(run['broken'])}"
    for way, part in run["ways"].items():
        yield ""
        yield f"## {WORDS[way]}"
        yield ""
        opened = part["opened"] or "never"
        yield f"{part['files']:,} files in {part['seconds'] / 60:.0f} minutes."
        yield f"What is referred to was opened: {opened}."
        yield from _tables(part)
    yield from _memory(run)
    yield from _fuzzing()
    yield from _found()
    yield ""
    yield "## Containers and codecs"
    yield ""
    yield ", ".join(f"`{name}`" for name in run["codecs"]) + "."


def _verdict(broken: list[list[str]]) -> str:
    if not broken:
        return "no promise was broken."
    listed = "; ".join(f"`{path}` ({way}): {what}" for way, path, what in broken[:20])
    return f"{len(broken)} promises were broken: {listed}"


def _found() -> Iterator[str]:
    yield ""
    yield "## What was found, and is mended"
    yield ""
    yield "| by | what | test |"
    yield "|---|---|---|"
    for by, what, test in FOUND:
        yield f"| {by} | {what} | `{test}` |"


def _tables(part: dict[str, Any]) -> Iterator[str]:
    for name in ("by kind", "by container"):
        yield ""
        first = "damage" if name == "by kind" else "container"
        yield f"| {first} | files | answered | refused | median s | longest s |"
        yield "|---|---:|---:|---:|---:|---:|"
        for label, row in part[name].items():
            times = [
                ("" if row[key] is None else f"{row[key]:.2f}") for key in ("median_s", "longest_s")
            ]
            counts = f"{row['files']:,} | {row['answered']:,} | {row['refused']:,}"
            yield f"| {label} | {counts} | {times[0]} | {times[1]} |"


def _memory(run: dict[str, Any]) -> Iterator[str]:
    yield ""
    yield "## Memory in use"
    yield ""
    yield "Resident memory in MB: medians over the first and the last fifth of the files of each"
    yield "start, which are in a shuffled order."
    yield ""
    yield "| process | at the start | at the end | at most |"
    yield "|---|---:|---:|---:|"
    for part in run["ways"].values():
        for what, row in part["memory"].items():
            yield f"| {PROCESSES[what]} | {row['start_mb']} | {row['end_mb']} | {row['most_mb']} |"


def _fuzzing() -> Iterator[str]:
    if not FUZZ.is_file():
        return
    rows = json.loads(FUZZ.read_text("utf-8"))
    yield ""
    yield "## Coverage-guided fuzzing"
    yield ""
    yield "`python project/fuzz/fuzz.py TARGET` (atheris) changes inputs so that they reach"
    yield "new branches of mien's own code. What it found is mended, and kept as a case in"
    yield "`tests/project/fuzz`. FFmpeg, ONNX Runtime and Arrow are not instrumented."
    yield ""
    yield "| target | minutes | inputs tried | branches reached | last run |"
    yield "|---|---:|---:|---:|---|"
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["target"]].append(row)
    for target, runs in sorted(groups.items()):
        minutes = sum(row["seconds"] for row in runs) / 60
        inputs = sum(row["runs"] or 0 for row in runs)
        reached = max(row["branches"] or 0 for row in runs)
        last = f"{runs[-1]['date']}, {'found something' if runs[-1]['found'] else 'nothing found'}"
        yield f"| `{target}` | {minutes:.0f} | {inputs:,} | {reached} | {last} |"
