"""Further runs of a paper's recipe, as data: what its claims about single choices rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mien.errors import UsageError
from mien.training.recipes.declaration import Branch, Encoder, Recipe, Settings, override
from mien.training.recipes.networks import MobileFace, Vgg

__all__ = ["ABLATIONS", "Ablation", "ablated", "ablation_of"]


@dataclass(frozen=True)
class Ablation:
    """One further run.

    Args:
        name: of its folder.
        keep: systems that are wanted; only branches that they need are trained.
        changes: as `mien train --set` takes them.
        of: the recipe that is changed, where it is not the paper's own.
        copies: {new branch: the one that it copies}, before the changes.
        settings: {branch: settings of its extractor}; branches on the same encoder follow.
        unfreeze: {branch: blocks of convolutions of its VGG that learn besides the fully connected
            layers}; -1 leaves only the last layer free.
    """

    name: str
    keep: tuple[str, ...]
    changes: tuple[str, ...] = ()
    of: str = ""
    copies: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Settings] = field(default_factory=dict)
    unfreeze: Mapping[str, int] = field(default_factory=dict)

    def run_name(self, recipe: str) -> str:
        """The name of the recipe of its run; that of `of` where nothing in it is changed."""
        plain = not (self.changes or self.copies or self.settings or self.unfreeze)
        return self.of if self.of and plain else f"{recipe}-{self.name}"


_MOBILE = ((0,), (1, 2), (3, 4), (5, 6, 7, 8, 9, 10), (11, 12))
"""Blocks of a MobileNet on maps of one size; the first convolution goes with the first."""
_BASELINE = Ablation("baseline", ("face",), of="baseline")
_FIXED_003 = "resnet_lstm_fixed"


def _alike(branches: tuple[str, ...], *changes: str) -> tuple[str, ...]:
    """The same changes to the training of several branches."""
    return tuple(f"{b}.model.schooling.fit.{change}" for b in branches for change in changes)


ABLATIONS: dict[str, tuple[Ablation, ...]] = {
    "cnn_rnn": (
        Ablation("fc7", ("vgg_blstm",), ("vgg.model.net.layer=fc7",)),
        Ablation("score_max", ("vgg",), ("vgg.model.pooling=max",)),
        Ablation(
            "feature_mean", ("vgg_blstm",), ("vgg_blstm.model.layers=0", "vgg_blstm.model.last=no")
        ),
        Ablation("fixed", ("vgg_blstm", "svc"), of="cnn_rnn_fixed"),
    ),
    "hybrid": (
        Ablation(
            "gap1",
            ("vgg_lstm_own",),
            ("vgg_lstm_own.model.sampler.step=0.0166667",),
            settings={"vgg_own": {"fps": 60.0}},
        ),
        Ablation(
            "frozen",
            ("vgg_lstm_own", "vgg_lstm_given"),
            ("vgg_lstm_own.model.end_to_end=none", "vgg_lstm_given.model.end_to_end=none"),
        ),
        Ablation("forget_bias", ("vgg_lstm_own",), ("vgg_lstm_own.model.forget_bias=1",)),
        Ablation(
            "inception_v2",
            ("inception_lstm",),
            (
                "inception.model.net.version=v2",
                "inception.model.init=",
            ),  # made for the other version
        ),
        _BASELINE,
    ),
    "temporal": (
        Ablation("submissions", ("fifth", "sixth"), of="temporal_all"),
        Ablation("bi1", ("vgg_lstm",), ("vgg_lstm.model.bidirectional=yes",)),
        Ablation("uni2", ("vgg_lstm",), ("vgg_lstm.model.layers=2",)),
        Ablation(
            "bi2",
            ("vgg_lstm",),
            ("vgg_lstm.model.bidirectional=yes", "vgg_lstm.model.layers=2"),
        ),
        Ablation("alike", ("c3d",), ("c3d.model.weighting=none",)),
        Ablation("literal", ("c3d",), ("c3d.model.weighting.literal=yes",)),
        Ablation("central", ("c3d",), ("c3d.model.weighting=none", "c3d.model.windows=central")),
        Ablation(
            "random",
            ("c3d",),
            (
                "c3d.model.weighting=none",
                "c3d.model.windows=random",
                "c3d.model.overlap=15",
            ),
        ),
        Ablation(
            "overlap0",
            ("c3d", "c3d_lstm"),
            ("c3d.model.overlap=0", "c3d_lstm.model.sampler.n=17"),
        ),
        Ablation("overlap15", ("c3d",), ("c3d.model.overlap=15",)),
        Ablation(
            "sub3",
            ("moddrop", "score_tree", "weighted"),
            (
                "c3d_apart.model.overlap=0",
                "c3d_lstm_apart.model.on=c3d_apart",
                "c3d_lstm_apart.model.sampler.n=17",
            ),
            copies={"c3d_apart": "c3d", "c3d_lstm_apart": "c3d_lstm"},
        ),
        _BASELINE,
    ),
    "resnet_lstm": (
        Ablation("fixed", ("frames", "frames_lstm", "audio", "concat"), of=_FIXED_003),
        Ablation("joint", ("joint",), of="resnet_lstm_joint"),
        Ablation("joint_fixed", ("joint",), of="resnet_lstm_joint_fixed"),
        Ablation(
            "rates",
            ("frames_lstm", "audio"),
            _alike(
                ("frames", "frames_lstm", "audio"),
                "optimiser=adam",
                "rate=1e-3",
                "schedule=one_cycle",
                "warmup=0.1",
            ),
        ),
        Ablation("grid4", ("frames_lstm",), ("frames.model.net.grid=4",), of=_FIXED_003),
        Ablation("one_layer", ("frames_lstm",), ("frames_lstm.model.layers=1",), of=_FIXED_003),
        Ablation("lda", ("audio",), ("audio.model.reduce=lda",), of=_FIXED_003),
        Ablation("no_dropout", ("audio",), ("audio.model.dropout=0",), of=_FIXED_003),
    ),
    "msff": (
        Ablation("submissions", ("first", "seventh"), of="msff_all"),
        Ablation("unfreeze_last", ("vgg",), unfreeze={"vgg": -1}),
        Ablation("unfreeze_conv5", ("vgg",), unfreeze={"vgg": 1}),
        Ablation("unfreeze_conv4", ("vgg",), unfreeze={"vgg": 2}),
        Ablation("unfreeze_all", ("vgg",), unfreeze={"vgg": 5}),
    ),
}
"""{recipe: its further runs}."""


def ablation_of(recipe: str, run_name: str) -> str | None:
    """The name of the ablation whose run has this recipe name; None for others."""
    declared = ABLATIONS.get(recipe, ())
    return next(
        (ablation.name for ablation in declared if ablation.run_name(recipe) == run_name), None
    )


def ablated(paper: str, declared: Recipe, ablation: Ablation) -> Recipe:
    """A recipe with the changes of an ablation, and no more branches than it needs.

    Args:
        paper: name of the paper's recipe.
        declared: `ablation.of`, or else the paper's recipe, of any size and with any weights.
        ablation: what it changes, and which branches it keeps.

    Raises:
        UsageError: a change does not fit the recipe.
    """
    result = declared
    for new, old in ablation.copies.items():
        result = replace(result, branches={**result.branches, new: result.branches[old]})
    result = _joined(result, ablation.copies)
    for change in ablation.changes:
        result = override(result, change)
    branches = dict(result.branches)
    for name, settings in ablation.settings.items():
        for b in branches:
            if b == name or result.base(b) == name:
                seen = branches[b]
                branches[b] = replace(seen, settings={**seen.settings, **settings})
    for name, blocks in ablation.unfreeze.items():
        branches[name] = _unfrozen(branches[name], blocks)
    return _pruned(replace(result, branches=branches), ablation.keep, ablation.run_name(paper))


def _joined(recipe: Recipe, copies: Mapping[str, str]) -> Recipe:
    """Copies take part in the fusions of what they copy."""
    if not copies:
        return recipe
    fusions = {}
    for name, joined in recipe.fusions.items():
        new = tuple(copy for copy, old in copies.items() if old in joined.of)
        fusions[name] = replace(joined, of=(*joined.of, *new)) if joined.of else joined
    return replace(recipe, fusions=fusions)


def _unfrozen(branch: Branch, blocks: int) -> Branch:
    model = branch.model
    if not isinstance(model, Encoder) or not isinstance(model.net, Vgg | MobileFace):
        raise UsageError("only the blocks of a VGG or a MobileNet can be counted")
    rates = (
        _mobile_rates(blocks) if isinstance(model.net, MobileFace) else _rates(model.net, blocks)
    )
    fit = replace(model.schooling.fit, rates=rates)
    return replace(branch, model=replace(model, schooling=replace(model.schooling, fit=fit)))


def _rates(net: Vgg, blocks: int) -> tuple[tuple[str, float], ...]:
    """What learns, by the beginnings of names; see `mien.training.schedules.OptimConfig.rates`."""
    if blocks < 0:
        return (("net.classifier.6.", 1.0), ("", 0.0))
    sizes = (2, 2, 3, 3, 3) if net.depth == 16 else (2, 2, 4, 4, 4)
    if blocks >= len(sizes):
        return ()
    each = 3 if net.batch_norm else 2  # a convolution, perhaps its norm, and its ReLU
    starts = [sum(each * size + 1 for size in sizes[:k]) for k in range(len(sizes) + 1)]
    first, end = starts[len(sizes) - blocks], starts[-1]
    free = tuple((f"net.features.{index}.", 1.0) for index in range(first, end))
    return (*free, ("net.classifier.", 1.0), ("", 0.0))


def _mobile_rates(blocks: int) -> tuple[tuple[str, float], ...]:
    """The same of a MobileNet, whose maps have five sizes as those of a VGG have."""
    if blocks >= len(_MOBILE):
        return ()
    free = [number for group in _MOBILE[len(_MOBILE) - max(0, blocks) :] for number in group]
    learning = tuple((f"net.blocks.{number}.", 1.0) for number in free)
    return (*learning, ("net.classifier.", 1.0), ("", 0.0))


def _pruned(recipe: Recipe, keep: tuple[str, ...], name: str) -> Recipe:
    """The recipe with only these systems and what they need; one fit a fold without fusions."""
    fusions = {n: joined for n, joined in recipe.fusions.items() if n in keep}
    wanted = {n for n in keep if n in recipe.branches}
    for joined in fusions.values():
        wanted |= set(joined.of or recipe.branches)
    wanted |= {recipe.base(n) for n in wanted} - {""}
    branches = {n: branch for n, branch in recipe.branches.items() if n in wanted}
    inner = recipe.inner if fusions else 0
    return replace(recipe, name=name, branches=branches, fusions=fusions, inner=inner)
