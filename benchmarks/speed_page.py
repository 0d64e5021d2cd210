"""docs/speed.md from the reports of the benchmarks.

    python benchmarks/speed_page.py [--docs docs/speed.md] [--reports reports]

Reads speed.json, speed_history.csv, rate_accuracy.json, between_looks.json and memory.json.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Report = dict[str, Any]

START, END = "<!-- figures -->", "<!-- /figures -->"
ASKED = {
    "720p, 1 face, 4 threads": (1.4, 3.0),
    "1080p, 1 face, 4 threads": (1.25, 2.5),
}


def main() -> None:
    """Write the part of the page between the marks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", type=Path, default=Path("docs/speed.md"))
    parser.add_argument("--reports", type=Path, default=Path("reports"))
    options = parser.parse_args()
    speed = json.loads((options.reports / "speed.json").read_text())
    lines = [
        *whole(speed),
        *accuracy(json.loads((options.reports / "rate_accuracy.json").read_text())),
        *between(json.loads((options.reports / "between_looks.json").read_text())),
        *stages(speed),
        *starting(speed),
        *peers(speed),
        *long(speed),
        *training(speed),
        *history(options.reports / "speed_history.csv"),
    ]
    page = options.docs.read_text()
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    body = "\n".join(lines)
    options.docs.write_text(f"{before}{START}\n{body}\n{END}{after}")


def table(columns: list[str], rows: list[list[str]]) -> Iterator[str]:
    """Figures to the right."""
    yield f"| {' | '.join(columns)} |"
    yield f"|---|{'---:|' * (len(columns) - 1)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def whole(speed: Report) -> Iterator[str]:
    """The whole against decoding alone."""
    yield "## The whole\n"
    rows = []
    for name, took in speed["pipeline"].items():
        asked = ASKED.get(name.removesuffix(", no B-pictures"))
        cells = [name, f"{1000 * took['decode']['wall']:.0f}"]
        for place, work in enumerate(("default", "every picture")):
            ratio = f"{took[f'{work}, ratio']:.2f}"
            cells += [f"{1000 * took[work]['wall']:.0f}"]
            cells += [ratio if asked is None else f"{ratio} (asked {asked[place]:g})"]
        rows.append(cells)
    of = "times decoding"
    yield from table(
        ["10 s at 25 pictures/s", "decoding alone, ms", "default, ms", of, "every picture, ms", of],
        rows,
    )
    yield f"{_origin(speed)}; medians of {speed['runs']} runs in turns.\n"
    main = speed["pipeline"]["720p, 1 face, 4 threads"]
    more = main["decode, more threads"]["wall"]
    yield (
        "Where pictures are passed over, the decoder has half as many threads again as are asked "
        f"for; decoding all pictures alone with those six takes {1000 * more:.0f} ms at 720p, of "
        f"which the default takes {main['default']['wall'] / more:.2f} times.\n"
    )


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


def stages(speed: Report) -> Iterator[str]:
    """Processor seconds of each stage."""
    yield "## Each stage\n"
    rows = [
        [name, f"{1000 * took['default']:.0f}", f"{1000 * took['every']:.0f}"]
        for name, took in speed["stages"].items()
    ]
    yield "Processor time by itself, one thread, 10 s of 720p with one face:\n"
    yield from table(["stage", "default, ms", "every picture, ms"], rows)
    each = ", ".join(f"{ms:.2f} ms on {name}" for name, ms in speed["encoder"].items())
    yield f"The face encoder takes for a face, of 16 at a time: {each} (asked 2.0 on four).\n"


def starting(speed: Report) -> Iterator[str]:
    """Cold start."""
    yield "## Starting\n"
    found = {name: one for name, one in speed["start"].items() if isinstance(one, dict)}
    rows = [
        [n, f"{1000 * one['wall']:.0f}", f"{1000 * one['cpu']:.0f}"] for n, one in found.items()
    ]
    yield from table(["", "wall, ms", "processor, ms"], rows)
    yield (
        f"The cold command takes {speed['start']['ratio']:.2f} times Python with its four base "
        "libraries and the clip when warm (asked 1.5).\n"
    )


def peers(speed: Report) -> Iterator[str]:
    """Others on the same clip."""
    if "peers" not in speed:
        return
    yield "## Beside others\n"
    words, asked = {"1": "every picture", "4": "every fourth"}, {"1": 6, "4": 3}
    mine, rows = speed["peers"]["mien"], []
    for name, found in speed["peers"].items():
        if name == "mien":
            continue
        for each, one in found.items():
            ratio = f"{one['seconds'] / mine[each]:.1f}"
            ratio += f" (asked {asked[each]})" if name == "fer" else ""
            times = f"{one['seconds']:.2f}", f"{mine[each]:.2f}"
            rows.append([f"{name}, {words[each]}", *times, ratio])
    yield "10 s of 720p with one face, the same threads, decoding included:\n"
    yield from table(["", "theirs, s", "mien, s", "mien is faster, times"], rows)
    yield (
        "mien reads the voice too, and follows people; `fer` is face only, mediapipe finds faces "
        "and says nothing of emotion.\n"
    )


def long(speed: Report) -> Iterator[str]:
    """Length and number."""
    if "long" not in speed:
        return
    yield "## Long files, and many\n"
    yield from table(["", "resident", "cost"], speed["long"])


def training(speed: Report) -> Iterator[str]:
    """Training rates."""
    if "training" not in speed:
        return
    yield "## Training\n"
    found = {n: one for n, one in speed["training"].items() if isinstance(one, dict)}
    rate = speed["training"]["product"] / 1e9
    yield (
        f"Forward, backward and step in float32; a product of two matrices runs at {rate:.0f} "
        "GFLOP/s. More than that is convolutions that oneDNN does with fewer operations:\n"
    )
    rows = [[n, f"{one['samples']:.1f}", f"{one['share']:.0%}"] for n, one in found.items()]
    yield from table(["network", "samples a second", "of the product's rate"], rows)


def history(path: Path) -> Iterator[str]:
    """Main ratios by commit."""
    if not path.is_file():
        return
    yield "## By commit\n"
    with path.open(newline="") as stream:
        lines = list(csv.DictReader(stream))
    columns = [f"{name}: {work}" for name in ASKED for work in ("default", "every picture")]
    columns.append("cold start, ratio")
    rows = [
        [f"{one['date']}, {one['commit']}", *(one.get(c) or "" for c in columns)] for one in lines
    ]
    yield from table(["", *columns], rows)


def _origin(report: Report) -> str:
    return (
        f"`python benchmarks/speed.py`, {report['date']}, commit {report['commit']}; "
        f"{report['hardware']}, {report['cores']} cores, load {report['load']} at the start"
    )


if __name__ == "__main__":
    main()
