"""The preset `--size small`: the same code path in a fraction of the time, on any CPU.

Networks are an eighth as wide and have batch norms, crops are as small as they can be, and a fit
has a few hundred steps. What the papers start from faces, VGG-Face, is a MobileNet here whose
weights mien has: it was trained on VGGFace2, so that a small run too shows what the papers do,
transfer. So that a fit gets as far in fewer steps, its learning rate rises as its steps fall (their
product stays, up to `MOST`), and where it rises gradients are clipped. Nothing else differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mien.fusion.concat_mlp import ConcatMlp
from mien.training.recipes.declaration import Branch, Joined, Model, Recipe
from mien.training.recipes.networks import Encoder, Mlp, MobileFace, Recurrent, TrainingConfig, Vgg
from mien.training.schedules import OptimConfig

__all__ = ["small"]

WIDTH = 1 / 8
SIDE = 48
"""Pixels that a network sees."""
CROP = 56
"""Pixels of a stored crop; 224/256 of it, a corner crop, is `SIDE` and a pixel."""
FACE_SIDE = 64
"""Pixels that the MobileNet sees of a face."""
FACE_CROP = 74
"""Pixels of a crop that is stored for it."""
OF_FACES = ("vgg_face", "vgg_face2")
"""Public weights in whose place it stands."""
STEPS = 300
"""Of a fit, at most."""
BATCH = 32
MOST = {"sgd": 3e-2, "adam": 3e-3, "adamw": 3e-3}
"""The highest rate that a shortened fit is given."""
GENTLE = {"sgd": 3e-3, "adam": 3e-4, "adamw": 3e-4}
"""The same where the network has learned before, and has no batch norms."""

CLIP = 5.0
"""Largest norm of the gradient of a fit whose rate was raised."""

_SIDES = {"faces": CROP, "given_faces": CROP, "spectrograms": SIDE, "frames": 64}


def small(recipe: Recipe) -> Recipe:
    """The recipe in small; only the branches' networks, crops and steps are other."""
    branches = {
        name: _branch(b, recipe.branches[recipe.base(name) or name].model)
        for name, b in recipe.branches.items()
    }
    fusions = {name: _joined(joined) for name, joined in recipe.fusions.items()}
    return replace(recipe, branches=branches, fusions=fusions)


def _joined(joined: Joined) -> Joined:
    """Layers that are trained with their branches are as short a training as those."""
    how = joined.how
    if not (isinstance(how, ConcatMlp) and how.together):
        return joined
    return replace(joined, how=replace(how, training=_fit(how.training, STEPS)))


def _branch(branch: Branch, encoder: Model) -> Branch:
    settings = dict(branch.settings)
    if branch.extractor in _SIDES:
        settings["size"] = FACE_CROP if _of_faces(encoder) else _SIDES[branch.extractor]
    return replace(branch, model=_model(branch.model), settings=settings)


def _of_faces(model: Model) -> bool:
    """Whether a network starts from one that has seen faces."""
    return isinstance(model, Encoder) and isinstance(model.net, Vgg) and model.start in OF_FACES


def _as_mobile(model: Encoder) -> Encoder:
    """The MobileNet in place of VGG-Face; its one layer behind the convolutions is the last."""
    school = _school(model.schooling, most=GENTLE)
    stages = [_of_last_layer(stage) for stage in (school.fit, *school.then)]
    return replace(
        model,
        net=MobileFace(FACE_SIDE),
        schooling=replace(school, fit=stages[0], then=tuple(stages[1:])),
        start="mobile_face",
    )


def _of_last_layer(fit: OptimConfig) -> OptimConfig:
    rates = tuple(
        ("net.classifier." if start.startswith("net.classifier.") else start, factor)
        for start, factor in fit.rates
    )
    return replace(fit, rates=rates)


def _model(model: Any) -> Any:
    match model:
        case Encoder() if _of_faces(model):
            return _as_mobile(model)
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


def _school(
    school: TrainingConfig, steps: int = STEPS, most: Mapping[str, float] = MOST
) -> TrainingConfig:
    stages = (school.fit, *school.then)
    each = max(1, steps // len(stages))
    fit, *then = (_fit(stage, each, most) for stage in stages)
    return replace(school, fit=fit, then=tuple(then), batch=min(school.batch, BATCH))


def _fit(fit: OptimConfig, steps: int, most: Mapping[str, float] = MOST) -> OptimConfig:
    """At most so many steps; epochs and what happens in them stay, as far as there are steps."""
    whole = fit.epochs * fit.steps
    if whole <= steps:
        return fit
    epochs = min(fit.epochs, steps)
    new = max(1, steps // epochs)
    if fit.rate < 1e-5:
        return replace(fit, epochs=epochs, steps=new)  # paper 003's rates stay as they are
    rate = min(fit.rate * whole / (epochs * new), max(fit.rate, most[fit.optimiser]))
    return replace(fit, epochs=epochs, steps=new, rate=rate, clip=fit.clip or CLIP)
