"""What a recipe is made of: plain data, no torch, so that listing and showing needs no extra.

A recipe is a module with a docstring and one `RECIPE`. Each number is a named field; `override`
changes one from text, and a misspelt field fails with the nearest one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from difflib import get_close_matches
from typing import Any, Literal, get_args, get_type_hints

from mien.core.checked import MisfitError, checked, spelt
from mien.errors import UsageError
from mien.features.samplers import FrameSampler
from mien.fusion.complementary import ComplementaryModDrop
from mien.fusion.fuser import Fusion, fusion
from mien.fusion.log_opinion import LogOpinion
from mien.fusion.majority import MajorityVote
from mien.fusion.stacked_adaboost import StackedAdaBoost
from mien.training.backbones.backbone import backbone
from mien.training.recipes.networks import (
    Changes,
    Encoder,
    Mlp,
    Recurrent,
    TrainingConfig,
    Weighting,
)
from mien.training.schedules import OptimConfig

__all__ = [
    "AdaBoost",
    "Attention",
    "Branch",
    "Encoder",
    "Forest",
    "Joined",
    "Lda",
    "Linear",
    "Mlp",
    "Model",
    "Network",
    "Recipe",
    "Recurrent",
    "Settings",
    "Statistics",
    "Svm",
    "TrainingConfig",
    "VoiceCnn",
    "from_plain",
    "override",
    "to_plain",
]


@dataclass(frozen=True)
class Statistics:
    """`mien.training.models.statistics_net.StatisticsNet`."""

    schooling: TrainingConfig
    hidden: int = 0
    dropout: float = 0.3


@dataclass(frozen=True)
class Attention:
    """`mien.training.models.attention_net.AttentionNet`."""

    schooling: TrainingConfig
    dropout: float = 0.3


@dataclass(frozen=True)
class VoiceCnn:
    """`mien.training.models.voice_net.VoiceNet`, on windows of log-mels."""

    schooling: TrainingConfig
    width: int = 20
    embedding: int = 128
    dropout: float = 0.4


@dataclass(frozen=True)
class Svm:
    """A support vector machine (`sklearn.svm.SVC`), by default on standardised features."""

    c: float = 1.0
    kernel: Literal["rbf", "linear", "poly"] = "rbf"
    gamma: float | Literal["scale", "auto"] = "scale"
    balanced: bool = False
    standardise: bool = True


@dataclass(frozen=True)
class Forest:
    """`sklearn.ensemble.RandomForestClassifier`."""

    trees: int = 500
    depth: int | None = None
    leaf: int = 1
    split: int = 2
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


@dataclass(frozen=True)
class Linear:
    """Multinomial logistic regression on mean and deviation of a clip's rows.

    Args:
        c: inverse of the strength of the L2 penalty.
        balanced: whether the classes weigh the same, however many clips they have.
    """

    c: float = 0.01
    balanced: bool = True


Network = Statistics | Attention | VoiceCnn | Encoder | Recurrent | Mlp
Model = Network | Linear | Svm | Forest | AdaBoost | Lda


Settings = Mapping[str, bool | int | float | str]


@dataclass(frozen=True)
class Branch:
    """One way to look at a clip.

    Args:
        modality: "face", "voice", or "frame" for the whole picture.
        extractor: the features it sees, by name (`mien features --help` lists them).
        model: what turns them into log-probabilities.
        settings: of the extractor, where they differ from its defaults.
    """

    modality: Literal["face", "voice", "frame"]
    extractor: str
    model: Model
    settings: Settings = field(default_factory=dict)


@dataclass(frozen=True)
class Joined:
    """A way to join branches.

    Args:
        how: the fusion, fitted on held-out scores.
        of: the branches; none means all.
    """

    how: Fusion
    of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recipe:
    """A whole system.

    Args:
        name: as typed in `mien train NAME`.
        summary: one line.
        branches: by name; one that builds on another comes after it.
        fusions: ways to join them, by name; the first is the one that `mien export` ships. A
            recipe with a single branch needs none.
        inner: folds inside each training set whose held-out scores the fusion and the
            temperatures are fitted on; 0 for a single branch that is only to be trained.
        search: {field: space} of `mien search`, for example {"voice.model.c": "0.1:100.0:log"}.
    """

    name: str
    summary: str
    branches: Mapping[str, Branch]
    fusions: Mapping[str, Joined] = field(default_factory=lambda: {"fused": Joined(LogOpinion())})
    inner: int = 3
    search: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.branches:
            raise UsageError(f"recipe '{self.name}': has no branch")
        if self.inner < 2 and (self.inner or self.joins):
            raise UsageError(f"recipe '{self.name}': inner {self.inner}: must be at least 2")
        for name, joined in self.fusions.items():
            if name in self.branches:
                raise UsageError(f"recipe '{self.name}': '{name}' is a branch and a fusion")
            if unknown := sorted(set(joined.of) - set(self.branches)):
                raise UsageError(f"recipe '{self.name}': fusion '{name}' of unknown {unknown}")
        for name, branch in self.branches.items():
            on = self.base(name)
            if on and (on not in self.branches or not isinstance(self.branches[on].model, Encoder)):
                raise UsageError(f"recipe '{self.name}': '{name}' builds on '{on}', no encoder")
            if on and (self.branches[on].extractor, self.branches[on].settings) != (
                branch.extractor,
                branch.settings,
            ):
                raise UsageError(f"recipe '{self.name}': '{name}' and '{on}' see other features")

    def base(self, branch: str) -> str:
        """The branch whose encoder this one builds on, or ""."""
        model = self.branches[branch].model
        return model.on if isinstance(model, Recurrent) else ""

    @property
    def joins(self) -> dict[str, tuple[Fusion, tuple[str, ...]]]:
        """{fusion: (how, its branches)} of those that join more than one branch."""
        joined = {n: (j.how, j.of or tuple(self.branches)) for n, j in self.fusions.items()}
        return {name: join for name, join in joined.items() if len(join[1]) > 1}


_STORED = {"OptimConfig": "Fit", "TrainingConfig": "Schooling"}
"""{class: its name in run folders}, where it had another name before: those runs stay readable."""

_KINDS = {
    _STORED.get(kind.__name__, kind.__name__): kind
    for kind in (
        *get_args(Model),
        *(AdaBoost, Branch, OptimConfig, Joined, Recipe, TrainingConfig),
        *(Changes, FrameSampler, Weighting),
        *(ComplementaryModDrop, MajorityVote, StackedAdaBoost),  # in files of other names
    )
}


def to_plain(part: Any) -> Any:
    """A recipe, or a part of one, in plain JSON types; `from_plain` reads it back.

    Fields that came later (`mien.training.schedules.LATER`) are left out where they have their
    default, so that fits which were made before they came are known again.
    """
    if is_dataclass(part) and not isinstance(part, type):
        values = {f.name: getattr(part, f.name) for f in fields(part) if f.init}
        new = {f.name: f.default for f in fields(part) if f.metadata.get("later")}
        kept = {n: to_plain(v) for n, v in values.items() if n not in new or v != new[n]}
        name = type(part).__name__
        return {"kind": _STORED.get(name, name), **kept}
    if isinstance(part, Mapping):
        return {str(key): to_plain(value) for key, value in part.items()}
    if isinstance(part, Sequence) and not isinstance(part, str):
        return [to_plain(value) for value in part]
    return part


def from_plain(plain: Mapping[str, Any]) -> Recipe:
    """A recipe from what `to_plain` gave.

    Raises:
        UsageError: a field is missing, unknown or wrong, as in a run of another version.
    """
    try:
        recipe = _part(plain)
    except (KeyError, TypeError, AttributeError, ValueError, UsageError) as error:
        first = str(error).splitlines()[0]
        raise UsageError(f"a recipe of another version of mien ({first}); train again") from None
    if not isinstance(recipe, Recipe):
        raise UsageError("a recipe of another version of mien; train again")
    return recipe


def _part(plain: Any) -> Any:
    if isinstance(plain, Mapping):
        values = {key: _part(value) for key, value in plain.items() if key != "kind"}
        return _kind(plain["kind"])(**values) if "kind" in plain else values
    return tuple(_part(value) for value in plain) if isinstance(plain, list) else plain


def _kind(name: str) -> Any:
    """The class of a part; networks and fusions are found by their files.

    Raises:
        KeyError: there is none of this name.
    """
    kind = _KINDS.get(name) or backbone(name) or fusion(name)
    if kind is None:
        raise KeyError(name)
    return kind


def override(recipe: Recipe, assignment: str) -> Recipe:
    """A copy with one field changed, for example "voice.model.schooling.fit.epochs=3".

    "none" leaves out a part that may be left out, for example "c3d.model.weighting=none". Settings
    of an extractor, "vgg.settings.fps=10", change for all branches on the same encoder.

    Raises:
        UsageError: no such field (with the nearest), or a value that does not fit it.
    """
    path, equals, value = assignment.partition("=")
    if not equals or not path:
        raise UsageError(f"--set {assignment}: write it as field=value")
    return _changed(recipe, path.split("."), value, path)  # type: ignore[no-any-return]


def _changed(node: Any, path: list[str], value: str, whole: str) -> Any:
    name, rest = path[0], path[1:]
    if isinstance(node, Recipe) and name in node.branches:
        if rest[:1] == ["settings"]:
            return _with_setting(node, name, rest[1:], value, whole)
        return replace(node, branches=_inside(node.branches, path, value, whole, "branch"))
    if isinstance(node, Recipe) and name == "fusions" and rest and rest[0] in node.fusions:
        return replace(node, fusions=_inside(node.fusions, rest, value, whole, "fusion"))
    return _changed_field(node, name, rest, value, whole)


def _with_setting(recipe: Recipe, name: str, rest: list[str], value: str, whole: str) -> Recipe:
    """A setting of an extractor changed, for a branch and those that share its encoder."""
    if len(rest) != 1:
        raise UsageError(f"--set {whole}: write it as {name}.settings.fps=10")
    try:
        plain = json.loads({"yes": "true", "no": "false"}.get(value, value))
    except ValueError:
        plain = value
    setting = plain if isinstance(plain, bool | int | float | str) else value
    root, branches = recipe.base(name) or name, dict(recipe.branches)
    for other, branch in recipe.branches.items():
        if root in (other, recipe.base(other)):
            branches[other] = replace(branch, settings={**branch.settings, rest[0]: setting})
    return replace(recipe, branches=branches)


def _inside(parts: Mapping[str, Any], path: list[str], value: str, whole: str, kind: str) -> Any:
    """Named parts with a field of one of them changed."""
    name, rest = path[0], path[1:]
    if not rest:
        raise UsageError(f"--set {whole}: '{name}' is a {kind}; go on with '.'")
    return {**parts, name: _changed(parts[name], rest, value, whole)}


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
    allowed = get_type_hints(type(node))[name]
    if value == "none" and type(None) in get_args(allowed):
        return replace(node, **{name: None})
    if is_dataclass(old) or isinstance(old, Mapping):
        raise UsageError(f"--set {whole}: '{name}' is a part, not a value; go on with '.'")
    try:
        return replace(node, **{name: checked(spelt(value, allowed), allowed, strict=False)})
    except MisfitError as error:
        raise UsageError(f"--set {whole}={value}: {error}") from None
