"""What the terminal shows: answers with bars, facts about files, installed models."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mien.bundle import installed, load
from mien.media import open_media
from mien.types import Prediction

__all__ = ["show_info", "show_models", "show_prediction"]

_BAR = 24


def show_prediction(console: Console, prediction: Prediction) -> None:
    """The label, the seven probabilities as bars, each branch, and what was missing."""
    console.print(Text(str(prediction.source["path"]), style="bold"))
    console.print(_headline(prediction))
    if prediction.probabilities is not None:
        console.print(_bars(prediction))
    for reason in prediction.reasons:
        console.print(Text(f"  - {reason.message}", style="yellow"))
    if len(prediction.timeline) > 1:
        console.print(Text("  " + _storyline(prediction)))
    console.print()


def _headline(prediction: Prediction) -> Text:
    if prediction.label is None:
        return Text("  no answer: neither a face nor a voice to go by", style="yellow")
    text = Text(f"  {prediction.label}", style="bold green" if prediction.reliable else "bold")
    text.append(f"  {prediction.confidence:.0%}", style="bold")
    if not prediction.reliable:
        text.append("  (not reliable)", style="yellow")
    people, seconds = len(prediction.people), prediction.source["duration"]
    return text.append(f"   {seconds:.1f} s, {people} {'person' if people == 1 else 'people'}")


def _bars(prediction: Prediction) -> Table:
    table = Table(box=None, pad_edge=True, header_style="dim")
    for name in ("", "together", "", *prediction.branches):
        table.add_column(name, justify="left" if not name else "right")
    assert prediction.probabilities is not None
    for label, p in prediction.probabilities.items():
        bar = "█" * round(p * _BAR) or "▏"
        each = [
            "-" if say.probabilities is None else f"{say.probabilities[label]:.0%}"
            for say in prediction.branches.values()
        ]
        style = "bold" if label == prediction.label else ""
        table.add_row(f" {label}", f"{p:.0%}", bar.ljust(_BAR), *each, style=style)
    return table


def _storyline(prediction: Prediction, most: int = 12) -> str:
    """Runs of windows with one label: "0.0 s happy, 3.5 s neutral"."""
    parts, last = [], ""
    for window in prediction.timeline:
        label = window.label or "nothing"
        if label != last:
            parts.append(f"{window.start:.1f} s {label}")
            last = label
    more = [] if len(parts) <= most else [f"and {len(parts) - most} more"]
    return ", ".join(parts[:most] + more)


def show_info(console: Console, path: str) -> None:
    """Streams, rotation, rates and problems of a file; reads it to its end."""
    with open_media(path, fps=2.0, max_side=640) as media:
        pictures = sum(len(chunk.frames) for chunk in media.chunks())
        info = media.info
    rows: dict[str, Any] = {
        "kind": f"{info.kind} in {info.container}",
        "duration": f"{media.seen:.3f} s read; the header says {_or_none(info.duration, 's')}",
        "picture": info.video_codec
        and f"{info.video_codec} {info.pixel_format} {info.width}x{info.height}, "
        f"turned by {info.rotation} degrees, {_or_none(info.frame_rate, 'fps')}",
        "sound": info.audio_codec
        and f"{info.audio_codec} {info.sample_rate} Hz, {info.channels} channels",
        "starts at": f"{info.start:g} s",
        "complete": "yes" if media.complete else "no",
    }
    console.print(Text(path, style="bold"))
    for name, value in rows.items():
        console.print(Text(f"  {name:10} {value or 'none'}"))
    if info.video_codec and not pictures:
        console.print(Text("  no picture could be decoded", style="yellow"))
    for problem in media.problems:
        console.print(Text(f"  - {problem.message}", style="yellow"))


def _or_none(value: float | None, unit: str) -> str:
    return "nothing" if value is None else f"{value:.6g} {unit}"


def show_models(console: Console) -> None:
    """A row for each installed bundle, from its card."""
    table = Table("name", "size", "weights' licence", "scores", box=None)
    for path in installed():
        bundle = load(path)
        card = json.loads((path / "card.json").read_text(encoding="utf-8"))
        scores = "\n".join(f"{s['name']}: {s['text']}" for s in card["scores"])
        size = f"{bundle.size / 1e6:.1f} MB"
        table.add_row(path.name, size, card["licence"], scores)
    console.print(table)
