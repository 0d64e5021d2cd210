"""Try mien with damaged files: through the command and through the service.

python project/abuse/abuse.py WORK [CORPUS ...] [--most N] [--ways command service]

Makes the damaged files of `project/abuse/damage.py` in WORK/corpus (from the clips in CORPUS,
too), gives
each to `mien predict` and to `mien serve`, and checks what is said (`abuse_judge.py`). Goes on
where it was stopped. At the end the promises that were broken are printed, and, for a whole run,
reports/abuse.json and docs/abuse.md are written (`--report` does only that). Linux; it needs the
extras serve and train. Exit code 1 where a promise was broken.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from abuse_command import predict_all
from abuse_judge import Told, faults, holds_anything
from abuse_page import write_page
from abuse_report import NOTES, report
from abuse_service import upload_all
from abuse_watch import watched
from damage import Damaged, write_corpus
from damage_references import CANARY, PORT

WAYS = {"command": predict_all, "service": upload_all}
SEED = 9


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("work", type=Path)
    parser.add_argument("corpus", type=Path, nargs="*")
    parser.add_argument("--most", type=int, help="files to try; a part is not reported")
    parser.add_argument("--sources", type=int, help="clips to damage; a part is not reported")
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--report", action="store_true", help="only write report and page")
    given = parser.parse_args()
    os.environ["SVT_LOG"] = "0"
    folder = given.work.absolute() / "corpus"
    rows = write_corpus(folder, given.corpus, SEED, most=given.sources)
    random.Random(SEED).shuffle(rows)
    chosen = rows[: given.most]
    if not given.report:
        for way in given.ways:
            try_all(way, folder, chosen, given.work)
    found = broken(given.work, folder, given.ways)
    for way, path, what in found:
        print(f"{way}: {path}: {what}")
    print(f"{len(chosen)} files, {len(found)} promises broken")
    if given.most is None and given.sources is None and set(given.ways) == set(WAYS):
        NOTES.write_text(json.dumps(report(given.work, rows, found), indent=1) + "\n", "utf-8")
        write_page(NOTES)
    sys.exit(bool(found))


def try_all(way: str, folder: Path, rows: Iterable[Damaged], work: Path) -> None:
    """Give each file to one of `WAYS` that was not given to it before; note what is said."""
    notes, done = work / f"{way}.jsonl", {told.path for told in read(work, way)}
    paths = [row.path for row in rows if row.path not in done]
    if not paths:
        return
    begun = time.monotonic()
    earlier = sum("opened" in row for row in rows_of(work, way))
    canary = next((folder / "references").glob(f"*{CANARY}"))
    with notes.open("a", encoding="utf-8") as stream, watched(canary, PORT) as opened:

        def note(row: dict[str, Any]) -> None:
            stream.write(json.dumps(row) + "\n")
            stream.flush()

        def remember(what: str, batch: int, ended: int, used: int) -> None:
            note({"memory": [what, f"{earlier}-{batch}", ended, used]})

        for number, told in enumerate(WAYS[way](folder, paths, remember), 1):
            note({"told": asdict(told)})
            _show(way, number, len(paths), begun)
    with notes.open("a", encoding="utf-8") as stream:
        last = {"files": opened.files, "calls": opened.calls, "seconds": time.monotonic() - begun}
        stream.write(json.dumps({"opened": last}) + "\n")


def _show(way: str, number: int, count: int, begun: float) -> None:
    if number % 25 and number < count:
        return
    left = (time.monotonic() - begun) / number * (count - number)
    end = "\n" if number >= count or not sys.stderr.isatty() else "\r"
    print(f"{way}: {number} of {count}, {left / 60:.1f} min left", file=sys.stderr, end=end)


def read(work: Path, way: str) -> Iterator[Told]:
    """What was said so far."""
    for row in rows_of(work, way):
        if "told" in row:
            told = row["told"]
            yield Told(**{**told, "lines": tuple(told["lines"])})


def rows_of(work: Path, way: str) -> Iterator[dict[str, Any]]:
    """The notes of one way; a last line that was cut off is left out."""
    path = work / f"{way}.jsonl"
    for line in path.read_text("utf-8").splitlines() if path.is_file() else ():
        try:
            yield json.loads(line)
        except ValueError:
            continue


def broken(work: Path, folder: Path, ways: Iterable[str]) -> list[tuple[str, str, str]]:
    """(way, file, what is wrong) of each promise that was not kept."""
    found, labelled = [], set()
    for way in ways:
        for told in read(work, way):
            wrong = faults(told) if told.status in ("answered", "refused") else [told.status]
            found += [(way, told.path, f"{what}: {' '.join(told.lines)}"[:3000]) for what in wrong]
            if told.answer is not None and '"label": null' not in told.answer:
                labelled.add(told.path)
        for row in rows_of(work, way):
            if "opened" in row and (row["opened"]["files"] or row["opened"]["calls"]):
                found.append((way, CANARY, f"was opened: {row['opened']}"))
    empty = _without(folder, sorted(labelled), holds_anything)
    return found + [("answer", path, "a label, but nothing in it decodes") for path in empty]


def _without(folder: Path, paths: list[str], holds: Callable[[str], bool]) -> list[str]:
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        held = pool.map(holds, [str(folder / path) for path in paths], chunksize=20)
        return [path for path, there in zip(paths, held, strict=True) if not there]


if __name__ == "__main__":
    main()
