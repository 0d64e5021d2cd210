"""`mien data propose` and `mien data agree`: label a corpus of your own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from mien.core.progress import progress_bar
from mien.data.manifest import Manifest, read_manifest, write_manifest
from mien.errors import MediaError, UsageError
from mien.evaluation.agreement import COLUMN, Agreement, agreement, votes_of
from mien.labels import EMOTIONS, LabelSet
from mien.types import Clip

__all__ = ["Labels", "agree", "parse_labels", "propose"]

FAILED = 1

Labels = Annotated[
    str | None, typer.Option(help="The labels that are allowed, as in a,b,c; others are an error.")
]


def propose(
    films: Annotated[list[str], typer.Argument(help="Long films: files, folders, globs.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The sheet to write, .csv.")],
    length: Annotated[float, typer.Option(help="Seconds of a window.")] = 10.0,
    least: Annotated[float, typer.Option(help="Share of it that shows its main face.")] = 0.2,
    annotators: Annotated[str, typer.Option(help="Names, for a column each.")] = "1,2,3",
) -> None:
    """Cut films into windows around faces: a sheet for annotators to fill in.

    They write a label into their column, or "-" where a window is of no use.
    """
    from mien.core.inputs import expand
    from mien.data.propose import propose as find
    from mien.data.propose import sheet_rows

    if out.suffix != ".csv":
        raise UsageError(f"{out}: must end with .csv")
    names = [name.strip() for name in annotators.split(",") if name.strip()]
    if len(names) < 2 or len(set(names)) < len(names):
        raise UsageError(f"--annotators {annotators}: give two or more names, as in anna,ben")
    rows: list[Clip] = []
    failed = 0
    with progress_bar() as shown:
        for film in shown.track(expand(films).files, description="films"):
            try:
                proposals = find(film.path, length, least)
            except MediaError as error:
                shown.console.print(f"mien: {error}", markup=False, soft_wrap=True)
                failed += 1
                continue
            rows += sheet_rows(film.path, film.name.with_suffix("").as_posix(), proposals, names)
    if not rows:
        raise UsageError("no face was found for long enough in any film; lower --least")
    write_manifest(Manifest(out.stem, tuple(rows), EMOTIONS, Path()), out)
    typer.echo(f"{out}: {len(rows)} windows; fill in annotator_..., then 'mien data agree'")
    if failed:
        raise typer.Exit(FAILED)


def agree(
    sheet: Annotated[Path, typer.Argument(help="The sheet that annotators filled in.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="A manifest of the clips with a majority.")
    ] = None,
    labels: Labels = None,
) -> None:
    """Score the annotators, and keep the clips on which more than half of them agree.

    Clips whose column 'label' is filled in test the annotators: how many they got right is said.
    """
    manifest, console = read_manifest(sheet), Console(highlight=False, soft_wrap=True)
    allowed = EMOTIONS if labels is None else parse_labels(labels)
    names, votes = votes_of(manifest.clips, allowed, str(sheet))
    result = agreement(names, votes, {c.id: c.label for c in manifest.clips})
    console.print(
        f"{result.clips} clips with two or more labels: {result.agreed:.0%} of the pairs agree, "
        f"Fleiss's kappa {result.fleiss:.2f}"
    )
    _show_annotators(console, result)
    console.print(f"{len(result.majority)} of {len(votes)} clips have a majority")
    if out is not None:
        kept = tuple(_decided(c, result) for c in manifest.clips if c.id in result.majority)
        if not kept:
            raise UsageError(f"{sheet}: no clip has a majority; nothing to write")
        write_manifest(replace(manifest, clips=kept, labels=allowed), out)
        console.print(f"{out}: {len(kept)} clips", markup=False)


def _decided(clip: Clip, result: Agreement) -> Clip:
    extra = {key: value for key, value in clip.extra.items() if not key.startswith(COLUMN)}
    return replace(clip, label=result.majority[clip.id], extra=extra)


def _show_annotators(console: Console, result: Agreement) -> None:
    shown = Table("annotators", "Cohen's kappa", box=None, pad_edge=False)
    for (first, second), kappa in result.cohen.items():
        shown.add_row(f"{first} and {second}", f"{kappa:.2f}")
    console.print(shown)
    shown = Table("annotator", "labelled", "right of the known ones", box=None, pad_edge=False)
    for annotator in result.annotators:
        right = ""
        if annotator.known:
            low, high = annotator.interval
            right = (
                f"{annotator.right} of {annotator.known}, {annotator.right / annotator.known:.0%} "
            )
            right += f"({low:.0%} to {high:.0%})"
        shown.add_row(annotator.name, str(annotator.labelled), right or "none known")
    console.print(shown)


def parse_labels(labels: str) -> LabelSet:
    """Parse the label set of --labels."""
    names = tuple(name.strip().lower() for name in labels.split(",") if name.strip())
    if any("|" in name for name in names):
        raise UsageError(f"--labels {labels}: a name must not hold '|'")
    return LabelSet("--labels", names)
