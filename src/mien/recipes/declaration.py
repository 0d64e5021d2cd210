"""What a recipe is made of: plain data, no torch, so that listing and showing needs no extra.

A recipe is a module with a docstring and one `RECIPE`. Each number is a named field; `override`
changes one from text, and a misspelt field fails with the nearest one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from difflib import get_close_matches
from typing import Any, Literal, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError

from mien.errors import UsageError
from mien.schedules import Fit

__all__ = [
    "AdaBoost",
    "Branch",
    "Forest",
    "Lda",
    "Model",
    "Pool",
    "Recipe",
    "Schooling",
    "Sequence",
    "Statistics",
    "Svm",
    "VoiceCnn",
    "from_plain",
    "override",
    "to_plain",
]


@dataclass(frozen=True)
class Schooling:
    """How a network of a recipe is trained.

    Args:
        batch: clips in a step, drawn so that the classes are even.
        smoothing: label smoothing.
        mixup: alpha of the Beta distribution; 0 mixes nothing. Only for rows of one shape.
        balance, adjustment: see `mien.losses.ClassLoss`.
        drop_rows: share of a clip's rows left out at random, for sequences and statistics.
        fit: the numbers of the loop. With `fit.select` ("uar", "accuracy" or "-nll") the epoch is
            chosen on a fifth of the training clips, of other speakers, which is then not learned
            from.
        then: stages that follow, each going on from the weights of the one before.
    """

    fit: Fit
    batch: int = 32
    smoothing: float = 0.1
    mixup: float = 0.0
    balance: float = 0.0
    adjustment: float = 0.0
    drop_rows: float = 0.2
    then: tuple[Fit, ...] = ()


@dataclass(frozen=True)
class Statistics:
    """`mien.models.statistics_net.StatisticsNet`."""

    schooling: Schooling
    hidden: int = 0
    dropout: float = 0.3


@dataclass(frozen=True)
class Sequence:
    """`mien.models.sequence_net.SequenceNet`."""

    schooling: Schooling
    hidden: int = 64
    layers: int = 1
    bidirectional: bool = True
    pooling: Literal["mean", "last"] = "mean"
    dropout: float = 0.3


@dataclass(frozen=True)
class VoiceCnn:
    """`mien.models.voice_net.VoiceNet`, on windows of log-mels."""

    schooling: Schooling
    width: int = 20
    embedding: int = 128
    dropout: float = 0.4


@dataclass(frozen=True)
class Svm:
    """Standardised features and a support vector machine (`sklearn.svm.SVC`)."""

    c: float = 1.0
    kernel: Literal["rbf", "linear", "poly"] = "rbf"
    gamma: float | Literal["scale", "auto"] = "scale"
    balanced: bool = False


@dataclass(frozen=True)
class Forest:
    """`sklearn.ensemble.RandomForestClassifier`."""

    trees: int = 500
    depth: int | None = None
    leaf: int = 1
    balanced: bool = False


@dataclass(frozen=True)
class AdaBoost:
    """`sklearn.ensemble.AdaBoostClassifier` on small trees."""

    rounds: int = 200
    rate: float = 0.5
    depth: int = 2


@dataclass(frozen=True)
class Lda:
    """Standardised features and linear discriminant analysis, shrunk (Ledoit & Wolf 2004)."""

    shrinkage: float | Literal["auto"] = "auto"


Model = Statistics | Sequence | VoiceCnn | Svm | Forest | AdaBoost | Lda


@dataclass(frozen=True)
class Branch:
    """One way to look at a clip.

    Args:
        modality: "face" or "voice".
        extractor: the features it sees, by name (`mien features --help` lists them).
        model: what turns them into log-probabilities.
        settings: of the extractor, where they differ from its defaults.
    """

    modality: Literal["face", "voice"]
    extractor: str
    model: Model
    settings: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Pool:
    """A log-opinion pool (`mien.fusion.log_pool`) fitted on out-of-fold scores.

    Args:
        shrink: how far the fitted weight is drawn to equal weights, 0..1.
    """

    shrink: float = 0.5


@dataclass(frozen=True)
class Recipe:
    """A whole system.

    Args:
        name: as typed in `mien train NAME`.
        summary: one line.
        branches: by name.
        fusion: how the branches' answers are joined.
        inner: folds inside each training set whose held-out scores the fusion and the
            temperatures are fitted on.
        search: {field: space} of `mien search`, for example {"voice.model.c": "0.1:100.0:log"}.
    """

    name: str
    summary: str
    branches: Mapping[str, Branch]
    fusion: Pool = field(default_factory=Pool)
    inner: int = 3
    search: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.branches:
            raise UsageError(f"recipe '{self.name}': has no branch")
        if self.inner < 2:
            raise UsageError(f"recipe '{self.name}': inner {self.inner}: must be at least 2")


def to_plain(recipe: Recipe) -> dict[str, Any]:
    """A recipe in plain JSON types; `from_plain` reads it back."""
    plain = asdict(recipe)
    for name, branch in recipe.branches.items():
        plain["branches"][name]["model"]["kind"] = type(branch.model).__name__
    return plain


def from_plain(plain: Mapping[str, Any]) -> Recipe:
    """A recipe from what `to_plain` gave.

    Raises:
        UsageError: a field is missing, unknown or wrong, as in a run of another version.
    """
    kinds = {kind.__name__: kind for kind in get_args(Model)}
    try:
        branches = {}
        for name, given in plain["branches"].items():
            fields_ = dict(given["model"])
            model = TypeAdapter(kinds[fields_.pop("kind")]).validate_python(fields_)
            branches[name] = TypeAdapter(Branch).validate_python({**given, "model": model})
        return TypeAdapter(Recipe).validate_python({**plain, "branches": branches})
    except (KeyError, TypeError, AttributeError, ValidationError) as error:
        first = str(error).splitlines()[0]
        raise UsageError(f"a recipe of another version of mien ({first}); train again") from None


def override(recipe: Recipe, assignment: str) -> Recipe:
    """A copy with one field changed, for example "voice.model.schooling.fit.epochs=3".

    Raises:
        UsageError: no such field (with the nearest), or a value that does not fit it.
    """
    path, equals, value = assignment.partition("=")
    if not equals or not path:
        raise UsageError(f"--set {assignment}: write it as field=value")
    return _changed(recipe, path.split("."), value, path)  # type: ignore[no-any-return]


def _changed(node: Any, path: list[str], value: str, whole: str) -> Any:
    name, rest = path[0], path[1:]
    if not (isinstance(node, Recipe) and name in node.branches):
        return _changed_field(node, name, rest, value, whole)
    if not rest:
        raise UsageError(f"--set {whole}: '{name}' is a branch; go on with '.'")
    branch = _changed(node.branches[name], rest, value, whole)
    return replace(node, branches={**node.branches, name: branch})


def _changed_field(node: Any, name: str, rest: list[str], value: str, whole: str) -> Any:
    names = [f.name for f in fields(node)]
    branches = list(node.branches) if isinstance(node, Recipe) else []
    if name not in names:
        near = get_close_matches(name, names + branches, 1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise UsageError(f"--set {whole}: no field '{name}'; {hint}{', '.join(branches + names)}")
    old = getattr(node, name)
    if rest:
        if not is_dataclass(old):
            raise UsageError(f"--set {whole}: '{name}' is a value and has no field '{rest[0]}'")
        return replace(node, **{name: _changed(old, rest, value, whole)})
    if is_dataclass(old) or isinstance(old, Mapping):
        raise UsageError(f"--set {whole}: '{name}' is a part, not a value; go on with '.'")
    try:
        kind = TypeAdapter(get_type_hints(type(node))[name])
        return replace(node, **{name: kind.validate_strings(value)})
    except ValidationError as error:
        first = error.errors()[0]["msg"]
        raise UsageError(f"--set {whole}={value}: {first[0].lower()}{first[1:]}") from None
