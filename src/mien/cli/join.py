"""`mien data join`: several manifests as one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from mien.data.manifest import Manifest, label_set, read_manifest, write_manifest
from mien.data.manifest_files import demand_kind
from mien.errors import UsageError
from mien.types import Clip

__all__ = ["join"]


def join(
    out: Annotated[Path, typer.Argument(help="The manifest to write, .csv or .parquet.")],
    manifests: Annotated[list[Path], typer.Argument(help="The manifests to join.")],
    pictures: Annotated[
        list[Path] | None,
        typer.Option(
            "--pictures",
            help="A manifest of pictures that networks on single frames learn from besides; "
            "nothing is tested on them.",
        ),
    ] = None,
) -> None:
    """Write one manifest of several; pictures may expand what frame networks learn from.

    Example: mien data join both.csv afew.csv --pictures fer2013.csv
    """
    demand_kind(out)
    clips = [clip for path in manifests for clip in _clips(path, out, {})]
    for path in pictures or []:
        clips += [replace(c, split="train") for c in _clips(path, out, {"use": "pictures"})]
    twice = [name for name, count in Counter(c.id for c in clips).items() if count > 1]
    if twice:
        raise UsageError(f"the id '{twice[0]}' is in more than one of the manifests")
    labels = label_set(out.stem, (c.label for c in clips))
    write_manifest(Manifest(out.stem, tuple(clips), labels, out.parent), out)
    alone = sum(c.extra.get("use") == "pictures" for c in clips)
    more = f", {alone} of them pictures for frame networks alone" if alone else ""
    typer.echo(f"wrote {out}: {len(clips)} clips{more}")


def _clips(path: Path, out: Path, extra: dict[str, str]) -> list[Clip]:
    """The clips of a manifest, with places that hold from the folder of the new one."""
    manifest = read_manifest(path)
    if path.resolve() == out.resolve():
        raise UsageError(f"{out}: would take the place of a manifest that is joined")
    clips = []
    for clip in manifest.clips:
        places = {"faces": str((manifest.root / clip.extra["faces"]).absolute())}
        more = {**clip.extra, **(places if clip.extra.get("faces") else {}), **extra}
        file = str(manifest.path(clip).absolute())
        clips.append(replace(clip, path=file, extra=more))
    return clips
