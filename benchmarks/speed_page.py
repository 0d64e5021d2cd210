"""docs/speed.md from the reports of the benchmarks.

    python benchmarks/speed_page.py [--docs docs/speed.md] [--reports reports]

Reads speed.json, speed_history.csv, rate_accuracy.json and between_looks.json, and
before/speed.json where there is one: the same, measured with the code of an earlier commit.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from growth import seconds_an_hour
from speed_targets import targets

Report = dict[str, Any]

START, END = "<!-- figures -->", "<!-- /figures -->"
MAIN = "720p, one person"
TREND = (MAIN, "720p, five people", "1080p, one person", "720p, one person, phone")
SIZES = {"360p": 640 * 360 / 1e6, "720p": 1280 * 720 / 1e6, "1080p": 1920 * 1080 / 1e6}


def main() -> None:
    """Write the part of the page between the marks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", type=Path, default=Path("docs/speed.md"))
    parser.add_argument("--reports", type=Path, default=Path("reports"))
    options = parser.parse_args()
    speed = _read(options.reports / "speed.json")
    before = options.reports / "before" / "speed.json"
    lines = [
        *hours(speed),
        *whole(speed),
        *accuracy(_read(options.reports / "rate_accuracy.json")),
        *between(_read(options.reports / "between_looks.json")),
        *stages(speed, _read(before) if before.is_file() else {}),
        *starting(speed),
        *memory(speed),
        *live(speed),
        *asked_for(speed),
        *peers(speed),
        *many(speed),
        *training(speed),
        *history(options.reports / "speed_history.csv"),
    ]
    page = options.docs.read_text()
    above, _, rest = page.partition(START)
    _, _, below = rest.partition(END)
    body = "\n".join(lines)
    options.docs.write_text(f"{above}{START}\n{body}\n{END}{below}")


def _read(path: Path) -> Report:
    report: Report = json.loads(path.read_text())
    return report


def table(columns: list[str], rows: list[list[str]], words: int = 0) -> Iterator[str]:
    """Figures to the right, the first column and the last `words` columns to the left."""
    yield f"| {' | '.join(columns)} |"
    yield f"|---|{'---:|' * (len(columns) - 1 - words)}{'---|' * words}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def asked_for(speed: Report) -> Iterator[str]:
    """Targets, met or missed."""
    yield "## What the project asks of it\n"
    yield (
        f"On two threads, medians of {speed['runs']} runs in turns. Clips of {speed['seconds']:g} "
        f"s are made of {speed['material']}. Where a figure is missed, the last column says what "
        "the processor does beside decoding (one thread; decoding everything is 1).\n"
    )
    yield from table(["", "asked", "measured", "", "what is in the way"], [*targets(speed)], 2)
    yield f"{_origin(speed)}.\n"


def hours(speed: Report) -> Iterator[str]:
    """Cost of an hour, and how it grows."""
    if "growth" not in speed:
        return
    terms, points = speed["growth"]["terms"], speed["growth"]["points"]
    yield "## What an hour of video costs\n"
    yield "Processor minutes for an hour of H.264 video, by the fit below:\n"
    rows = [
        [size, *(f"{seconds_an_hour(terms, n, megapixels) / 60:.1f}" for n in (1, 2, 5))]
        for size, megapixels in SIZES.items()
    ]
    yield from table(["", "one person", "two people", "five people"], rows)
    parts = ", ".join(f"{1000 * value:.1f} ms for {term}" for term, value in terms.items())
    yield (
        f"Processor time grows in a straight line: {parts}. Fitted by least squares (relative "
        "errors) to what one thread took:\n"
    )
    rows = [
        [
            p["name"],
            f"{p['seconds']:g}",
            f"{p['cpu']:.2f}",
            f"{p['fitted']:.2f}",
            f"{100 * (p['fitted'] / p['cpu'] - 1):+.0f} %",
        ]
        for p in points
    ]
    yield from table(["clip", "length, s", "processor, s", "by the fit, s", "residual"], rows)


def whole(speed: Report) -> Iterator[str]:
    """The whole against decoding alone."""
    yield "## The whole\n"
    rows = []
    for name, by_threads in speed["pipeline"].items():
        for threads, took in by_threads.items():
            floor = took["decode"]
            for work in [w for w in ("default", "every picture") if w in took]:
                what = f"{name}, {work}" if work != "default" else name
                wall = [f"{floor['wall']:.2f}", f"{took[work]['wall']:.2f}"]
                cpu = [f"{floor['cpu']:.2f}", f"{took[work]['cpu']:.2f}"]
                times = [f"{took[work][t] / floor[t]:.2f}" for t in ("wall", "cpu")]
                rows.append([what, threads, *wall, times[0], *cpu, times[1]])
    columns = ["clip", "threads", "decoding, s", "mien, s", "times"]
    columns += ["decoding, processor s", "mien, processor s", "times"]
    yield from table(columns, rows)
    if "clips" in speed:
        each = [
            f"{name}: {c['codec']}, {c['fps']:g} pictures/s, {c['kbit_s']:,} kbit/s"
            for name, c in speed["clips"].items()
        ]
        yield f"The clips, {speed['seconds']:g} s each: {'; '.join(each)}.\n"


def accuracy(report: Report) -> Iterator[str]:
    """What the default rate costs."""
    yield "Looking at four pictures a second and not at all of them costs no accuracy that shows:\n"
    rows = [
        [
            what,
            f"{row['n']}",
            f"{row['default, right']:.1%}",
            f"{row['every picture, right']:.1%}",
            f"{row['only default right']} / {row['only every picture right']}",
            f"{row['p']:g}",
        ]
        for what, row in report["rows"].items()
    ]
    columns = ["Java-SED", "n", "right at the default", "with every picture"]
    yield from table([*columns, "only one of them right", "McNemar p"], rows)
    yield (
        "The shipped model learned from these actors, so that only the difference counts. "
        f"`{report['command']}`, {report['date']}.\n"
    )


def between(report: Report) -> Iterator[str]:
    """How far faces are from where they are put."""
    yield (
        "Nor is each of the four looked at by the detector. Between two looks half a second apart, "
        f"a face that moved by less than {report['still']:g} of its side is put on the line "
        "between. So far it is from there, in parts of its side (where it hardly moves, this is "
        "what the detector itself wavers by):\n"
    )
    rows = []
    for row in report["rows"]:
        to = "and more" if row["to"] is None else f"to {row['to']:g}"
        cells = [f"{row['from']:g} {to}", f"{row['n']}", f"{row['median']:.3f}"]
        looked = "" if row["to"] is not None and row["to"] <= report["still"] else "looked at"
        rows.append([*cells, f"{row['ninth decile']:.3f}", looked])
    yield from table(["moved by", "n", "median", "ninth decile", "and therefore"], rows)
    yield (
        f"`{report['command']}`, {report['with three looks']} clips with one face for long enough, "
        f"{report['date']}.\n"
    )


def stages(speed: Report, before: Report) -> Iterator[str]:
    """Processor seconds of each stage."""
    yield "## Each stage\n"
    clips = list(speed["stages"])
    earlier = before.get("stages", {}).get(MAIN, {})
    columns = [f"{MAIN}, before ({before['commit']})"] if earlier else []
    rows = []
    for stage in speed["stages"][MAIN]:
        cells = [f"{1000 * earlier[stage]:.0f}" if stage in earlier else ""] if earlier else []
        cells += [f"{1000 * speed['stages'][c][stage]:.0f}" for c in clips]
        rows.append([stage, *cells])
    yield "Processor time by itself, one thread, milliseconds for 10 s of clip:\n"
    yield from table(["stage", *columns, *clips], rows)
    if "encoder" in speed:
        each = ", ".join(f"{ms:.2f} ms with threads: {n}" for n, ms in speed["encoder"].items())
        yield f"The face encoder takes for a face, of 16 at a time: {each}.\n"


def starting(speed: Report) -> Iterator[str]:
    """Cold start."""
    yield "## Starting\n"
    found = {name: spent for name, spent in speed["start"].items() if isinstance(spent, dict)}
    rows = [
        [n, f"{1000 * spent['wall']:.0f}", f"{1000 * spent['cpu']:.0f}"]
        for n, spent in found.items()
    ]
    yield from table(["", "wall, ms", "processor, ms"], rows)
    yield (
        f"The cold command takes {speed['start']['ratio']:.2f} times Python with its four base "
        "libraries and the clip when warm.\n"
    )


def memory(speed: Report) -> Iterator[str]:
    """Length and memory."""
    yield "## Memory\n"
    yield "Peak resident memory of `mien predict` on one thread, 640x360, two at a time:\n"
    rows = [
        [name, f"{found['MB']}", f"{found['took'] * 60 / found['seconds']:.1f}"]
        for name, found in speed["memory"].items()
    ]
    yield from table(["clip", "MB", "s for a minute of clip"], rows)


def live(speed: Report) -> Iterator[str]:
    """Answers a second and their age."""
    if "live" not in speed:
        return
    found = speed["live"]
    yield "## Live\n"
    yield f"One person talking, for {found['seconds']:g} s, on {speed['cores']} cores:\n"
    rows = []
    if "page" in found:
        page = found["page"]
        age = page["capture_to_label_ms"] or page["taken_to_label_ms"]
        what = "the page in Chromium, camera of 1280x720, 12 pictures a second"
        rows.append([what, f"{page['answers_per_s']:g}", f"{age['median']:g}", f"{age['p95']:g}"])
    socket = found["socket"]
    late = f"{socket['late_ms']['median']:g}", f"{socket['late_ms']['p95']:g}"
    rows.append(
        [
            "a program over /v1/live, 30 pictures of 640x360 a second, and sound",
            f"{socket['answers_per_s']:g}",
            *late,
        ]
    )
    yield from table(["", "answers a second", "median delay, ms", "95 % within, ms"], rows)
    yield (
        "The delay is from the camera's picture to the label on the screen in Chromium (the "
        "browser works on the same cores), and from sending a picture or sound to its answer in a "
        f"program. One picture, with nothing waiting, takes {socket['picture_ms']:g} ms.\n"
    )


def peers(speed: Report) -> Iterator[str]:
    """Others on the same clip."""
    if "peers" not in speed:
        return
    found = speed["peers"]
    yield "## Beside others\n"
    words = {"1": "every picture", "4": "every fourth"}
    rows = []
    for name in [n for n in ("fer", "mediapipe") if n in found]:
        for each, theirs in found[name].items():
            ours = found["mien"][each]["seconds"]
            cells = [f"{theirs['seconds']:.2f}", f"{ours:.2f}", f"{theirs['seconds'] / ours:.1f}"]
            rows.append([f"{name}, {words[each]}", *cells])
    length = f"{found['seconds']:g} s of 720p with one person, {found['threads']} threads"
    yield f"{length}, decoding included:\n"
    yield from table(["", "theirs, s", "mien, s", "mien is faster, times"], rows)
    yield (
        "mien reads the voice too, and follows people; `fer` is face only, mediapipe's detector "
        "finds faces and says nothing of emotion.\n"
    )


def many(speed: Report) -> Iterator[str]:
    """A thousand clips."""
    if "many" not in speed:
        return
    yield "## Many short clips\n"
    each = ", ".join(f"{ms:g} ms of {int(n):,}" for n, ms in speed["many"].items())
    yield f"`mien predict FOLDER` takes for a clip of one second: {each}.\n"


def training(speed: Report) -> Iterator[str]:
    """Training rates."""
    if "training" not in speed:
        return
    yield "## Training\n"
    found = {n: rate for n, rate in speed["training"].items() if isinstance(rate, dict)}
    product = speed["training"]["product"] / 1e9
    yield (
        f"Forward, backward and step in float32; a product of two matrices runs at {product:.0f} "
        "GFLOP/s. More than that is convolutions that oneDNN does with fewer operations:\n"
    )
    rows = [[n, f"{rate['samples']:.1f}", f"{rate['share']:.0%}"] for n, rate in found.items()]
    yield from table(["network", "samples a second", "of the product's rate"], rows)


def history(path: Path) -> Iterator[str]:
    """Main ratios by commit."""
    columns = [*(f"{name}, threads 2" for name in TREND), "cold start, ratio"]
    with path.open(newline="") as stream:
        lines = [row for row in csv.DictReader(stream) if row.get(columns[0])]
    if not lines:
        return
    yield "## By commit\n"
    rows = [
        [f"{row['date']}, {row['commit']}", *(row.get(c) or "" for c in columns)] for row in lines
    ]
    yield from table(["times decoding", *columns], rows)


def _origin(report: Report) -> str:
    return (
        f"`python benchmarks/speed.py`, {report['date']}, commit {report['commit']}, "
        f"bundle {report['bundle']}; {report['hardware']}, {report['cores']} cores, "
        f"load {report['load']} at the start"
    )


if __name__ == "__main__":
    main()
