"""What a search may try: a field of a recipe, and its values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mien.errors import UsageError
from mien.training.recipes.declaration import Recipe, override

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

__all__ = ["Space", "spaces"]


@dataclass(frozen=True)
class Space:
    """The values that one field may take.

    Args:
        field: as `mien train --set` names it.
        low, high: limits of a number, both taken.
        log: numbers are drawn evenly in their logarithm.
        whole: only whole numbers.
        choices: values in place of a range.
    """

    field: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False
    choices: tuple[str, ...] = ()

    def distribution(self) -> BaseDistribution:
        """For optuna."""
        from optuna.distributions import (
            CategoricalDistribution,
            FloatDistribution,
            IntDistribution,
        )

        if self.choices:
            return CategoricalDistribution(self.choices)
        if self.whole:
            return IntDistribution(round(self.low), round(self.high), log=self.log)
        return FloatDistribution(self.low, self.high, log=self.log)

    def text(self, value: float | str) -> str:
        """A drawn value as it is set, with four digits."""
        return f"{value:.4g}" if isinstance(value, float) else str(value)


def spaces(recipe: Recipe, texts: Mapping[str, str]) -> list[Space]:
    """Spaces from their text, "low:high", "low:high:log" or "a,b,c".

    Raises:
        UsageError: no field, a field that the recipe lacks, or a value that does not fit it.
    """
    if not texts:
        raise UsageError(
            f"recipe '{recipe.name}' has no space of its own to search; "
            "give one with --space field=low:high, field=low:high:log or field=a,b,c"
        )
    return [_space(recipe, field, text) for field, text in texts.items()]


def _space(recipe: Recipe, field: str, text: str) -> Space:
    low, colon, rest = text.partition(":")
    if not colon:
        choices = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
        if len(choices) < 2:
            raise UsageError(f"--space {field}={text}: one value; give a range or several")
        for choice in choices:
            _set(recipe, field, choice)
        return Space(field, choices=choices)
    high, colon, scale = rest.partition(":")
    try:
        limits = float(low), float(high)
    except ValueError:
        raise UsageError(f"--space {field}={text}: write low:high, low:high:log or a,b,c") from None
    if not limits[0] < limits[1] or (colon and scale != "log") or (colon and limits[0] <= 0):
        raise UsageError(f"--space {field}={text}: low must be below high, and with ':log' above 0")
    _set(recipe, field, low)
    _set(recipe, field, high)
    return Space(field, *limits, log=bool(colon), whole=_whole(recipe, field, limits[0]))


def _whole(recipe: Recipe, field: str, value: float) -> bool:
    """Whether a field takes whole numbers only."""
    try:
        _set(recipe, field, f"{int(value)}.5")
    except UsageError:
        return True
    return False


def _set(recipe: Recipe, field: str, value: str) -> None:
    try:
        override(recipe, f"{field}={value}")
    except UsageError as error:
        raise UsageError(str(error).replace("--set", "--space", 1)) from None
