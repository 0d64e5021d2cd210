"""`mien data`: tables of labelled clips, checked before any training."""

from __future__ import annotations

from collections import Counter
from html import escape
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from mien.cli.annotate import agree, propose
from mien.cli.join import join
from mien.cli.prepare import prepare
from mien.core.atomic import atomic
from mien.core.progress import progress_bar
from mien.data.checks import Finding
from mien.data.count_chart import NO_LABEL, counts_by_speaker, counts_by_split, draw, splits_of
from mien.data.manifest import Manifest, read_manifest
from mien.errors import UsageError

__all__ = ["app"]

FAILED = 1
_MOST_SPEAKERS = 30
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="color-scheme" content="light dark"><title>{}</title>
<body style="margin: 0">{}</body></html>
"""

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
    from mien.data.datasets import corpora

    table = Table("name", "corpus", "licence", "folds", "cite", box=None, pad_edge=False)
    for corpus in corpora().values():
        folds = str(len(corpus.folds) or "")
        table.add_row(corpus.name, corpus.title, corpus.licence, folds, corpus.citation)
    Console().print(table)


app.command()(prepare)
app.command()(join)


@app.command()
def check(
    manifest: ManifestPath,
    media: Annotated[bool, typer.Option(help="Read the files, or look at the table only.")] = True,
    deep: Annotated[bool, typer.Option("--deep", help="Search the clips for faces too.")] = False,
    most: Annotated[
        int, typer.Option("--most", min=0, help="Lines to show of one kind; 0 shows all.")
    ] = 5,
) -> None:
    """Say what is wrong with a table of clips: leaks, duplicates, missing files, empty classes.

    Exit code: 1 with errors, 0 with warnings only.
    """
    from mien.data.checks import check as find

    table, console = read_manifest(manifest), _console()
    _show_splits(console, table)
    with progress_bar() as bar:
        files = len({c.path for c in table.clips})
        task = bar.add_task("files", total=files if media else 0)

        def done(count: int) -> None:
            bar.update(task, completed=count)

        findings = find(table, media, deep=deep, progress=done)
    _show_findings(console, findings, most)
    errors = sum(f.level == "error" for f in findings)
    console.print(f"{len(table)} clips, {errors} errors, {len(findings) - errors} warnings")
    if errors:
        raise typer.Exit(FAILED)


def _show_findings(console: Console, findings: list[Finding], most: int) -> None:
    """One line each; no more than `most` of one kind, and how many there are."""
    shown: Counter[str] = Counter()
    total = Counter(f.code for f in findings)
    for finding in findings:
        shown[finding.code] += 1
        style = "red" if finding.level == "error" else "yellow"
        if not most or shown[finding.code] <= most:
            console.print(
                f"{finding.level}: {finding.code}: {finding.message}", style=style, markup=False
            )
        elif shown[finding.code] == total[finding.code]:
            rest = total[finding.code] - most
            console.print(
                f"{finding.level}: {finding.code}: {rest} more (--most 0 shows all)", style=style
            )


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
        page = _PAGE.format(escape(table.name), svg)
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
    clips = f"{low} to {most}" if low < most else f"{most}"
    console.print(f"{len(counts)} speakers with {clips} clips each")


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)


app.command()(propose)
app.command()(agree)
