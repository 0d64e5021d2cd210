"""Branches that are one network with their fusion, trained at once; plain data, no torch."""

from __future__ import annotations

from collections.abc import Mapping

from mien.errors import UsageError
from mien.fusion.concat_mlp import ConcatMlp
from mien.fusion.fuser import Fusion
from mien.training.recipes.networks import Encoder, Mlp, Recurrent

__all__ = ["one_networks", "refuse_own_training"]


def one_networks(
    recipe: str,
    models: Mapping[str, object],
    fusions: Mapping[str, tuple[Fusion, tuple[str, ...]]],
) -> dict[str, tuple[str, ...]]:
    """{fusion: its branches and the encoders that they build on, in the order of the recipe}.

    Args:
        recipe: its name.
        models: {branch: its model}.
        fusions: {name: (how, its branches)}.

    Raises:
        UsageError: a branch that cannot be trained so, or that two networks share.
    """
    result: dict[str, tuple[str, ...]] = {}
    for name, (how, of) in fusions.items():
        if isinstance(how, ConcatMlp) and how.together:
            bases = [_base(recipe, b, models) for b in of]
            members = [*of, *(base for base in bases if base)]
            result[name] = tuple(b for b in models if b in members)
            if len(set(members)) < len(members):
                raise UsageError(
                    f"recipe '{recipe}': fusion '{name}' has a branch or encoder twice"
                )
    every = [b for members in result.values() for b in members]
    if twice := sorted({b for b in every if every.count(b) > 1}):
        raise UsageError(f"recipe '{recipe}': '{twice[0]}' is trained together by two fusions")
    return result


def _base(recipe: str, branch: str, models: Mapping[str, object]) -> str:
    """The encoder that a branch of such a network builds on, or ""."""
    model = models[branch]
    if not isinstance(model, Recurrent | Mlp):
        raise UsageError(
            f"recipe '{recipe}': '{branch}' cannot be trained together with others; "
            "only Recurrent and Mlp can"
        )
    if not isinstance(model, Recurrent) or not model.on:
        return ""
    below = models[model.on]
    if model.end_to_end is not None or (isinstance(below, Encoder) and below.window > 1):
        raise UsageError(
            f"recipe '{recipe}': '{branch}' is trained together with others, so it needs single "
            "rows, and no end_to_end"
        )
    return model.on


def refuse_own_training(one: Mapping[str, tuple[str, ...]], path: list[str]) -> None:
    """Refuse a change to numbers of a training that is not made.

    Raises:
        UsageError: the branch is trained as part of one network, whose numbers are the fusion's.
    """
    for fusion, members in one.items():
        own = path[:3] == [path[0], "model", "schooling"] and path[-1] != "drop_rows"
        if path[0] in members and own:
            raise UsageError(
                f"--set {'.'.join(path)}: '{path[0]}' is trained as one network with others; its "
                f"numbers are those of fusions.{fusion}.how.training"
            )
