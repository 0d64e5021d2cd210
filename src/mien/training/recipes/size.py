"""The preset `--size small`: the same code path in a fraction of the time, on any CPU.

Networks are an eighth as wide and have batch norms, crops are as small as they can be, and a fit
has a few hundred steps. So that it gets as far in fewer steps, its learning rate rises as its
steps fall (their product stays, up to `MOST`), and where it rises gradients are clipped. Nothing
else differs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mien.training.recipes.declaration import Branch, Recipe
from mien.training.recipes.networks import Encoder, Mlp, Recurrent, TrainingConfig
from mien.training.schedules import OptimConfig

__all__ = ["small"]

WIDTH = 1 / 8
SIDE = 48
"""Pixels that a network sees."""
CROP = 56
"""Pixels of a stored crop; 224/256 of it, a corner crop, is `SIDE` and a pixel."""
STEPS = 300
"""Of a fit, at most."""
BATCH = 32
MOST = {"sgd": 3e-2, "adam": 3e-3, "adamw": 3e-3}
"""The highest rate that a shortened fit is given."""

CLIP = 5.0
"""Largest norm of the gradient of a fit whose rate was raised."""

_SIDES = {"faces": CROP, "given_faces": CROP, "spectrograms": SIDE, "frames": 64}


def small(recipe: Recipe) -> Recipe:
    """The recipe in small; only the branches' networks, crops and steps are other."""
    return replace(recipe, branches={name: _branch(b) for name, b in recipe.branches.items()})


def _branch(branch: Branch) -> Branch:
    settings = dict(branch.settings)
    if branch.extractor in _SIDES:
        settings["size"] = _SIDES[branch.extractor]
    return replace(branch, model=_model(branch.model), settings=settings)


def _model(model: Any) -> Any:
    match model:
        case Encoder():
            return replace(
                model, net=model.net.small(WIDTH, SIDE), schooling=_school(model.schooling)
            )
        case Recurrent():
            together = model.end_to_end
            return replace(
                model,
                schooling=_school(model.schooling),
                hidden=max(32, round(model.hidden * WIDTH)),
                end_to_end=None if together is None else _school(together, STEPS // 3),
            )
        case Mlp():
            return replace(model, schooling=_school(model.schooling))
    return model


def _school(school: TrainingConfig, steps: int = STEPS) -> TrainingConfig:
    stages = (school.fit, *school.then)
    each = max(1, steps // len(stages))
    fit, *then = (_fit(stage, each) for stage in stages)
    return replace(school, fit=fit, then=tuple(then), batch=min(school.batch, BATCH))


def _fit(fit: OptimConfig, steps: int) -> OptimConfig:
    """At most so many steps; epochs and what happens in them stay, as far as there are steps."""
    whole = fit.epochs * fit.steps
    if whole <= steps:
        return fit
    epochs = min(fit.epochs, steps)
    new = max(1, steps // epochs)
    if fit.rate < 1e-5:
        return replace(fit, epochs=epochs, steps=new)  # paper 003's rates stay as they are
    rate = min(fit.rate * whole / (epochs * new), max(fit.rate, MOST[fit.optimiser]))
    return replace(fit, epochs=epochs, steps=new, rate=rate, clip=fit.clip or CLIP)
