"""How fast mien is, in one run and as ratios to decoding alone.

    python benchmarks/speed.py [--quick] [--long] [--fer PYTHON] [--mediapipe PYTHON] [--runs 5]
                               [--json reports/speed.json] [--history reports/speed_history.csv]
                               [--only PART ...]

Clips of 10 s at 25 pictures/s, made of the sample clip, at 360p, 720p and 1080p, with one and five
faces, on one, two and four threads, and two as cameras write them, without B-pictures, of which
mien need not decode all: decoding alone, the whole at the default and with every
picture; each stage by itself; what a start costs; training samples a second; peers on the same
clip and threads, by the Python of their environment. Works that are compared are run in turns,
medians are given. `--quick` keeps to 720p, one face, four threads; `--long` adds thirty minutes
against one (speed and resident memory), and 1,000 and 10,000 clips against 10. `--only` runs some
parts again, and puts their figures into the JSON that is there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clips import make_clip
from history import append, commit
from many import seconds_a_clip
from measure import Seconds, in_turns
from memory import peak
from rich.console import Console
from rich.table import Table
from stages import BATCH, FPS, encoder, stages, whole
from start import start

from mien.training.experiment.record import hardware

SIZES = {"360p": (640, 360), "720p": (1280, 720), "1080p": (1920, 1080)}
THREADS, FACES, MAIN = (1, 2, 4), (1, 5), ("720p", 1, 4)
PEERS = Path(__file__).with_name("peers")


@dataclass
class Run:
    """What is asked for, and what was found so far; everything found is plain JSON."""

    options: argparse.Namespace
    folder: Path
    console: Console = field(default_factory=lambda: Console(width=120, highlight=False))
    found: dict[str, Any] = field(default_factory=dict)

    def clip(self, size: str, seconds: float = 10, faces: int = 1, between: int = 3) -> Path:
        """Made on first use; `between` is the most B-pictures in a row."""
        path = self.folder / f"{size}-{seconds:g}-{faces}-{between}.mp4"
        if not path.exists():
            make_clip(path, seconds, *SIZES[size], faces=faces, between=between)
        return path

    def table(self, title: str, columns: list[str], rows: list[list[str]]) -> None:
        """Print figures."""
        table = Table(*columns, title=title, title_justify="left")
        for row in rows:
            table.add_row(*row)
        self.console.print(table)


def pipeline(run: Run) -> None:
    """The whole against decoding alone."""
    cases = [(*MAIN, 3), (*MAIN, 0)]
    if not run.options.quick:
        cases = [(s, f, t, 3) for s in SIZES for f in FACES for t in THREADS]
        cases += [(*MAIN, 0), ("1080p", 1, 4, 0)]
    rows, kept = [], {}
    for size, count, n, between in cases:
        name = f"{size}, {count} face{'s' * (count > 1)}, {n} thread{'s' * (n > 1)}"
        name += "" if between else ", no B-pictures"
        if n > (os.cpu_count() or 1):
            rows.append([name, *["not measured: too few cores"] + [""] * 5])
            continue
        clip = run.clip(size, faces=count, between=between)
        took = in_turns(whole(clip, n), run.options.runs)
        floor = took["decode"]
        kept[name] = {work: asdict(seconds) for work, seconds in took.items()}
        kept[name] |= {
            f"{work}, ratio": round(took[work].wall / floor.wall, 3)
            for work in ("default", "every picture")
        }
        rows.append(_whole_row(name, took))
    run.found["pipeline"] = kept
    columns = ["10 s", "decode", "default", "of decoding", "every picture", "of decoding", "CPU s"]
    run.table("The whole, wall seconds", columns, rows)


def _whole_row(name: str, took: dict[str, Seconds]) -> list[str]:
    floor = took["decode"].wall
    cells = [name, f"{floor:.3f}"]
    for work in ("default", "every picture"):
        cells += [f"{took[work].wall:.3f}", f"{took[work].wall / floor:.2f} x"]
    cpu = [took[work].cpu for work in ("decode", "default", "every picture")]
    return [*cells, " / ".join(f"{seconds:.2f}" for seconds in cpu)]


def each_stage(run: Run) -> None:
    """Processor seconds of each stage by itself."""
    size, faces, _ = MAIN
    columns = ["720p, 10 s, one face, one thread", "default", "every picture"]
    few = in_turns(stages(run.clip(size, faces=faces), None), run.options.runs)
    all_ = in_turns(stages(run.clip(size, faces=faces), FPS), run.options.runs)
    rows = [[name, f"{few[name].cpu:.3f}", f"{all_[name].cpu:.3f}"] for name in few]
    run.found["stages"] = {n: {"default": few[n].cpu, "every": all_[n].cpu} for n in few}
    run.table("Each stage, processor seconds", columns, rows)


def face_encoder(run: Run) -> None:
    """Milliseconds of the face encoder for a face."""
    works = {
        f"{n} thread{'s' if n > 1 else ''}": encoder(n)
        for n in THREADS
        if n <= (os.cpu_count() or 1)
    }
    took = in_turns(works, 10 * run.options.runs)
    found = {name: round(1000 * one.wall / BATCH, 3) for name, one in took.items()}
    run.found["encoder"] = found
    rows = [[name, f"{ms:.2f}"] for name, ms in found.items()]
    run.table(f"Face encoder, {BATCH} faces at a time", ["", "ms a face"], rows)


def starting(run: Run) -> None:
    """Cold start, imports, bundle."""
    took, ratio = start(run.options.runs)
    rows = [[name, f"{one.wall:.3f}", f"{one.cpu:.3f}"] for name, one in took.items()]
    rows.append(["cold, of Python + libraries + the clip warm", f"{ratio:.2f} x", ""])
    run.found["start"] = {name: asdict(one) for name, one in took.items()} | {"ratio": ratio}
    run.table("Starting", ["", "wall s", "CPU s"], rows)


def peers(run: Run) -> None:
    """Other packages on the same clip, decoding included, and mien beside them."""
    given = {"fer": run.options.fer, "mediapipe": run.options.mediapipe}
    n = min(4, os.cpu_count() or 1)
    clip, rows, kept = run.clip("720p"), [], {}
    took = in_turns(whole(clip, n), run.options.runs)
    quarter = in_turns({"mien": _every_fourth(clip, n)}, run.options.runs)["mien"]
    mine = {"1": took["every picture"].wall, "4": quarter.wall}
    for name, python in given.items():
        if python is None:
            continue
        script = str(PEERS / f"{name}_clip.py")
        command = [str(python), script, str(clip), str(n), str(min(3, run.options.runs))]
        said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        kept[name] = json.loads(said.splitlines()[-1])
        for each, one in kept[name].items():
            word = {"1": "every picture", "4": "every fourth"}[each]
            cells = [f"{one['seconds']:.2f}", f"{mine[each]:.3f}"]
            rows.append([f"{name}, {word}", *cells, f"{one['seconds'] / mine[each]:.1f} x"])
    run.found["peers"] = kept | {"mien": mine}
    run.table(f"Peers, 720p, {n} threads", ["", "peer s", "mien s", "mien is faster"], rows)


def _every_fourth(clip: Path, threads: int) -> Any:
    import mien

    bundle, options = mien.load(threads=threads), mien.Options(fps=FPS / 4)
    return lambda: mien.analyze(clip, model=bundle, options=options)


def training(run: Run) -> None:
    """Samples a second of the networks."""
    from training import rates

    found, product = rates(min(4, os.cpu_count() or 1))
    rows = [[n, f"{one.samples:.1f}", f"{one.share:.0%}"] for n, one in found.items()]
    run.found["training"] = {n: asdict(one) for n, one in found.items()} | {"product": product}
    title = f"Training, float32; a matrix product runs at {product / 1e9:.0f} GFLOP/s"
    run.table(title, ["", "samples/s", "of the product's rate"], rows)


def long(run: Run) -> None:
    """Thirty minutes against one, and many clips against ten."""
    rows = []
    for minutes in (1, 30):
        clip = run.clip("720p", 60 * minutes)
        megabytes, seconds = peak(clip)
        rows.append([f"{minutes} min of 720p", f"{megabytes} MB", f"{seconds / minutes:.2f} s/min"])
        clip.unlink()
    for count in (10, 1000, 10_000):
        rows.append([f"{count} clips of 1 s", "", f"{1000 * seconds_a_clip(count):.1f} ms a clip"])
    run.found["long"] = rows
    run.table("Long and many", ["", "resident", "cost"], rows)


PARTS = {
    "pipeline": pipeline,
    "stages": each_stage,
    "encoder": face_encoder,
    "start": starting,
    "peers": peers,
    "training": training,
    "long": long,
}


def main() -> None:
    """Print the tables, and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    for name in ("--quick", "--long"):
        parser.add_argument(name, action="store_true")
    parser.add_argument("--only", nargs="+", choices=list(PARTS))
    for name in ("--fer", "--mediapipe", "--json", "--history"):
        parser.add_argument(name, type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = Run(options, Path(folder))
        run.found = {
            "date": datetime.now(UTC).date().isoformat(),
            "commit": commit(),
            "hardware": hardware(),
            "cores": os.cpu_count(),
            "runs": options.runs,
            "load": round(os.getloadavg()[0], 1),
        }
        for name in options.only or _usual(options):
            PARTS[name](run)
    keep(run)


def _usual(options: argparse.Namespace) -> list[str]:
    parts = ["pipeline", "stages", "encoder", "start"]
    parts += ["peers"] if options.fer or options.mediapipe else []
    parts += [] if options.quick else ["training"]
    return [*parts, "long"] if options.long else parts


def keep(run: Run) -> None:
    """Write the JSON, and a line of the history."""
    if run.options.only and run.options.json and run.options.json.exists():
        run.found = json.loads(run.options.json.read_text()) | {
            name: run.found[name] for name in run.options.only
        }
    if run.options.json:
        run.options.json.write_text(json.dumps(run.found, indent=1) + "\n")
    if run.options.history:
        row = {name: run.found[name] for name in ("date", "commit", "hardware", "load")}
        for name, one in run.found["pipeline"].items():
            row |= {f"{name}: {w}": one[f"{w}, ratio"] for w in ("default", "every picture")}
        row["cold start, ratio"] = round(run.found["start"]["ratio"], 3)
        append(run.options.history, row)


if __name__ == "__main__":
    main()
