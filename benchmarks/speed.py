"""How fast mien is, in one run and as ratios to decoding alone.

    python benchmarks/speed.py --data DATA/java_sed [--seconds 30] [--runs 3] [--minutes 60]
        [--cuts 100] [--json reports/speed.json] [--history reports/speed_history.csv]
        [--fer PYTHON] [--mediapipe PYTHON] [--long] [--only PART ...]

Clips are of people who really talk (`talking.py`): one, two and five of them, at 360p, 720p and
1080p, as films are encoded and as telephones do it; without --data they are made of the sample's
portrait, and the report says so. For each: decoding alone and the whole, on one and two threads
(four where there are so many cores); each stage by itself; how the cost grows with length, people
and size. Then what a start costs, memory (a minute, an hour, an hour with cuts between people),
live mode, and peers on the same clip by the Python of their environment (`fer` as `fer_network.py`
says; `pip install 'mediapipe<0.10.22'`, since newer ones bring no detector). Works that are
compared are run in turns; medians are given. `--long` adds training samples a second and a thousand
clips.

The defaults take some 18 minutes on two idle cores, `--seconds 20` some 15. `--only` runs some
parts again. What is measured is put into the JSON after each part, beside what is there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from growth import Point, fitted, seconds_an_hour
from history import append, commit
from many import seconds_a_clip
from measure import Seconds, in_turns
from memory import peaks
from rich.console import Console
from rich.table import Table
from stages import BATCH, encoder, stages, whole
from start import start
from talking import CASES, facts, material, talking_clip

import mien
from mien.training.experiment.record import hardware

MAIN, PHONE = "720p, one person", "720p, one person, phone"
STAGED = (MAIN, "720p, five people", "1080p, one person", PHONE)
THREADS = tuple(n for n in (1, 2, 4) if n == 1 or n <= (os.cpu_count() or 1))
LENGTHS = (0.25, 0.5)  # of a clip's, measured beside it
PEER_SECONDS = 10.0
LIVE_SECONDS = 20.0
STAGE_SECONDS = 10.0
PEERS = Path(__file__).with_name("peers")


@dataclass
class Run:
    """What is asked for, and what was measured so far, which is plain JSON."""

    options: argparse.Namespace
    folder: Path
    console: Console = field(default_factory=lambda: Console(width=120, highlight=False))
    report: dict[str, Any] = field(default_factory=dict)

    def clip(self, name: str, seconds: float | None = None) -> Path:
        """One of `CASES`, made on first use."""
        seconds = seconds or self.options.seconds
        path = self.folder / f"{name}-{seconds:g}.mp4"
        if not path.exists():
            self.console.print(f"[dim]making a clip: {name}, {seconds:g} s[/dim]")
            talking_clip(path, CASES[name], seconds, self.options.data)
        return path

    def table(self, title: str, columns: list[str], rows: list[list[str]]) -> None:
        """Print figures."""
        table = Table(*columns, title=title, title_justify="left")
        for row in rows:
            table.add_row(*row)
        self.console.print(table)


def pipeline(run: Run) -> None:
    """The whole against decoding alone."""
    rows, measured, clips = [], {}, {}
    for name, kind in CASES.items():
        clip = run.clip(name)
        clips[name] = facts(clip) | {"people": kind.people}
        measured[name] = {}
        for threads in THREADS:
            every = float(kind.camera.fps) if (name, threads) == (MAIN, 2) else None
            took = in_turns(whole(clip, threads, every), run.options.runs, run.options.runs < 3)
            measured[name][f"{threads}"] = {work: asdict(spent) for work, spent in took.items()}
            rows.append([name, f"{threads}", *_ratios(took)])
    run.report |= {"clips": clips, "pipeline": measured}
    columns = [f"{run.options.seconds:g} s", "threads", "decode, s", "whole, s", "times", "CPU"]
    run.table("The whole, and times what decoding takes", columns, rows)


def _ratios(took: dict[str, Seconds]) -> list[str]:
    floor, spent = took["decode"], took["default"]
    times = f"{spent.wall / floor.wall:.2f} x", f"{spent.cpu / floor.cpu:.2f} x"
    return [f"{floor.wall:.2f}", f"{spent.wall:.2f}", *times]


def each_stage(run: Run) -> None:
    """Processor seconds of each stage by itself, for ten seconds of clip."""
    measured, seconds = {}, min(STAGE_SECONDS, run.options.seconds)
    for name in STAGED:
        took = in_turns(stages(run.clip(name, seconds)), run.options.runs, run.options.runs < 3)
        share = 10 / seconds
        measured[name] = {stage: round(share * spent.cpu, 4) for stage, spent in took.items()}
    run.report["stages"] = measured
    rows = [
        [stage, *(f"{1000 * measured[name][stage]:.0f}" for name in STAGED)]
        for stage in measured[MAIN]
    ]
    run.table("Each stage, processor ms for 10 s", ["", *STAGED], rows)


def growth(run: Run) -> None:
    """How the cost grows: processor seconds on one thread, and the fit."""
    if "pipeline" not in run.report:
        raise SystemExit("growth: needs the figures of pipeline; run that too")
    spent = {
        n: by_threads["1"]["default"]["cpu"] for n, by_threads in run.report["pipeline"].items()
    }
    full = run.options.seconds
    costs = [(name, full, cpu) for name, cpu in spent.items() if name != PHONE]
    for share in LENGTHS:
        works = whole(run.clip(MAIN, share * full), 1)
        took = in_turns({"default": works["default"]}, run.options.runs)
        costs.append((MAIN, share * full, took["default"].cpu))
    run.report["growth"] = fitted([_point(*cost) for cost in costs])
    rows = [
        [p["name"], f"{p['seconds']:g}", f"{p['cpu']:.2f}", f"{p['fitted']:.2f}"]
        for p in run.report["growth"]["points"]
    ]
    run.table("How it grows", ["", "s", "processor s", "by the fit"], rows)
    hour = seconds_an_hour(run.report["growth"]["terms"], 1, _megapixels(MAIN))
    run.console.print(f"an hour of 720p with one person: {hour / 60:.1f} min of one core")


def _megapixels(name: str) -> float:
    return CASES[name].width * CASES[name].height / 1e6


def _point(name: str, seconds: float, cpu: float) -> Point:
    return Point(name, seconds, CASES[name].people, _megapixels(name), round(cpu, 4))


def face_encoder(run: Run) -> None:
    """Milliseconds of the face encoder for a face."""
    took = in_turns({f"{n}": encoder(n) for n in THREADS}, 10 * run.options.runs)
    run.report["encoder"] = {n: round(1000 * spent.wall / BATCH, 3) for n, spent in took.items()}
    rows = [[threads, f"{ms:.2f}"] for threads, ms in run.report["encoder"].items()]
    run.table(f"Face encoder, {BATCH} faces at a time", ["threads", "ms a face"], rows)


def starting(run: Run) -> None:
    """Cold start, imports, bundle."""
    took, ratio = start(run.options.runs + 2)
    rows = [[name, f"{spent.wall:.3f}", f"{spent.cpu:.3f}"] for name, spent in took.items()]
    rows.append(["cold, of Python + libraries + the clip warm", f"{ratio:.2f} x", ""])
    run.report["start"] = {name: asdict(spent) for name, spent in took.items()} | {"ratio": ratio}
    run.table("Starting", ["", "wall s", "CPU s"], rows)


def memory(run: Run) -> None:
    """A minute, an hour, an hour with cuts."""
    options = run.options
    run.report["memory"] = peaks(run.folder, options.minutes, options.cuts, options.data)
    rows = [
        [name, f"{found['MB']} MB", f"{found['took']:.0f} s"]
        for name, found in run.report["memory"].items()
    ]
    run.table("Resident memory of the command, 640x360", ["", "peak", "took"], rows)


def live_mode(run: Run) -> None:
    """Answers a second and their age."""
    from live import live

    seconds = min(LIVE_SECONDS, run.options.seconds)
    run.report["live"] = live(run.folder, seconds, run.options.data)
    run.console.print_json(data=run.report["live"])


def peers(run: Run) -> None:
    """Other packages on the same clip, decoding included, and mien beside them."""
    given = {"fer": run.options.fer, "mediapipe": run.options.mediapipe}
    threads = THREADS[-1]
    clip = run.clip(MAIN, min(PEER_SECONDS, run.options.seconds))
    ours = in_turns(_like_peers(clip, threads), run.options.runs)
    measured: dict[str, Any] = {"threads": threads, "seconds": facts(clip)["seconds"]}
    measured["mien"] = {each: {"seconds": spent.wall} for each, spent in ours.items()}
    for name, python in given.items():
        if python is not None:
            script = str(PEERS / f"{name}_clip.py")
            command = [str(python), script, str(clip), f"{threads}", f"{min(3, run.options.runs)}"]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            measured[name] = json.loads(done.stdout.splitlines()[-1])
    run.report["peers"] = measured
    rows = [
        [name, *(f"{measured[name][each]['seconds']:.2f}" for each in ours)]
        for name in ("mien", *given)
        if name in measured
    ]
    run.table("Peers, 720p, wall seconds", ["", "every picture", "every fourth"], rows)


def _like_peers(clip: Path, threads: int) -> dict[str, Callable[[], object]]:
    """Our own with as many pictures as they take."""
    bundle, fps = mien.load(threads=threads), CASES[MAIN].camera.fps
    options = {each: mien.Options(fps=fps / int(each)) for each in ("1", "4")}
    return {
        each: lambda chosen=chosen: mien.analyze(clip, model=bundle, options=chosen)  # type: ignore[misc]
        for each, chosen in options.items()
    }


def training(run: Run) -> None:
    """Samples a second of the networks."""
    from training import rates

    rates_of, product = rates(THREADS[-1])
    run.report["training"] = {n: asdict(rate) for n, rate in rates_of.items()}
    run.report["training"]["product"] = product
    rows = [[n, f"{rate.samples:.1f}", f"{rate.share:.0%}"] for n, rate in rates_of.items()]
    title = f"Training, float32; a matrix product runs at {product / 1e9:.0f} GFLOP/s"
    run.table(title, ["", "samples/s", "of the product's rate"], rows)


def many(run: Run) -> None:
    """A thousand clips against ten."""
    run.report["many"] = {f"{n}": round(1000 * seconds_a_clip(n), 1) for n in (10, 1000)}
    rows = [[n, f"{ms:.1f}"] for n, ms in run.report["many"].items()]
    run.table("Many clips of 1 s", ["clips", "ms a clip"], rows)


PARTS: dict[str, Callable[[Run], None]] = {
    "pipeline": pipeline,
    "stages": each_stage,
    "growth": growth,
    "encoder": face_encoder,
    "start": starting,
    "live": live_mode,
    "peers": peers,
    "memory": memory,
    "training": training,
    "many": many,
}


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30, help="of a clip")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=60, help="of the clips for memory")
    parser.add_argument("--cuts", type=int, default=100, help="in the last one of them")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--only", nargs="+", choices=list(PARTS))
    for name in ("--data", "--fer", "--mediapipe", "--json", "--history"):
        parser.add_argument(name, type=Path)
    return parser.parse_args()


def main() -> None:
    """Run the parts, print the tables, and keep the figures."""
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        run = Run(options, Path(folder))
        if options.only and options.json and options.json.exists():
            run.report = json.loads(options.json.read_text())
        run.report |= {
            "date": datetime.now(UTC).date().isoformat(),
            "commit": commit(),
            "bundle": mien.load().spec.name,
            "hardware": hardware(),
            "cores": os.cpu_count(),
            "material": material(options.data),
            "seconds": options.seconds,
            "runs": options.runs,
            "load": round(os.getloadavg()[0], 1),
        }
        for name in options.only or _usual(options):
            PARTS[name](run)
            if options.json:
                options.json.write_text(json.dumps(run.report, indent=1) + "\n")
    if options.history and "pipeline" in run.report:
        append(options.history, _history(run.report))


def _usual(options: argparse.Namespace) -> list[str]:
    left_out = set() if options.long else {"training", "many"}
    if not (options.fer or options.mediapipe):
        left_out.add("peers")
    return [name for name in PARTS if name not in left_out]


def _history(report: dict[str, Any]) -> dict[str, object]:
    """A row: the ratios of this commit."""
    row = {name: report[name] for name in ("date", "commit", "hardware", "load")}
    for name, by_threads in report["pipeline"].items():
        for threads, took in by_threads.items():
            ratio = took["default"]["wall"] / took["decode"]["wall"]
            row[f"{name}, threads {threads}"] = round(ratio, 3)
    if "start" in report:
        row["cold start, ratio"] = round(report["start"]["ratio"], 3)
    return row


if __name__ == "__main__":
    main()
