"""The networks of the papers as plain data, and how they are trained; see `declaration`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from mien.errors import UsageError
from mien.features.samplers import FrameSampler
from mien.inference.aggregation import Pooling
from mien.training.backbones.backbone import Backbone
from mien.training.backbones.c3d import C3d
from mien.training.backbones.cifar_resnet import CifarResnet
from mien.training.backbones.inception import Inception
from mien.training.backbones.resnet import Resnet
from mien.training.backbones.vgg import Vgg
from mien.training.schedules import LATER, OptimConfig

__all__ = [
    "C3d",
    "Changes",
    "CifarResnet",
    "Encoder",
    "Inception",
    "Mlp",
    "Net",
    "Recurrent",
    "Resnet",
    "TrainingConfig",
    "Vgg",
    "Weighting",
]


@dataclass(frozen=True)
class TrainingConfig:
    """How a network of a recipe is trained.

    Args:
        batch: clips in a step.
        smoothing: label smoothing.
        mixup: alpha of the Beta distribution; 0 mixes nothing. Only for rows of one shape.
        balance, adjustment: see `mien.training.losses.ClassLoss`.
        drop_rows: share of a clip's rows left out at random, for sequences and statistics.
        fit: the numbers of the loop. With `fit.select` ("uar", "accuracy" or "-nll") the epoch is
            chosen on a fifth of the training clips, of other speakers, which is then not learned
            from.
        then: stages that follow, each going on from the weights of the one before.
        even: draw batches so that the classes are even; otherwise each clip as often as any other.
    """

    fit: OptimConfig
    batch: int = 32
    smoothing: float = 0.1
    mixup: float = 0.0
    balance: float = 0.0
    adjustment: float = 0.0
    drop_rows: float = 0.2
    then: tuple[OptimConfig, ...] = ()
    even: bool = field(default=True, metadata=LATER)


Net = Backbone[Any]
"""A declared network, of any kind."""


@dataclass(frozen=True)
class Changes:
    """Changes to rows in training, drawn anew for each; all off by default.

    Args:
        corner_crop: corners and centre with scale and aspect jitter; in use, the middle.
        flip: left and right.
        rotate: largest angle in degrees.
        translate: largest shift in parts of the side.
        gaussian: standard deviation of noise in grey levels.
        salt_and_pepper: share of pixels that become black or white.
        scale: largest zoom, in or out, in parts of the side.
        rates: of spectrograms: sample rates, in parts of 16 kHz, of which one is drawn; what is
            above its half is silent. None leaves them alone.
    """

    corner_crop: bool = False
    flip: bool = False
    rotate: float = 0.0
    translate: float = 0.0
    gaussian: float = 0.0
    salt_and_pepper: float = 0.0
    scale: float = field(default=0.0, metadata=LATER)
    rates: tuple[float, ...] = field(default=(), metadata=LATER)


@dataclass(frozen=True)
class Weighting:
    """Windows of a clip that say most are learned from most (paper 002, section 2.4).

    From epoch `after` on, window j of clip i is drawn with probability w_ij = exp(-s_ij / T),
    normalised over the clip, where s_ij is the loss of the window and T falls geometrically.

    Args:
        after: epochs on all windows alike before.
        start, end: the temperature T.
        literal: take the probability of the true class for s, as the text has it, so that windows
            that are understood least weigh most.
    """

    after: int = 2
    start: float = 10.0
    end: float = 0.1
    literal: bool = False


@dataclass(frozen=True)
class Encoder:
    """A network on single rows, or windows of rows, each with the label of its clip.

    Args:
        net: the network.
        schooling: its training; `batch` counts rows.
        changes: to rows in training.
        window: rows in one input, 1 for single ones.
        overlap: rows that neighbouring windows share.
        windows: which windows count: all of a clip, the one in its middle, or random ones in
            training and the one in the middle in use (paper 002, table 3).
        pooling: how the answers for the rows of a clip join.
        weighting: see there; None learns from all windows alike.
        start: name of the public weights that the paper starts from (`sources`).
        init: file or run folder with the weights to start from; empty starts from random ones.
    """

    net: Net
    schooling: TrainingConfig
    changes: Changes = field(default_factory=Changes)
    window: int = 1
    overlap: int = 0
    windows: Literal["all", "central", "random"] = "all"
    pooling: Pooling = "mean"
    weighting: Weighting | None = None
    start: str = ""
    init: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.overlap < self.window:
            raise UsageError(f"overlap {self.overlap}: must be below the window, {self.window}")
        if (self.window > 1) != self.net.windows:
            raise UsageError("a C3D sees windows of several rows, all other networks single ones")
        if self.windows == "random" and self.weighting is not None:
            raise UsageError("random windows are drawn alike; weighting must be none")


@dataclass(frozen=True)
class Recurrent:
    """`mien.training.models.recurrent.RecurrentHead` on rows in order.

    Args:
        schooling: its training; `batch` counts clips.
        on: the branch whose encoder makes the rows; empty reads the extractor's own.
        sampler, repeat: which rows make a sequence, see `mien.inference.aggregation.Aggregation`.
        pooling: how several sequences of a clip join.
        hidden, layers, bidirectional, descriptor: of the head; with 0 layers the rows themselves
            are averaged.
        last: read the last state, otherwise the mean of all.
        dropout, input_dropout, uniform, forget_bias: of the head.
        standardise: bring the extractor's own rows to mean 0 and deviation 1.
        end_to_end: then train encoder and head together; None leaves the encoder as it is.
    """

    schooling: TrainingConfig
    on: str = ""
    sampler: FrameSampler = field(default_factory=lambda: FrameSampler("all"))
    repeat: bool = False
    pooling: Pooling = "mean"
    hidden: int = 128
    layers: int = 1
    bidirectional: bool = False
    descriptor: int = 0
    last: bool = True
    dropout: float = 0.0
    input_dropout: float = 0.0
    uniform: float | None = None
    forget_bias: float | None = None
    standardise: bool = True
    end_to_end: TrainingConfig | None = None

    def __post_init__(self) -> None:
        if self.end_to_end is not None and not self.on:
            raise UsageError("end_to_end needs `on`, the branch whose encoder is trained further")
        stages = (self.end_to_end.fit, *self.end_to_end.then) if self.end_to_end else ()
        if any(stage.select for stage in stages):
            raise UsageError("end_to_end keeps its last epoch; leave fit.select empty")


@dataclass(frozen=True)
class Mlp:
    """Standardised functionals, perhaps fewer of them, and fully connected layers.

    Args:
        schooling: its training.
        hidden: units of each layer; the last is what describes the clip to a fusion.
        batch_norm, dropout: behind each layer.
        reduce: linear discriminant or principal components first, fitted on the training clips.
        components: at most so many; there are no more discriminants than classes less one.
    """

    schooling: TrainingConfig
    hidden: tuple[int, ...] = (256,)
    batch_norm: bool = True
    dropout: float = 0.5
    reduce: Literal["none", "lda", "pca"] = "none"
    components: int = 512
