"""`mien data`: labelled corpora as tables of clips, checked before anything is learned."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from mien.checks import Finding
from mien.commands.annotate import Labels, agree, given, progress, propose
from mien.count_chart import NO_LABEL, counts_by_speaker, counts_by_split, draw, splits_of
from mien.errors import UsageError
from mien.labels import LabelSet
from mien.manifest import Manifest, label_set, read_manifest, write_manifest
from mien.report.atomic import atomic
from mien.types import Clip

__all__ = ["app"]

FAILED = 1
_MOST_SPEAKERS = 30

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Labelled corpora: tables of clips, what is wrong with them, and making your own.",
    rich_markup_mode=None,
)

ManifestPath = Annotated[Path, typer.Argument(help="The manifest, CSV or Parquet.")]


@app.command("list")
def list_() -> None:
    """List the corpora that mien can read, with licence and citation."""
    from mien.datasets import corpora

    table = Table("name", "corpus", "licence", "folds", "cite", box=None, pad_edge=False)
    for one in corpora().values():
        folds = str(len(one.folds) or "")
        table.add_row(one.name, one.title, one.licence, folds, one.citation)
    Console().print(table)


@app.command()
def prepare(
    name: Annotated[str, typer.Argument(help="A corpus that 'mien data list' shows.")],
    root: Annotated[Path, typer.Argument(help="The corpus folder, or the folder it is in.")],
    out: Annotated[Path, typer.Argument(help="The manifest to write, .csv or .parquet.")],
    labels: Labels = None,
    target: Annotated[
        str | None, typer.Option(help="Take another column as the label, e.g. vote_both.")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="column=value, e.g. channel=speech; keeps only such clips."),
    ] = None,
) -> None:
    """Write the table of a corpus's clips: labels mapped to the seven, speakers, splits."""
    if out.suffix not in (".csv", ".parquet"):
        raise UsageError(f"{out}: must end with .csv or .parquet")
    from mien.datasets import corpora

    known = corpora()
    if name not in known:
        raise UsageError(f"unknown corpus '{name}'; {_nearest(name, list(known))}")
    corpus = known[name]
    folder = corpus.folder(root)
    if corpus.unpack is not None:
        folder = corpus.unpack(folder, out.parent / f"{out.stem}_pictures")
    clips = _chosen(corpus.find(folder), target, only or [])
    allowed = label_set(name, (c.label for c in clips))
    if labels is not None:
        allowed = given(labels)
        for c in clips:
            _allow(allowed, c)
    clips = [replace(c, extra={"corpus": name, **c.extra}) for c in clips]
    write_manifest(Manifest(out.stem, tuple(clips), allowed, folder), out)
    _say_prepared(Manifest(out.stem, tuple(clips), allowed, folder), out, corpus.note)


def _nearest(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, 1, 0.5)
    hint = f"did you mean '{near[0]}'? " if near else ""
    return f"{hint}there are {', '.join(known)}"


def _chosen(clips: list[Clip], target: str | None, only: list[str]) -> list[Clip]:
    """The clips that meet the conditions, with the wanted label."""
    for condition in only:
        clips = _kept(clips, condition)
    if target is not None:
        clips = [_targeted(c, target) for c in clips]
    if not any(c.label for c in clips):
        what = f"--target {target}" if target else "--only"
        raise UsageError(f"no labelled clip is left; look at {what}")
    return clips


def _targeted(clip: Clip, target: str) -> Clip:
    if target not in clip.extra:
        known = [key for key in clip.extra if key.startswith(("vote_", "emotion"))]
        text = ", ".join(known or clip.extra) or "none"
        raise UsageError(f"--target {target}: no such column; there are {text}")
    return replace(clip, label=clip.extra[target], extra={**clip.extra, "intended": clip.label})


def _kept(clips: list[Clip], condition: str) -> list[Clip]:
    column, equals, value = condition.partition("=")
    own = ("label", "speaker", "split", "licence")
    if not equals or (column not in own and not any(column in c.extra for c in clips)):
        extra = dict.fromkeys(key for c in clips for key in c.extra)
        known = ", ".join([*own, *extra])
        raise UsageError(f"--only {condition}: write column=value; columns are {known}")

    def cell(clip: Clip) -> str:
        return str(getattr(clip, column)) if column in own else clip.extra.get(column, "")

    kept = [c for c in clips if cell(c) == value]
    if not kept:
        values = ", ".join(sorted({cell(c) for c in clips})[:12])
        raise UsageError(f"--only {condition}: no clip is left; {column} is one of {values}")
    return kept


def _allow(allowed: LabelSet, clip: Clip) -> None:
    try:
        if clip.label:
            allowed.index(clip.label)
    except UsageError as error:
        raise UsageError(f"clip {clip.id}: {error}; see --labels") from None


def _say_prepared(manifest: Manifest, out: Path, note: str) -> None:
    labels = len({c.label for c in manifest.clips if c.label})
    speakers = len({c.speaker for c in manifest.clips if c.speaker})
    typer.echo(f"{out}: {len(manifest)} clips, {labels} labels, {speakers or 'no'} speakers")
    missing = sum(not manifest.path(c).is_file() for c in manifest.clips)
    if missing:
        typer.echo(f"note: the media of {missing} clips are not there")
    bare = sum(not c.label for c in manifest.clips)
    if bare:
        typer.echo(f"note: {bare} clips have no label")
    if note:
        typer.echo(f"note: {note}")


@app.command()
def check(
    manifest: ManifestPath,
    media: Annotated[bool, typer.Option(help="Read the files, or look at the table only.")] = True,
    deep: Annotated[bool, typer.Option("--deep", help="Search the clips for faces too.")] = False,
    most: Annotated[
        int, typer.Option("--most", help="Lines to show of one kind; 0 shows all.")
    ] = 5,
) -> None:
    """Say what is wrong with a table of clips: leaks, duplicates, missing files, empty classes.

    Exit code: 1 with errors, 0 with warnings only.
    """
    from mien.checks import check as find

    table, console = read_manifest(manifest), _console()
    _show_splits(console, table)
    with progress() as bar:
        files = len({c.path for c in table.clips})
        task = bar.add_task("files", total=files if media else 0)

        def done(count: int) -> None:
            bar.update(task, completed=count)

        found = find(table, media, deep=deep, progress=done)
    _show_findings(console, found, most)
    errors = sum(f.level == "error" for f in found)
    console.print(f"{len(table)} clips, {errors} errors, {len(found) - errors} warnings")
    if errors:
        raise typer.Exit(FAILED)


def _show_findings(console: Console, found: list[Finding], most: int) -> None:
    """One line each; no more than `most` of one kind, and how many there are."""
    shown: Counter[str] = Counter()
    total = Counter(f.code for f in found)
    for one in found:
        shown[one.code] += 1
        style = "red" if one.level == "error" else "yellow"
        if not most or shown[one.code] <= most:
            console.print(f"{one.level}: {one.code}: {one.message}", style=style, markup=False)
        elif shown[one.code] == total[one.code]:
            rest = total[one.code] - most
            console.print(f"{one.level}: {one.code}: {rest} more (--most 0 shows all)", style=style)


@app.command()
def stats(
    manifest: ManifestPath,
    picture: Annotated[
        Path | None, typer.Option(help="Also draw it, as .svg or as a page, .html.")
    ] = None,
) -> None:
    """Count the clips of each label, split and speaker."""
    if picture is not None and picture.suffix not in (".svg", ".html"):
        raise UsageError(f"{picture}: must end with .svg or .html")
    table, console = read_manifest(manifest), _console()
    _show_splits(console, table)
    _show_speakers(console, table)
    if picture is not None:
        svg = draw(table)
        page = f'<!doctype html><meta charset="utf-8"><title>{table.name}</title>\n{svg}'
        with atomic(picture) as partial:
            partial.write_text(page if picture.suffix == ".html" else svg, encoding="utf-8")
        console.print(f"wrote {picture}", markup=False)


def _show_splits(console: Console, manifest: Manifest) -> None:
    """Clips of each label and split, with bars."""
    counts, splits = counts_by_split(manifest), splits_of(manifest)
    most = max(max(row.total() for row in counts.values()), 1)
    shown = Table(box=None, pad_edge=False)
    shown.add_column("label")
    for split in splits:
        shown.add_column(split or ("clips" if len(splits) == 1 else "no split"), justify="right")
    shown.add_column("", no_wrap=True)
    for label, row in counts.items():
        bar = "█" * round(30 * row.total() / most)
        shown.add_row(label, *(str(row[s]) for s in splits), bar)
    shown.add_row("all", *(str(sum(row[s] for row in counts.values())) for s in splits), "")
    console.print(shown, soft_wrap=False)


def _show_speakers(console: Console, manifest: Manifest) -> None:
    """Clips of each speaker and label, with bars."""
    counts = counts_by_speaker(manifest)
    if set(counts) == {""}:
        console.print("no clip has a speaker")
        return
    names = [
        *manifest.labels.names,
        *([NO_LABEL] if any(r[NO_LABEL] for r in counts.values()) else []),
    ]
    most = max(row.total() for row in counts.values())
    shown = Table(box=None, pad_edge=False)
    shown.add_column("speaker")
    for name in names:
        shown.add_column(name, justify="right")
    shown.add_column("", no_wrap=True)
    for speaker, row in list(counts.items())[:_MOST_SPEAKERS]:
        bar = "█" * round(15 * row.total() / most)
        shown.add_row(speaker or "(none)", *(str(row[name]) for name in names), bar)
    console.print(shown, soft_wrap=False)
    if len(counts) > _MOST_SPEAKERS:
        console.print(f"and {len(counts) - _MOST_SPEAKERS} more speakers (--picture draws 60)")
    low = min(row.total() for row in counts.values())
    console.print(f"{len(counts)} speakers with {low} to {most} clips each")


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)


app.command()(propose)
app.command()(agree)
