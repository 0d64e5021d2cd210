"""`mien features`: measure the clips of a manifest once, for all trainings to come."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from mien.cli.extras import need
from mien.core.progress import progress_bar
from mien.errors import UsageError

if TYPE_CHECKING:
    from mien.data.manifest import Manifest
    from mien.features.extractors import Extractor
    from mien.features.store import Failure, Store
    from mien.features.store.workers import Deal

__all__ = ["features", "fill_and_show", "fill_or_fail"]

_FAILED = 1


def features(
    manifest: Annotated[Path, typer.Argument(help="A table of clips, .csv or .parquet.")],
    extract: Annotated[
        str,
        typer.Option(
            "--extract",
            "-e",
            help="Names with commas: faces, face_embedding, frames, log_mel, spectrograms, "
            "short_term, audio_maps, egemaps, is09, is10.",
        ),
    ],
    store: Annotated[
        Path | None, typer.Option("--store", "-s", help="Folder; features beside the manifest.")
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", help="Clips at a time; 0 is one a core.")
    ] = 0,
    engine: Annotated[
        str, typer.Option(help="'ray' measures on many machines, on a store that all can write.")
    ] = "local",
    address: Annotated[
        str | None, typer.Option(help="With ray: of its cluster; else one is started here.")
    ] = None,
) -> None:
    """Measure faces and voices of all clips, and keep them for trainings.

    What is stored is not done again, unless the media, the settings, the weights or the code
    changed; an interrupted run goes on where it was.

    Exit code: 0 all done, 1 some clips failed (the others are stored), 2 wrong usage.
    """
    from mien.data.manifest import read_manifest
    from mien.features.extractors import extractor
    from mien.features.store import Store

    if jobs < 0:
        raise UsageError("--jobs must be 0 or more")
    if engine not in ("local", "ray") or (address and engine != "ray"):
        raise UsageError("--engine must be local or ray; --address is for ray")
    names = list(dict.fromkeys(name.strip() for name in extract.split(",") if name.strip()))
    if not names:
        raise UsageError("--extract: name at least one kind of features")
    chosen = [extractor(name) for name in names]
    table, feature_store = read_manifest(manifest), Store(store or manifest.parent / "features")
    cores = jobs or os.cpu_count() or 1
    with _dealer(engine, address, jobs) as deal:
        failures = fill_and_show(table, chosen, feature_store, cores, deal)
    notes = Console(stderr=True, highlight=False, soft_wrap=True)
    for failure in failures:
        notes.print(f"mien: {failure.clip}, {failure.extractor}: {failure.reason}", markup=False)
    clips = len({failure.clip for failure in failures})
    summary = f"{len(table)} clips: {', '.join(names)} in {feature_store.root}"
    notes.print(f"{summary}; {clips} clips failed" if clips else summary, markup=False)
    if failures:
        raise typer.Exit(_FAILED)


@contextmanager
def _dealer(engine: str, address: str | None, jobs: int) -> Iterator[Deal]:
    """Give the function that distributes the work: on this machine, or on a cluster."""
    from mien.features.store.workers import deal_out

    if engine == "local":
        yield deal_out
        return
    need("scale", "ray")
    from mien.scale.cluster import cluster
    from mien.scale.ray_map import map_on_ray

    with cluster(address, jobs):
        yield partial(map_on_ray, workers=jobs)


def fill_or_fail(
    manifest: Manifest, extractors: Sequence[Extractor], folder: Path, jobs: int
) -> None:
    """Fill a store with what a training or an evaluation needs of all clips.

    Raises:
        UsageError: some features cannot be made.
    """
    from mien.features.store import Store
    from mien.training.steps import demand_all

    demand_all(fill_and_show(manifest, extractors, Store(folder), jobs))


def fill_and_show(
    manifest: Manifest,
    extractors: Sequence[Extractor],
    store: Store,
    jobs: int,
    deal: Deal | None = None,
) -> list[Failure]:
    """`mien.features.store.run_features` with a bar and the time left on the terminal."""
    from mien.features.store import run_features
    from mien.features.store.workers import deal_out

    with progress_bar() as bar:
        task = bar.add_task("reading the media", total=None)

        def show(done: int, total: int) -> None:
            bar.update(task, description="clips", completed=done, total=total)

        return run_features(manifest, extractors, store, jobs, show, deal or deal_out)
