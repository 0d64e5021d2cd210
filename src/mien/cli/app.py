"""The command `mien`: a few thin verbs over the library."""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mien import __version__
from mien.cli.verbs import StoppedError, Verbs, imported
from mien.core.streams import is_closed, was_lost
from mien.errors import BundleError, MienError, MissingExtraError, OutputError, UsageError

__all__ = ["app", "main"]

FAILED, USAGE, INTERRUPTED = 1, 2, 130

app = typer.Typer(
    name="mien",
    cls=Verbs,
    help="Which of seven emotions the people in a video show, from face and voice together.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mien {__version__}")
        raise typer.Exit


@app.callback()
def _top(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Which of seven emotions the people in a video show, from face and voice together."""


@app.command()
def predict(
    paths: Annotated[
        list[str], typer.Argument(help="Files, folders, globs; '-' reads a list from stdin.")
    ],
    out: Annotated[str | None, typer.Option("--out", "-o", help="Folder for the results.")] = None,
    json: Annotated[bool, typer.Option("--json", help="JSON (lines, without --out).")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="The timeline as CSV.")] = False,
    parquet: Annotated[bool, typer.Option("--parquet", help="The timeline as Parquet.")] = False,
    html: Annotated[bool, typer.Option("--html", help="A report page.")] = False,
    video: Annotated[bool, typer.Option("--video", help="An annotated copy.")] = False,
    srt: Annotated[bool, typer.Option("--srt", help="Subtitles with the labels.")] = False,
    table: Annotated[
        Path | None, typer.Option(help="A table with a row for each file, .csv or .parquet.")
    ] = None,
    pictures: Annotated[
        bool, typer.Option("--pictures", help="Take the still pictures of folders with clips too.")
    ] = False,
    model: Annotated[
        str | None, typer.Option(help="A bundle: its folder, or a name 'mien models' lists.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, coreml, directml or openvino.")] = "cpu",
    fps: Annotated[
        float | None, typer.Option(help="Pictures looked at in each second of video.")
    ] = None,
    window: Annotated[float, typer.Option(help="Seconds of a window of the timeline.")] = 2.0,
    people: Annotated[
        int | None, typer.Option(help="Follow at most so many faces at once.")
    ] = None,
    max_side: Annotated[
        int, typer.Option(help="Make larger pictures smaller, to so many pixels on the long side.")
    ] = 1920,
    video_track: Annotated[
        int | None, typer.Option(help="Track of pictures, as 'mien info' counts them.")
    ] = None,
    audio_track: Annotated[
        int | None, typer.Option(help="Track of sound, as 'mien info' counts them.")
    ] = None,
    channel: Annotated[
        str,
        typer.Option(
            help="Of the sound: left, right, a number from 1, mix, or person: a channel for each "
            "person, which tells who speaks."
        ),
    ] = "mix",
    baseline: Annotated[
        str | None,
        typer.Option(
            help="Compare with how people usually are: auto, START-END in s, another recording of "
            "the main person, or a stored one (.json)."
        ),
    ] = None,
    save_baseline: Annotated[
        Path | None, typer.Option(help="Write the baseline there, .json: statistics only.")
    ] = None,
    same_person: Annotated[
        bool,
        typer.Option("--same-person", help="All files are of one person; compare each with all."),
    ] = False,
    persons: Annotated[
        Path | None,
        typer.Option(help="A table with columns path and person, in place of --same-person."),
    ] = None,
    keep_tracks: Annotated[
        bool,
        typer.Option(
            "--keep-tracks", help="Do not compare faces: after a cut, all are new people."
        ),
    ] = False,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", help="Files at a time; 0 is half of the cores.")
    ] = 0,
    threads: Annotated[int, typer.Option(help="Threads of one file; 0 shares the cores out.")] = 0,
    force: Annotated[
        bool, typer.Option("--force", help="Do again what is done; with ray, what failed.")
    ] = False,
    engine: Annotated[
        str, typer.Option(help="'ray' takes corpora, s3:// too, on many machines (docs/scale.md).")
    ] = "local",
    address: Annotated[
        str | None, typer.Option(help="With ray: of its cluster; else one is started here.")
    ] = None,
    log: Annotated[
        Path | None, typer.Option(help="With ray: a line of JSON now and then, how far it is.")
    ] = None,
) -> None:
    """Say which emotion the people in each file show.

    Exit code: 0 all done, 1 some inputs failed (the others are written), 2 wrong usage.
    """
    from mien.cli.predict import run_and_show
    from mien.core.inputs import expand
    from mien.core.runtime import check_device
    from mien.inference.analysis import Options
    from mien.inference.batch import Job, prepare_folder

    imported()
    if persons is not None and not paths:
        raise UsageError("--persons: name the files or their folder too")
    chosen = {
        "json": json,
        "csv": csv,
        "parquet": parquet,
        "html": html,
        "video": video,
        "srt": srt,
    }
    formats = tuple(name for name, wanted in chosen.items() if wanted)
    options = Options(
        fps=fps,
        window=window,
        people=people,
        max_side=max_side,
        video_track=video_track,
        audio_track=audio_track,
        channel=channel,
        keep_tracks=keep_tracks,
    )
    if jobs < 0 or threads < 0:
        raise UsageError("--jobs and --threads must be 0 or more")
    if engine == "ray":
        from mien.cli.scale import RayOptions, predict_corpus

        if set(formats) - {"parquet"} or table or pictures:
            raise UsageError("--engine ray writes Parquet and nothing else, of clips only")
        ray_options = RayOptions(address, jobs, threads or 1, device, force, log)
        predict_corpus(paths, out, model, options, ray_options)
        return
    if engine != "local" or address or log:
        raise UsageError("--engine must be local or ray; --address and --log are for ray")
    check_device(device)
    if device != "cpu":
        errors.print(f"the model's networks run on {device}; faces are found on the CPU")
    folder = None if out is None else Path(out)
    _check_results(formats, folder, table)
    listed = _read_list() if "-" in paths else b""
    selection = expand(paths, listed, pictures=pictures, results=folder)
    inputs = selection.files
    if not inputs:
        raise UsageError("no inputs given on stdin")
    if folder is not None:
        prepare_folder(folder)
    cores = os.cpu_count() or 1
    at_once = min(jobs or max(1, cores // 2), len(inputs))
    share = threads or max(1, min(4, cores // at_once))
    written = formats or ("json",)
    several = same_person or persons is not None
    job = Job(
        model,
        device,
        share,
        options,
        written,
        folder,
        recall=table is not None or several,
        baseline=baseline,
    )
    lines = json and out is None
    if several or save_baseline is not None:
        from mien.cli.baseline import Comparison, predict_compared

        wanted = Comparison(persons, save_baseline, table, at_once, force, selection.passed)
        if predict_compared(inputs, job, wanted):
            raise typer.Exit(FAILED)
        return
    failed = run_and_show(
        inputs,
        job,
        jobs=at_once,
        force=force,
        lines=lines,
        passed=selection.passed,
        table=table,
    )
    if failed:
        raise typer.Exit(FAILED)


def _check_results(formats: tuple[str, ...], out: Path | None, table: Path | None) -> None:
    """Check that the requested results can be written, before hours of work.

    Raises:
        MienError: it cannot.
    """
    if "parquet" in formats:
        from mien.output.report import need_parquet

        need_parquet()
    if out is None and set(formats) - {"json"}:
        missing = ", ".join(f"--{name}" for name in formats if name != "json")
        raise UsageError(f"{missing}: needs a folder for the results; add --out DIR")
    if table is not None:
        from mien.output.report.clip_table import check_table

        check_table(table)
    elif out is None and is_closed():
        raise UsageError("stdout is closed, so the answers have nowhere to go; add --out DIR")


def _read_list() -> bytes:
    if sys.stdin is None:
        raise UsageError("'-' reads a list of files from stdin, which is closed")
    return sys.stdin.buffer.read()


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the report.")] = Path(
        "demo-out"
    ),
) -> None:
    """Analyse the sample clip that comes with mien, and write a report page."""
    from mien.cli.predict import run_and_show
    from mien.core.inputs import Input
    from mien.core.sample_clip import sample
    from mien.inference.analysis import Options
    from mien.inference.batch import Job, prepare_folder

    imported()
    prepare_folder(out)
    job = Job(None, "cpu", 0, Options(), ("html", "json"), out)
    clip = Input(sample(), Path(sample().name))
    typer.echo("The sample is made up: a still portrait, moved, and a synthetic voice.")
    if run_and_show([clip], job, jobs=1, force=True, lines=False):
        raise typer.Exit(FAILED)


@app.command()
def info(
    files: Annotated[list[str], typer.Argument(help="Files.")],
) -> None:
    """Print what a file holds: streams, rotation, rates, problems."""
    from mien.cli.show import show_info

    imported()
    console, failed = Console(highlight=False), False
    for file in files:
        try:
            show_info(console, file)
        except MienError as error:
            errors.print(f"mien: {error}", markup=False)
            failed = True
    if failed:
        raise typer.Exit(FAILED)


@app.command()
def schema() -> None:
    """Print the JSON Schema of the answers."""
    from mien.output.answer_schema import json_schema

    typer.echo(json_schema())


def _refuse_empty(arguments: list[str]) -> None:
    """Refuse an empty name, as Path("") would be the working folder.

    Raises:
        UsageError: there is one.
    """
    for before, argument in zip(["", *arguments], arguments, strict=False):
        if not argument or re.fullmatch(r"--[a-z-]+=", argument):
            name = argument.rstrip("=") or (before if before.startswith("-") else "an argument")
            raise UsageError(f"{name} is empty; is a variable not set? Write . for this folder")


def main() -> int:
    """Run the command and give its exit code: errors of ours are one line, never a traceback."""
    code = _run()
    if was_lost():
        errors.print("mien: stdout is closed, so what was to be shown there is lost")
        return code or FAILED
    return code


def _run() -> int:
    try:
        _refuse_empty(sys.argv[1:])
        app(standalone_mode=True)
    except MienError as error:
        errors.print(f"mien: {error}", markup=False)
        wrong = isinstance(error, UsageError | BundleError | MissingExtraError | OutputError)
        return USAGE if wrong else FAILED
    except (KeyboardInterrupt, StoppedError) as error:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a second one does not wait
        state = str(error) or "what was written before is whole, and the same command goes on"
        errors.print(f"mien: interrupted: {state}", markup=False)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:  # most of all: the output is on a full disk
        where = f"{error.filename}: " if error.filename else "the output: "
        errors.print(f"mien: {where}{error.strerror}", markup=False)
        return FAILED
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0
