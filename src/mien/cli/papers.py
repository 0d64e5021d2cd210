"""`mien papers`: a paper's tables, its numbers beside those of a run of its recipe."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.extras import need
from mien.cli.hooks import SHOWN
from mien.errors import UsageError
from mien.training.steps import declare, experiment, run_experiment

if TYPE_CHECKING:
    from mien.data.manifest import Manifest
    from mien.training.recipes.declaration import Recipe

__all__ = ["papers"]


def papers(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="The recipe of a paper: cnn_rnn, hybrid, temporal, resnet_lstm or msff; with "
            "--docs, run folders.",
            metavar="RECIPE",
        ),
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Train on this manifest; a finished run is kept.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The run folder; with --submit, that of the files."),
    ] = None,
    run: Annotated[
        Path | None, typer.Option("--run", help="A finished run: print from it, train nothing.")
    ] = None,
    ablations: Annotated[
        bool,
        typer.Option("--ablations", help="Train the further runs of the paper's claims too."),
    ] = False,
    submit: Annotated[
        Path | None,
        typer.Option("--submit", help="A manifest of test clips: write EmotiW's files for them."),
    ] = None,
    docs: Annotated[
        bool, typer.Option("--docs", help="Print docs/papers.md, with the tables of these runs.")
    ] = False,
    lines: Annotated[
        bool,
        typer.Option("--checklist", help="Print docs/papers_checklist.md: every line."),
    ] = False,
    size: Annotated[str, typer.Option(help="full or small, as in 'mien train'.")] = "full",
    init: Annotated[
        list[str] | None, typer.Option("--init", help="NAME=FILE or NAME=RUN, as in 'mien train'.")
    ] = None,
    from_scratch: Annotated[
        bool, typer.Option("--from-scratch", help="As in 'mien train'.")
    ] = False,
    changes: Annotated[
        list[str] | None, typer.Option("--set", help="PATH=VALUE, as in 'mien train'.")
    ] = None,
    folds: Annotated[str | None, typer.Option(help="As in 'mien train'.")] = None,
    seeds: Annotated[int, typer.Option(help="Trainings with different seeds.")] = 1,
    store: Annotated[Path | None, typer.Option(help="The feature store.")] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", help="Fits at a time; 0: the cores.")] = 0,
    tune_on_report: Annotated[
        bool,
        typer.Option("--tune-on-report", help="As in 'mien train'; stamps every number."),
    ] = False,
) -> None:
    """Train what a paper trained, and print its tables: the paper's numbers beside ours.

    Example: mien papers cnn_rnn --data clips.csv --out runs/cnn_rnn --folds speaker --size small
    """
    need("train", "torch", "lightning_fabric", "sklearn")
    if lines:
        from mien.training.papers.document import checklist_page

        typer.echo(checklist_page(), nl=False)
        return
    if docs:
        from mien.training.papers.document import document

        typer.echo(document([Path(name) for name in names or []]), nl=False)
        return
    recipe = _paper(names or [])
    if jobs < 0 or seeds < 1:
        raise UsageError("--jobs must be 0 or more, --seeds 1 or more")
    if (data is None) == (run is None):
        raise UsageError("give --data MANIFEST to train, or --run RUN to print a finished run")
    if submit is not None:
        _submit(recipe, run, submit, store, out, jobs)
        return
    if run is not None:
        if ablations:
            raise UsageError("--ablations are trained with --data and --out; --run prints them")
        _show(recipe, run)
        return
    if data is None or out is None:
        raise UsageError("name the run folder with --out, for example --out runs/cnn_rnn")
    declared = declare(recipe, changes or [], size, init or [], from_scratch)
    forms = {"": declared}
    for name in _ablations(recipe) if ablations else ():
        form = _ablated(recipe, name, declared, size, init or [], from_scratch)
        forms |= {name: form} if form is not None else {}
    for name, form in forms.items():
        if name:
            typer.echo(f"ablation {name}", err=True)
        _train(recipe, name, form, data, out, store, folds, seeds, jobs, tune_on_report)
    _show(recipe, out)


def _paper(names: Sequence[str]) -> str:
    from difflib import get_close_matches

    from mien.training.papers.ablations import ABLATIONS

    known = ", ".join(ABLATIONS)
    if len(names) != 1:
        raise UsageError(f"name one recipe of a paper: {known}")
    if names[0] not in ABLATIONS:
        near = get_close_matches(names[0], ABLATIONS, 1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise UsageError(f"'{names[0]}' is no recipe of a paper; {hint}there are {known}")
    return names[0]


def _ablations(recipe: str) -> list[str]:
    from mien.training.papers.ablations import ABLATIONS

    return [ablation.name for ablation in ABLATIONS[recipe]]


def _ablated(
    recipe: str, name: str, declared: Recipe, size: str, init: Sequence[str], from_scratch: bool
) -> Recipe | None:
    """The form of an ablation: of the paper's recipe as declared, or of another one.

    None where that one starts from further weights, which are not given, or where its change is of
    a layer that the small form has not.
    """
    from mien.training.papers.ablations import ABLATIONS, ablated

    ablation = next(candidate for candidate in ABLATIONS[recipe] if candidate.name == name)
    try:
        if ablation.of:
            declared = declare(ablation.of, [], size, _known(ablation.of, init), from_scratch)
        return ablated(recipe, declared, ablation)
    except UsageError as error:
        typer.echo(f"note: ablation {name} is left out: {error}", err=True)
        return None


def _train(
    recipe: str,
    name: str,
    declared: Recipe,
    data: Path,
    out: Path,
    store: Path | None,
    folds: str | None,
    seeds: int,
    jobs: int,
    tune_on_report: bool,
) -> None:
    """The paper's run (""), or that of an ablation, which reuses fits of the others."""
    from mien.training.papers.runs import ABLATED, borrow, runs_of

    folder = out / ABLATED / name if name else out
    plan = experiment(declared, data, folder, store, folds, seeds, tune_on_report)
    if name:
        borrow(plan, runs_of(recipe, out))
    else:
        _note_counts(plan.manifest)
    run_experiment(plan, jobs, hooks=SHOWN)


def _note_counts(manifest: Manifest) -> None:
    """Say where AFEW's splits are not those of the papers."""
    wanted = {"train": 773, "val": 383, "test": 653}
    counts = Counter(c.split for c in manifest.clips if c.extra.get("corpus") == "afew")
    other = [f"{counts[k]} {k} clips ({n} there)" for k, n in wanted.items() if counts[k] != n]
    if counts and other:
        typer.echo(f"note: not the AFEW of the papers: {', '.join(other)}", err=True)


def _known(recipe: str, init: Sequence[str]) -> list[str]:
    """Those of the weights that another recipe starts from too."""
    from mien.training.recipes.catalog import recipe as find
    from mien.training.recipes.declaration import Encoder

    models = {b: item.model for b, item in find(recipe).branches.items()}
    starts = set(models) | {model.start for model in models.values() if isinstance(model, Encoder)}
    return [item for item in init if item.partition("=")[0] in starts]


def _show(recipe: str, run: Path) -> None:
    from mien.training.papers.page import tables
    from mien.training.papers.runs import runs_of

    typer.echo(tables(recipe, runs_of(recipe, run)))


def _submit(
    recipe: str, run: Path | None, clips: Path, store: Path | None, out: Path | None, jobs: int
) -> None:
    from mien.cli.features import fill_or_fail
    from mien.data.manifest import read_manifest
    from mien.training.experiment.score import open_plan
    from mien.training.experiment.work import extractor_of
    from mien.training.papers.runs import runs_of
    from mien.training.papers.submission import submit

    if run is None or out is None:
        raise UsageError("--submit needs --run RUN, a finished run, and --out, a folder of files")
    runs_of(recipe, run)
    plan, manifest = open_plan(run), read_manifest(clips)
    store_path = store or clips.parent / "features"
    wanted = [extractor_of(branch) for branch in plan.task.recipe.branches.values()]
    fill_or_fail(manifest, list(dict.fromkeys(wanted)), store_path, jobs or os.cpu_count() or 1)
    bare = submit(plan, manifest, store_path, out)
    typer.echo(f"wrote {len(manifest)} files to {out}")
    if bare:
        typer.echo(f"note: {bare} clips with neither face nor sound got the commonest class")
