"""The README's figures, made from the stored reports of the checkout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from project.bundle import card_tables as tables
from project.bundle.release_paths import CHECKOUT

__all__ = ["fill"]

README = Path("README.md")
_CLIP = "720p, 1 face, 4 threads"  # of `benchmarks/speed.py`


def fill() -> None:
    """Write the tables of scores and the sentence on speed."""
    parts = [_brief(_read(name)) for name in ("face", "voice", "fusion")]
    _put("scores", "\n\n".join(parts))
    _put("speed", _speed())


def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CHECKOUT.reports / f"{name}.json").read_text())
    return found


def _brief(report: dict[str, Any]) -> str:
    rows = {title: row for title, row in report["rows"].items() if tables.is_main(title)}
    return f"{tables.table(rows)}\n\n`{report['command']}`, {report['date']}, {report['hardware']}"


def _speed() -> str:
    """What the benchmarks measured, in words."""
    speed, memory = _read("speed"), _read("memory")
    whole, start = speed["pipeline"][_CLIP], speed["start"]
    camera = speed["pipeline"][f"{_CLIP}, no B-pictures"]
    took = {work: whole[work]["wall"] for work in ("decode", "default")}
    cold = start["mien predict SAMPLE, cold"]["wall"]
    lengths = [key.removesuffix(", MB") for key in memory if key.endswith(", MB")]
    used = ", ".join(f"{memory[f'{m}, MB']} MB for {m}" for m in lengths)
    longest = lengths[-1]
    return (
        f"A clip of 10 s, 1280x720 at 25 frames/s, takes {took['default']:.2f} s once loaded, on "
        f"four threads: {whole['default, ratio']:.1f} times what decoding it alone takes in the "
        f"same run ({took['decode']:.2f} s), {camera['default, ratio']:.1f} times for a clip as "
        "cameras write it, without B-frames; looking at every frame instead of four a second, "
        f"{whole['every picture, ratio']:.1f} and {camera['every picture, ratio']:.1f} times. The "
        f"whole command on the sample clip of 8 s, cold, takes {cold:.1f} s: {start['ratio']:.1f} "
        "times Python's start, the imports of its four base libraries and that clip warm. Peak "
        f"resident memory of the command at {memory['size']}: {used}; {longest} take "
        f"{memory[f'{longest}, s']:.0f} s.\n\n"
        f"`python benchmarks/speed.py`, {speed['date']}, `python benchmarks/memory.py`, "
        f"{memory['date']}; {speed['hardware']}, {speed['cores']} cores; medians of "
        f"{speed['runs']} runs, one run for memory; with the bundle before, `mien-small-1`: beside "
        "it `mien-2` took 1.07 times the processor time on eight clips of 360x270 that are speech "
        "throughout (`python benchmarks/bundles.py`, two busy cores). "
        "[docs/speed.md](docs/speed.md) has the rest."
    )


def _put(mark: str, words: str) -> None:
    """Replace what stands between <!-- mark --> and <!-- /mark -->."""
    before, rest = README.read_text(encoding="utf-8").split(f"<!-- {mark} -->")
    after = rest.split(f"<!-- /{mark} -->")[1]
    text = f"{before}<!-- {mark} -->\n{words}\n<!-- /{mark} -->{after}"
    README.write_text(text, encoding="utf-8")
