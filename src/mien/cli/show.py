"""Terminal output: answers with bars, facts about files, installed models."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mien.core.streams import can_show
from mien.errors import printable
from mien.inference.bundle import installed, load
from mien.media import open_media
from mien.output.report.cells import clip_cells, runs
from mien.output.report.words import without_evidence
from mien.types import BranchSay, MediaInfo, Prediction, Relative, TrackInfo

__all__ = ["prediction_line", "show_info", "show_models", "show_prediction"]

_BAR, _LEAST_BAR = 24, 10  # cells of a bar, and of one that has to make room for branches
_BLOCKS, _PLAIN = "█▏", "#."  # of bars
_GAP = 2  # cells between columns
_NAMED = 3  # labels of a comparison
_PAUSE = 0.05  # s of nothing that are told
_LIGHT = {"pq": "HDR (PQ)", "hlg": "HDR (HLG)"}
_COLOURS = {"bt2020": "BT.2020", "p3": "P3"}
_FUSED = _GAP + len("together")


def show_prediction(console: Console, prediction: Prediction) -> None:
    """The label, the probabilities as bars, each branch, and what was missing."""
    console.print(_text(str(prediction.source["path"]), "bold"))
    console.print(_headline(prediction))
    if prediction.probabilities is not None:
        block = _BLOCKS if can_show(_BLOCKS[0] + _BLOCKS[1], console.encoding) else _PLAIN
        for table in _tables(prediction, console.width, block):
            console.print(table)
    for reason in prediction.reasons:
        console.print(_text(f"  - {reason.message}", "yellow"))
    if prediction.relative is not None:
        for text in relative_lines(prediction.relative):
            console.print(text, soft_wrap=True)
    if len(prediction.timeline) > 1:
        console.print(_text("  " + _storyline(prediction)))
    console.print()


def prediction_line(prediction: Prediction) -> Text:
    """All in one line: file, label, confidence, what each branch says, codes of the reasons."""
    text = _text(str(prediction.source["path"])).append(": ")
    if prediction.label is None:
        text.append("no answer", style="yellow")
    else:
        sure = "bold green" if prediction.reliable else "bold"
        text.append_text(_text(prediction.label, sure)).append(f" {prediction.confidence:.0%}")
        text.append("" if prediction.reliable else " (uncertain)", style="yellow")
    text.append(f", {_extent(prediction)}")
    for name, branch in prediction.branches.items():
        if branch.probabilities:
            label, p = max(branch.probabilities.items(), key=itemgetter(1))
            text.append_text(_text(f", {name} {label} {p:.0%}"))
    if prediction.relative is not None and prediction.relative.probabilities is not None:
        label, p = max(prediction.relative.probabilities.items(), key=itemgetter(1))
        text.append_text(_text(f", more than usual: {label} {p:.0%}"))
    if codes := dict.fromkeys(reason.code for reason in prediction.reasons):
        text.append_text(_text(f" [{' '.join(codes)}]", "yellow"))
    return text


def relative_lines(relative: Relative) -> Iterator[Text]:
    """What an answer says compared with the usual self, and what could not be compared."""
    if relative.probabilities is not None:
        ranked = sorted(relative.probabilities.items(), key=itemgetter(1), reverse=True)
        ranking = ", ".join(f"{label} {p:.0%}" for label, p in ranked[:_NAMED])
        yield _text(f"  compared with their usual self ({relative.baseline}): {ranking}")
        rests = ", ".join(
            f"{correction.seconds:.0f} s of {b}" for b, correction in relative.branches.items()
        )
        yield _text(f"    the baseline rests on {rests}", "dim")
    for reason in relative.reasons:
        yield _text(f"  - {reason.message}", "yellow")


def _extent(prediction: Prediction) -> str:
    people, seconds = len(prediction.people), prediction.source["duration"]
    return f"{seconds:.1f} s, {people} {'person' if people == 1 else 'people'}"


def _text(text: str, style: str = "") -> Text:
    """Text from outside, without markup and control characters."""
    return Text(printable(text), style=style)


def _headline(prediction: Prediction) -> Text:
    if prediction.label is None:
        return Text(f"  no answer: {without_evidence(prediction)}", style="yellow")
    text = _text(f"  {prediction.label}", "bold green" if prediction.reliable else "bold")
    text.append(f"  {prediction.confidence:.0%}", style="bold")
    if not prediction.reliable:
        text.append("  (uncertain)", style="yellow")
    return text.append(f"   {_extent(prediction)}")


def _tables(prediction: Prediction, width: int, block: str) -> Iterator[Table]:
    """The fused bars with all branches beside them, or below where they have no room."""
    label = _GAP + 1 + max(cell_len(name) for name in prediction.labels)
    room = width - label
    branches, bar = list(prediction.branches), room - _GAP - _FUSED - _wide(prediction.branches)
    if bar >= _LEAST_BAR:
        yield _table(prediction, branches, min(bar, _BAR), block)
        return
    yield _table(prediction, [], min(max(_LEAST_BAR, room - _GAP - _FUSED), _BAR), block)
    while branches:
        count = next((k for k in range(len(branches), 1, -1) if _wide(branches[:k]) <= room), 1)
        yield _table(prediction, branches[:count], 0, block)
        branches = branches[count:]


def _wide(branches: Iterable[str]) -> int:
    """Cells that the columns of branches take."""
    return sum(_GAP + max(cell_len(name), len("100%")) for name in branches)


def _table(prediction: Prediction, branches: Sequence[str], bar: int, block: str) -> Table:
    """Fused probabilities with bars of that many cells, unless 0, and those of branches.

    The two characters of `block` are a cell of a bar, and what stands for less than one.
    """
    table = Table(box=None, pad_edge=True, header_style="dim")
    table.add_column("")
    if bar:
        table.add_column("together", justify="right")
        table.add_column("")
    for name in branches:
        table.add_column(_text(name), justify="right")
    for label in prediction.labels:
        cells = [_text(f" {label}")]
        if bar and prediction.probabilities is not None:
            p = prediction.probabilities[label]
            cells += [Text(f"{p:.0%}"), Text((block[0] * round(p * bar) or block[1]).ljust(bar))]
        cells += [_share(prediction.branches[name], label) for name in branches]
        table.add_row(*cells, style="bold" if label == prediction.label else "")
    return table


def _share(branch: BranchSay, label: str) -> Text:
    return Text("-" if branch.probabilities is None else f"{branch.probabilities[label]:.0%}")


def _storyline(prediction: Prediction, most: int = 12) -> str:
    """Stretches of one label, and of none: "0.0 s happy, 3.5 s nothing, 5.2 s neutral"."""
    parts, end = [], 0.0
    for run in runs(clip_cells(prediction)):
        if run.start - end > _PAUSE:
            parts.append(f"{end:.1f} s nothing")
        parts.append(f"{run.start:.1f} s {run.label}")
        end = run.end
    if prediction.timeline[-1].end - end > _PAUSE:
        parts.append(f"{end:.1f} s nothing")
    more = [] if len(parts) <= most else [f"and {len(parts) - most} more"]
    return ", ".join(parts[:most] + more)


def show_info(console: Console, path: str) -> None:
    """Tracks, rotation, rates and problems of a file; reads it to its end."""
    with open_media(path, fps=2.0, max_side=640) as media:
        pictures = sum(len(chunk.frames) for chunk in media.chunks())
        info = media.info
    console.print(_text(path, "bold"))
    for name, value in _facts(info, media.seen, media.complete).items():
        console.print(_text(f"  {name:10} {value}"))
    for track in () if info.kind == "picture" else info.tracks:
        console.print(_text(f"  {_listed(track)}"))
    if info.video_codec and not pictures:
        console.print(Text("  no picture could be decoded", style="yellow"))
    for problem in media.problems:
        console.print(Text(f"  - {problem.message}", style="yellow"))


def _facts(info: MediaInfo, seen: float, complete: bool) -> dict[str, str]:
    """Facts about a file by name; a still picture has neither a length nor a rate."""
    facts = {"kind": f"{info.kind} in {info.container}"}
    if info.kind != "picture":
        header_length = "nothing" if info.duration is None else f"{info.duration:.6g} s"
        facts["duration"] = f"{seen:.3f} s read; the header says {header_length}"
    facts |= {"picture": "none", "sound": "none"}
    if info.video_codec:
        parts = [
            f"{info.video_codec} {info.pixel_format or ''} {info.width}x{info.height}",
            f"turned by {info.rotation} degrees",
            *([f"{info.frame_rate:.6g} fps"] if info.frame_rate else []),
            *([_LIGHT[info.transfer]] if info.transfer in _LIGHT else []),
            *([_COLOURS[info.gamut]] if info.gamut in _COLOURS else []),
        ]
        facts["picture"] = ", ".join(parts)
    if info.audio_codec:
        channels = "1 channel" if info.channels == 1 else f"{info.channels} channels"
        facts["sound"] = f"{info.audio_codec} {info.sample_rate} Hz, {channels}"
    if info.kind != "picture":
        facts["starts at"] = f"{info.start:g} s"
    return facts | {"complete": "yes" if complete else "no"}


def _listed(track: TrackInfo) -> str:
    """One track: "sound 2    aac 44100 Hz, 1 channel, eng, 'Mic', default, read"."""
    name = f"{'picture' if track.kind == 'video' else 'sound'} {track.number}"
    parts = [
        f"{track.codec} {track.form}".strip(),
        track.language,
        f"'{track.title}'" if track.title else "",
        "default" if track.default else "",
        "read" if track.read else "not read",
    ]
    return f"{name:10} {', '.join(filter(None, parts))}"


def show_models(console: Console, folders: Sequence[Path] | None = None) -> None:
    """Show the card of each installed bundle, or of those in `folders`."""
    from mien.evaluation.cards import card_scores

    for path in installed() if folders is None else folders:
        bundle = load(path)
        scores = [f"{score.name}: {score.text}" for score in card_scores(path) if score.main]
        card = json.loads((path / "card.json").read_text(encoding="utf-8"))
        facts = {
            "size": f"{bundle.size / 1e6:.1f} MB",
            "labels": ", ".join(bundle.labels.names),
            "branches": ", ".join(bundle.spec.branches),
            "weights": card["licence"],
            "scores": "\n".join(scores) or "none",
        }
        console.print(_text(path.name, "bold"))
        table = Table.grid(padding=(0, 2))
        for name, fact in facts.items():
            table.add_row(Text(f"  {name}"), Text("\n").join(map(_text, fact.split("\n"))))
        console.print(table)
