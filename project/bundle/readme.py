"""The README's figures, made from the stored reports of the checkout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from project.bundle.release_paths import CHECKOUT

__all__ = ["fill"]

README = Path("README.md")
_JAVA = "Java-SED, fused"
_CLIP, _HOUR = "720p, one person", "60 min, one person"  # of `benchmarks/speed.py`


def fill() -> None:
    """Write the table of scores, what is called reliable, who speaks, and the sentence on speed."""
    _put("scores", _scores())
    _put("reliable", _reliable())
    _put("speaking", _speaking())
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
    commands = "`python -m project.bundle.evaluate` with `face`, `voice`, `fusion` and `transfer`"
    return "\n".join([*lines, "", f"{commands}, {origin}. All rows but the first are actors."])


def _line(by: str, on: str, report: dict[str, Any], title: str, classes: int) -> str:
    row = report["rows"][title]
    low, high = (100 * bound for bound in row["interval"])
    right = f"{100 * row['accuracy']:.1f} ({low:.1f}-{high:.1f})"
    return f"| {by} | {on} | {row['n']} | {right} | {100 / classes:.0f} |"


def _reliable() -> str:
    """How few answers about corpora left out are called reliable."""
    rows = _read("transfer")["rows"]
    voices = [row for title, row in rows.items() if title.endswith(", voice")]
    both = rows["java_sed, face and voice"]
    called, n, right = (
        sum(row[key] for row in voices) for key in ("reliable", "n", "reliable_right")
    )
    return (
        f"On corpora left out, {called} of {n} voices are called `reliable`, of which "
        f"{100 * right / called:.0f} % are right, and {both['reliable']} of {both['n']} answers by "
        "face and voice: expect mostly uncertain answers."
    )


def _speaking() -> str:
    """How often the right person is named as the one who speaks."""
    report = _read("speaking")
    listen, talk = report["others listen"], report["all talk"]
    return (
        "- **Who is speaking.** In scenes made of clips of eight actors it names the right one of "
        f"two or three people in {100 * listen['right person']:.0f} % of windows, "
        f"{100 * talk['right person']:.0f} % where every mouth moves; a voice off screen is "
        f"noticed in {100 * listen['off screen found']:.0f} %, and in "
        f"{100 * talk['off screen found']:.0f} % where every mouth moves."
    )


def _speed() -> str:
    """What the benchmarks measured, in a line."""
    speed = _read("speed")
    took = speed["pipeline"][_CLIP]["2"]
    length, wall = speed["seconds"], took["default"]["wall"]
    cold = speed["start"]["mien predict SAMPLE, cold"]["wall"]
    least, most = (speed["memory"][name]["MB"] for name in ("1 min, one person", _HOUR))
    return (
        f"{length:g} s of video ({_CLIP}) take {wall:.2f} s on two threads, "
        f"{wall / took['decode']['wall']:.1f} times what decoding takes, and an hour "
        f"{_minutes_an_hour(speed['growth']):.0f} minutes of one core; the whole command on the "
        f"sample clip {cold:.1f} s; memory, at 360p, {least} MB for a minute and {most} MB for an "
        f"hour (`python benchmarks/speed.py`, {speed['date']}, {speed['hardware']}, bundle "
        f"{speed['bundle']}; clips made of {speed['material']}). "
        "[How fast it is](docs/speed.md) has the rest."
    )


def _minutes_an_hour(growth: dict[str, Any]) -> float:
    """Of one core, for an hour of `_CLIP`, by the fit of `benchmarks/growth.py`."""
    clip = next(point for point in growth["points"] if point["name"] == _CLIP)
    an_answer, *a_second = growth["terms"].values()
    each = (1.0, clip["megapixels"], clip["people"])
    second = sum(cost * times for cost, times in zip(a_second, each, strict=True))
    return float(an_answer + 3600 * second) / 60


def _put(mark: str, words: str) -> None:
    """Replace what stands between <!-- mark --> and <!-- /mark -->."""
    before, rest = README.read_text(encoding="utf-8").split(f"<!-- {mark} -->")
    after = rest.split(f"<!-- /{mark} -->")[1]
    text = f"{before}<!-- {mark} -->\n{words}\n<!-- /{mark} -->{after}"
    README.write_text(text, encoding="utf-8")
