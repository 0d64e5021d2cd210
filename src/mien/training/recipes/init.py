"""`--init NAME=WEIGHTS`: what the encoders of a recipe start from. No torch here."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from mien.errors import UsageError
from mien.training.models.sources import SOURCES
from mien.training.recipes.declaration import Encoder, Recipe
from mien.training.recipes.networks import MobileFace

__all__ = ["demand_starts", "with_init"]


def with_init(recipe: Recipe, option: str) -> Recipe:
    """The recipe with weights to start from, for one branch or all that start alike.

    Args:
        recipe: the declaration.
        option: "vgg_face=vgg_face_dag.pth" for public weights by the name of their source, or
            "vgg_face=runs/fer2013" and "c3d=runs/fer2013" for those of a run of 'mien train'; the
            name of a branch will do as well.

    Raises:
        UsageError: not of this form, no such branch or source in the recipe, no such file, or a
            file for a branch that starts from no public weights.
    """
    name, equals, source = option.partition("=")
    if not equals or not source:
        raise UsageError(f"--init {option}: write it as NAME=FILE or NAME=RUN")
    encoders = {
        b: branch.model
        for b, branch in recipe.branches.items()
        if isinstance(branch.model, Encoder)
    }
    names = {b: _names(b, model) for b, model in encoders.items()}
    chosen = [b for b in encoders if name in names[b]]
    if not chosen:
        known = list(dict.fromkeys(k for of_branch in names.values() for k in of_branch if k))
        near = get_close_matches(name, known, 1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise UsageError(
            f"--init {option}: recipe '{recipe.name}' starts nothing from '{name}'; "
            f"{hint}there are {', '.join(known) or 'no networks that start from others'}"
        )
    if not Path(source).exists():
        raise UsageError(f"--init {option}: no file or run folder {source}")
    small = [b for b in chosen if isinstance(encoders[b].net, MobileFace)]
    if small and Path(source).is_file():
        raise UsageError(
            f"--init {option}: at --size small branch '{small[0]}' is a MobileNet, which mien has "
            "weights for; no file fits it, give the folder of a run of 'mien train'"
        )
    if Path(source).is_file() and (bare := [b for b in chosen if not encoders[b].start]):
        raise UsageError(
            f"--init {option}: branch '{bare[0]}' starts from no public weights, so no file fits "
            "it; give the folder of a run of 'mien train'"
        )
    path = str(Path(source).resolve())
    branches = dict(recipe.branches)
    for b in chosen:
        branches[b] = replace(branches[b], model=replace(encoders[b], init=path))
    return replace(recipe, branches=branches)


def _names(branch: str, model: Encoder) -> tuple[str, ...]:
    """What weights for a branch are called: its source, at small also the one of full size."""
    stands_for = ("vgg_face",) if isinstance(model.net, MobileFace) else ()
    return (model.start, *stands_for, branch)


def demand_starts(recipe: Recipe) -> None:
    """Ask for the public weights that a recipe of full size starts from.

    Raises:
        UsageError: some are not given; the networks would learn from random numbers.
    """
    missing: dict[str, list[str]] = {}
    for name, branch in recipe.branches.items():
        model = branch.model
        ships = isinstance(model, Encoder) and getattr(SOURCES.get(model.start), "ships", False)
        if isinstance(model, Encoder) and model.start and not (model.init or ships):
            missing.setdefault(model.start, []).append(name)
    if missing:
        wanted = " ".join(f"--init {start}=FILE" for start in missing)
        names = ", ".join(name for names in missing.values() for name in names)
        raise UsageError(
            f"recipe '{recipe.name}' starts {names} from weights that were trained before: add "
            f"{wanted} (a file, or the folder of a run), or --from-scratch for random ones"
        )
