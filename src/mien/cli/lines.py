"""`mien lines`: which emotion each line of a transcript shows."""

from __future__ import annotations

import json as jsons
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from mien.errors import UsageError, printable
from mien.inference.transcript.result import Line, Lines
from mien.inference.transcript.write import SUFFIXES

__all__ = ["lines", "show_lines"]

_CHOICES = ", ".join(SUFFIXES)


def lines(
    clip: Annotated[Path, typer.Argument(help="A video or sound file.")],
    subtitles: Annotated[
        Path | None,
        typer.Argument(
            help="SRT, VTT, ASS, JSON of Whisper or whisperX, CSV, ELAN or Praat; without it the "
            "subtitles inside the clip."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder for the results.")] = None,
    json: Annotated[
        bool, typer.Option("--json", help="JSON; without --out it is printed.")
    ] = False,
    csv: Annotated[bool, typer.Option("--csv", help="A row for each line.")] = False,
    srt: Annotated[bool, typer.Option("--srt", help="The subtitles with their labels.")] = False,
    eaf: Annotated[bool, typer.Option("--eaf", help="Tiers for ELAN.")] = False,
    html: Annotated[bool, typer.Option("--html", help="A page that plays the lines.")] = False,
    tier: Annotated[
        list[str] | None, typer.Option(help="Of ELAN and Praat: one to take; may be repeated.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Of the subtitles' text; it is found out otherwise.")
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(help="Compare with how people usually are; see 'mien predict --help'."),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="A bundle: its folder, or a name 'mien models' lists.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, coreml, directml or openvino.")] = "cpu",
    fps: Annotated[
        float | None, typer.Option(help="Pictures looked at in each second of video.")
    ] = None,
    video_track: Annotated[int | None, typer.Option(help="Track of pictures.")] = None,
    audio_track: Annotated[int | None, typer.Option(help="Track of sound.")] = None,
    channel: Annotated[
        str,
        typer.Option(
            help="Of the sound: left, right, a number from 1, mix, or person: a channel for each "
            "person, which tells who speaks."
        ),
    ] = "mix",
) -> None:
    """Say which emotion each line of a transcript shows, and whose face it was.

    The clip is analysed once. Exit code: 0 done, 1 the clip cannot be read, 2 wrong usage.
    """
    from mien.core.progress import progress_bar
    from mien.core.runtime import check_device
    from mien.inference.analysis import Options
    from mien.inference.batch import prepare_folder
    from mien.inference.bundle import load
    from mien.inference.transcript.analyze import lines as analyze_lines

    chosen = {"json": json, "csv": csv, "srt": srt, "eaf": eaf, "html": html}
    forms = [name for name, wanted in chosen.items() if wanted]
    if out is None and set(forms) - {"json"}:
        missing = ", ".join(f"--{name}" for name in forms if name != "json")
        raise UsageError(f"{missing}: needs a folder for the results; add --out DIR")
    check_device(device)
    options = Options(fps=fps, video_track=video_track, audio_track=audio_track, channel=channel)
    if out is not None:
        prepare_folder(out)
    with progress_bar(unit="s") as bar:
        task = bar.add_task("seconds", total=None)
        answer = analyze_lines(
            clip,
            subtitles,
            model=load(model, 0, device),
            options=options,
            encoding=encoding,
            tiers=tier or (),
            baseline=baseline,
            progress=lambda done, total: bar.update(
                task, completed=round(done), total=total and round(total)
            ),
        )
    _give(answer, clip, out, forms)


def _give(answer: Lines, clip: Path, out: Path | None, forms: list[str]) -> None:
    """Print or write what was asked for."""
    from mien.inference.transcript.write import write_lines

    if out is None and forms:
        sys.stdout.write(jsons.dumps(answer.to_dict(), ensure_ascii=False) + "\n")
        return
    show_lines(Console(highlight=False, emoji=False), answer)
    for form in forms or (["json", "html"] if out is not None else []):
        assert out is not None
        target = out / f"{clip.name}{SUFFIXES[form]}"
        write_lines(answer, form, target, clip)
        typer.echo(f"  wrote {target}", err=True)


def show_lines(console: Console, answer: Lines) -> None:
    """A row for each line: when, who, what it shows, what is said."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("from", justify="right", no_wrap=True)
    table.add_column("who", max_width=18, no_wrap=True, overflow="ellipsis")
    table.add_column("shows", no_wrap=True)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("line", ratio=1)
    for line in answer.lines:
        table.add_row(*_cells(line))
    console.print(table)
    for reason in answer.reasons:
        console.print(Text(f"  - {printable(reason.message)}", style="yellow"), soft_wrap=True)


def _cells(line: Line) -> list[Text]:
    minutes, seconds = divmod(max(0.0, line.start), 60)
    who = line.speaker or (f"person {line.person}" if line.person else "")
    label = line.label or "-"
    sure = "bold green" if line.reliable else ("yellow" if line.label else "dim")
    share = "" if line.confidence is None else f"{line.confidence:.0%}"
    return [
        Text(f"{int(minutes)}:{seconds:04.1f}"),
        Text(printable(who)),
        Text(printable(label), style=sure),
        Text(share + ("" if line.reliable or not share else "?")),
        Text(printable(line.text)),
    ]
