"""`mien data prepare`: write the table of a corpus's clips."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from mien.cli.annotate import Labels, parse_labels
from mien.data.manifest import Manifest, label_set, write_manifest
from mien.data.manifest_files import demand_kind
from mien.errors import UsageError
from mien.labels import LabelSet
from mien.types import Clip

__all__ = ["prepare"]

_MOST_PARTS = 8  # values of a column that --only is suggested for
_TARGETS = ("vote_", "emotion")  # columns that hold other labels begin so


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
    demand_kind(out)
    from mien.data.datasets import corpora
    from mien.data.datasets.corpus import within

    known = corpora()
    if name not in known:
        raise UsageError(f"unknown corpus '{name}'; {_nearest(name, list(known))}")
    corpus = known[name]
    packed = folder = corpus.folder(root)
    if corpus.unpack is not None:
        folder = corpus.unpack(packed, out.parent / f"{out.stem}_pictures")
    all_clips = corpus.find(folder)
    if packed.resolve() in root.resolve().parents:
        all_clips = within(all_clips, packed, root)
    clips = _chosen(all_clips, target, only or [])
    # a test split may have no labels
    labelled = clips if any(c.label for c in clips) else all_clips
    allowed = label_set(name, (c.label for c in labelled))
    if labels is not None:
        allowed = parse_labels(labels)
        for c in clips:
            _allow(allowed, c)
    clips = [replace(c, extra={"corpus": name, **c.extra}) for c in clips]
    manifest = Manifest(out.stem, tuple(clips), allowed, folder)
    write_manifest(manifest, out)
    _print_prepared(manifest, out, corpus.note)
    if folder != packed:
        typer.echo(f"note: the pictures were unpacked to {folder}")
    _print_choices(all_clips, only or [])


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
        if target not in (targets := _targets(clips)):
            text = ", ".join(targets) or "none"
            raise UsageError(f"--target {target}: no column with labels; there are {text}")
        clips = [_targeted(c, target) for c in clips]
    if not clips:
        raise UsageError("no clip is left; look at --only")
    if target is not None and not any(c.label for c in clips):
        raise UsageError(f"no labelled clip is left; look at --target {target}")
    return clips


def _targets(clips: list[Clip]) -> list[str]:
    """Columns that hold labels other than the corpus's own; columns of vote counts excluded."""
    keys = dict.fromkeys(key for c in clips for key in c.extra if key.startswith(_TARGETS))
    return [key for key in keys if not any(c.extra.get(key, "").isdigit() for c in clips)]


def _targeted(clip: Clip, target: str) -> Clip:
    return replace(
        clip, label=clip.extra.get(target, ""), extra={**clip.extra, "intended": clip.label}
    )


def _kept(clips: list[Clip], condition: str) -> list[Clip]:
    column, equals, value = condition.partition("=")
    standard_columns = ("label", "speaker", "split", "licence")
    if not equals or (column not in standard_columns and not any(column in c.extra for c in clips)):
        extra = dict.fromkeys(key for c in clips for key in c.extra)
        known = ", ".join([*standard_columns, *extra])
        raise UsageError(f"--only {condition}: write column=value; columns are {known}")

    def cell(clip: Clip) -> str:
        return (
            str(getattr(clip, column)) if column in standard_columns else clip.extra.get(column, "")
        )

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


def _print_prepared(manifest: Manifest, out: Path, note: str) -> None:
    here = {c.label for c in manifest.clips if c.label}
    labels = ", ".join(name for name in manifest.labels.names if name in here) or "none"
    speakers = len({c.speaker for c in manifest.clips if c.speaker})
    typer.echo(f"{out}: {len(manifest)} clips, {speakers or 'no'} speakers; labels: {labels}")
    missing = sum(not manifest.path(c).is_file() for c in manifest.clips)
    if missing:
        typer.echo(f"note: the media of {missing} clips are not there")
    bare = sum(not c.label for c in manifest.clips)
    if bare:
        typer.echo(f"note: {bare} clips have no label")
    if note:
        typer.echo(f"note: {note}")


def _print_choices(clips: list[Clip], only: list[str]) -> None:
    """Columns of few values, for --only, and columns of other labels, for --target."""
    chosen = {condition.partition("=")[0] for condition in only}
    counts = {
        key: Counter(c.extra.get(key, "") for c in clips)
        for key in dict.fromkeys(key for c in clips for key in c.extra)
        if not key.startswith(_TARGETS) and key not in chosen
    }
    for key, parts in counts.items():
        if 2 <= len(parts) <= _MOST_PARTS and "" not in parts:
            choices = " or ".join(f"{key}={name} ({n})" for name, n in sorted(parts.items()))
            typer.echo(f"note: --only takes {choices}")
    if targets := _targets(clips):
        typer.echo(f"note: --target takes {' or '.join(targets)}")
