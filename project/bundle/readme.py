"""The README's figures, made from the stored reports of the checkout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from project.bundle.release_paths import CHECKOUT

__all__ = ["fill"]

README = Path("README.md")
_JAVA = "Java-SED, fused"
_CLIP = "720p, one person"  # of `benchmarks/speed.py`


def fill() -> None:
    """Write the table of scores and the sentence on speed."""
    _put("scores", _scores())
    _put("speed", _speed())


def _read(name: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((CHECKOUT.reports / f"{name}.json").read_text())
    return report


def _scores() -> str:
    """One line for the face, the voice and both, on what is known and what is not."""
    face, voice, fusion, transfer = map(_read, ("face", "voice", "fusion", "transfer"))
    unheard = [row for title, row in voice["rows"].items() if "trained on" in title]
    low, *_, high = sorted(f"{100 * row['accuracy']:.1f}" for row in unheard)
    n = sum(row["n"] for row in unheard)
    lines = [
        "| by | on | clips | right, % (95 %) | chance, % |",
        "|---|---|---|---|---|",
        _line("face", "web pictures like those learned from", face, "FER2013 private test", 7),
        _line("face", "posed faces of a corpus never seen", transfer, "faces_tw, face", 7),
        _line("face", "talking people of a corpus never seen", fusion, "Java-SED, face", 6),
        _line(
            "voice", "new people of a corpus it knows", voice, "RAVDESS speech, unseen actors", 7
        ),
        f"| voice | five corpora never heard | {n} | {low} to {high} | 14 to 20 |",
        _line("both", "new people, their voices' corpus known", fusion, "Java-SED, fused", 6),
        _line(
            "both",
            "the same, corpus never heard or seen",
            fusion,
            f"{_JAVA}, corpus never heard",
            6,
        ),
    ]
    origin = f"{transfer['date']}, {transfer['hardware']}"
    commands = "`python -m project.bundle.evaluate face|voice|fusion|transfer`"
    return "\n".join(
        [*lines, "", f"{commands}, {origin}; below the first row, all of them are actors."]
    )


def _line(by: str, on: str, report: dict[str, Any], title: str, classes: int) -> str:
    row = report["rows"][title]
    low, high = (100 * bound for bound in row["interval"])
    right = f"{100 * row['accuracy']:.1f} ({low:.1f}-{high:.1f})"
    return f"| {by} | {on} | {row['n']} | {right} | {100 / classes:.0f} |"


def _speed() -> str:
    """What the benchmarks measured, in a line."""
    speed = _read("speed")
    took = speed["pipeline"][_CLIP]["2"]
    length, wall = speed["seconds"], took["default"]["wall"]
    cold = speed["start"]["mien predict SAMPLE, cold"]["wall"]
    longest = max(speed["memory"].values(), key=lambda found: (found["seconds"], found["MB"]))
    return (
        f"{length:g} s of video ({_CLIP}) take {wall:.2f} s on two threads, "
        f"{wall / took['decode']['wall']:.1f} times what decoding takes; the whole command on the "
        f"sample clip {cold:.1f} s; {longest['seconds'] / 60:g} min of video {longest['MB']} MB of "
        f"memory (`python benchmarks/speed.py`, {speed['date']}, {speed['hardware']}, bundle "
        f"{speed['bundle']}; clips made of {speed['material']}). "
        "[How fast it is](docs/speed.md) has the rest."
    )


def _put(mark: str, words: str) -> None:
    """Replace what stands between <!-- mark --> and <!-- /mark -->."""
    before, rest = README.read_text(encoding="utf-8").split(f"<!-- {mark} -->")
    after = rest.split(f"<!-- /{mark} -->")[1]
    text = f"{before}<!-- {mark} -->\n{words}\n<!-- /{mark} -->{after}"
    README.write_text(text, encoding="utf-8")
