"""The model card, made from the stored reports: card.json in the bundle, docs/model_card.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict

from mien.cards import ByFolds, score_text
from mien.labels import EMOTIONS
from mien.recipes.mien.evaluate import FACE, HARDWARE, REPORTS

__all__ = ["table", "write"]

LICENCE = "CC BY-NC-SA 4.0"


class Row(TypedDict):
    """One system in a report."""

    n: int
    accuracy: float
    interval: tuple[float, float]
    uar: float
    uar_interval: tuple[float, float] | None
    macro_f1: float
    recalls: list[float | None]
    ece: float
    ece_perfect: float


_DATA = """
| part | learned from | licence of the data |
|---|---|---|
| face | FER2013, 28,709 training pictures, with FER+ votes | research; FER+ MIT |
| voice | RAVDESS speech (21 actors), EMO-DB (10 speakers), Java-SED (8 actors) | CC BY-NC-SA 4.0; research; MIT |
| fusion | Java-SED video, 192 clips of 8 actors, held-out scores of both parts | MIT |

Cite: Goodfellow et al. 2013 (FER2013), Barsoum et al. 2016 (FER+), Livingstone & Russo 2018 (RAVDESS),
Burkhardt et al. 2005 (EMO-DB), the authors of Java-SED. The face part never saw RAVDESS, EMO-DB or
Java-SED.
"""

_LIMITS = """
- **Posed and acted.** FER2013 is pictures from a web search; the speech is acted in studios. A score on
  them says little about films, interviews or daily life, and no figure here is of such material.
- **Face and voice together** were measured on 192 clips of eight Javanese-speaking actors, which have no
  disgust. No third labelled corpus was at hand to test the fusion on.
- **Disgust and fear** are the weakest classes: few examples, and annotators disagree on them.
- **Languages.** English, German, Javanese and Indonesian speech were heard in training; others were not.
- **Who was seen.** FER2013 says nothing about age, sex or origin; differences between groups were not
  measured, and must be assumed.
- **The voice** is that of the sound track: with several speakers, or music with song, it mixes them. It
  is not matched to a face.
- Faces under about 24 px, in profile, covered or very dark are missed or misread.

Expression is not feeling. Do not use this to decide about a person. In the EU, inferring emotions at
workplaces and in education is forbidden (AI Act, article 5(1)(f)), and people exposed to emotion
recognition elsewhere must be told (article 50(3)).
"""


def write(folder: Path) -> None:
    """Write card.json into the bundle and docs/model_card.md.

    Args:
        folder: of the bundle, with its bundle.json.
    """
    reports = {name: _read(name) for name in ("face", "voice", "fusion")}
    spec = json.loads((folder / "bundle.json").read_text())
    scores = [
        {
            "name": title,
            "text": score_text(row["n"], row["accuracy"], row["interval"]),
            "how": _how(name, title, str(report["command"])),
            "command": report["command"],
            **row,
        }
        for name, report in reports.items()
        for title, row in report["rows"].items()
    ]
    card = {"name": spec["name"], "licence": LICENCE, "scores": scores}
    (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n")
    size = sum((folder / name).stat().st_size for name in spec["files"]) / 1e6
    training = json.loads((REPORTS / "training.json").read_text())
    text = [
        f"# Model card: {spec['name']}\n",
        "Made by `python -m mien.recipes.mien.assemble card` from `reports/`; do not edit.\n",
        f"The default bundle: {size:.1f} MB of ONNX, weights under {LICENCE}.\n",
        "## Data\n" + _DATA,
        "## Scores\n",
        *(_section(name, report) for name, report in reports.items()),
        "## Training\n",
        *(f"- {name}: {line}" for name, line in training.items()),
        "\nFER2013's PrivateTest was read three times: after the face's second, third and fourth "
        "stage. Nothing was chosen by it, but the fourth stage would not have been trained had "
        "the third reached what was aimed at (87 % on FER+; it read 86.99).",
        "\n## What it is bad at\n" + _LIMITS,
    ]
    Path("docs/model_card.md").write_text("\n".join(text))
    put("scores", "\n\n".join(_brief(report) for report in reports.values()))
    put("speed", _speed())


def _how(report: str, title: str, command: str) -> dict[str, object]:
    """How the row of a report was got, see `mien.cards`."""
    how = FACE[title] if report == "face" else ByFolds(command=command)
    return how.model_dump()


def _speed() -> str:
    """What the benchmarks measured, in words."""
    speed: dict[str, float] = json.loads((REPORTS / "speed.json").read_text())
    memory: dict[str, float] = json.loads((REPORTS / "memory.json").read_text())
    lengths = [key.removesuffix(", MB") for key in memory if key.endswith(", MB")]
    used = ", ".join(f"{memory[f'{m}, MB']} MB for {m}" for m in lengths)
    longest = lengths[-1]
    return (
        f"A clip of 10 s, 1280x720 at 25 frames/s, takes {speed['default_s']:.2f} s once loaded: "
        f"{speed['default_ratio']:.1f} times what decoding it alone takes in the same run "
        f"({speed['decode_s']:.2f} s); looking at every frame instead of four a second, "
        f"{speed['every_frame_ratio']:.1f} times. The whole command, cold, adds "
        f"{speed['cold_adds_s']:.1f} s. Peak resident memory of the command at {memory['size']}: "
        f"{used}; {longest} take {memory[f'{longest}, s']:.0f} s.\n\n"
        f"`python benchmarks/speed.py`, `python benchmarks/memory.py`, {speed['date']}, {HARDWARE}; "
        "medians of 15 runs, one run for memory."
    )


def put(mark: str, text: str) -> None:
    """Replace what stands between <!-- mark --> and <!-- /mark --> in the README."""
    readme = Path("README.md")
    before, rest = readme.read_text().split(f"<!-- {mark} -->")
    after = rest.split(f"<!-- /{mark} -->")[1]
    readme.write_text(f"{before}<!-- {mark} -->\n{text}\n<!-- /{mark} -->{after}")


def _brief(report: dict[str, dict[str, Row]]) -> str:
    return f"{table(report)}\n\n`{report['command']}`, {report['date']}, {report['hardware']}"


def _read(name: str) -> dict[str, dict[str, Row]]:
    report: dict[str, dict[str, Row]] = json.loads((REPORTS / f"{name}.json").read_text())
    return report


def table(report: dict[str, dict[str, Row]]) -> str:
    """Markdown table of a report."""
    lines = [
        "| system | n | accuracy, % (95 %) | UAR, % (95 %, by speaker) | ECE (a perfect one: up to) |",
        "|---|---|---|---|---|",
    ]
    for title, row in report["rows"].items():
        low, high = row["interval"]
        spread = row["uar_interval"]
        by = "" if spread is None else f" ({100 * spread[0]:.1f}-{100 * spread[1]:.1f})"
        ece = f"{row['ece']:.3f} ({row['ece_perfect']:.3f})" if "ece" in row else ""
        lines.append(
            f"| {title} | {row['n']} | {100 * row['accuracy']:.1f} ({100 * low:.1f}-{100 * high:.1f}) "
            f"| {100 * row['uar']:.1f}{by} | {ece} |"
        )
    return "\n".join(lines)


def _section(name: str, report: dict[str, dict[str, Row]]) -> str:
    parts = [
        f"### {name.capitalize()}\n",
        table(report),
        f"\nPrinted by `{report['command']}`; {report['date']}, {report['hardware']}; one seed.\n",
    ]
    for title, row in report["rows"].items():
        if len(row["recalls"]) == len(EMOTIONS):
            recalls = ", ".join(
                f"{label} {'none there' if r is None else f'{100 * r:.0f}'}"
                for label, r in zip(EMOTIONS.names, row["recalls"], strict=True)
            )
            parts.append(f"- Recall, %, {title}: {recalls}.")
    parts += [f"- {key.capitalize()}: {report[key]}." for key in report if "against" in key]
    if "risk_coverage" in report:
        parts.append(_risk(report))
    return "\n".join(parts) + "\n"


def _risk(report: dict[str, dict[str, Row]]) -> str:
    lines = ["\n| confidence at least | clips answered, % | of these right, % |", "|---|---|---|"]
    for point in report["risk_coverage"]:
        accuracy = point["accuracy"]  # type: ignore[index]
        right = "" if accuracy is None else f"{100 * accuracy:.0f}"
        lines.append(f"| {point['confidence']:.2f} | {100 * point['coverage']:.0f} | {right} |")  # type: ignore[index]
    lines.append(f"\nAnswers below {report['reliable_from']} are marked not reliable.")
    return "\n".join(lines)
