"""Training a fusion network (torch, extra `train`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from mien.core.atomic import atomic
from mien.errors import TrainingError
from mien.fusion.fused_network import FusedNetwork, network_rows, sizes_of
from mien.fusion.fused_onnx import ONNX_FILE
from mien.fusion.fuser import Given
from mien.fusion.network_fusion import NetworkFusion
from mien.training.loop import Batch, fit
from mien.training.models.score_tree import ScoreTreeNet
from mien.training.onnx_export import to_onnx

__all__ = ["Prepared", "drawn_order", "fit_network", "kept_branches", "write_fusion"]

_PARITY = 1e-5

Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]
Net = TypeVar("Net", bound=nn.Module)


def fit_network(
    fusion: NetworkFusion,
    data: Given,
    build: Callable[[tuple[int, ...]], Net],
    added: Callable[[Net, float], Tensor] | None = None,
    noted: Callable[[Net], dict[str, float]] | None = None,
) -> FusedNetwork:
    """Train, write the ONNX file and `log.csv`, and compare the file with the network.

    Args:
        fusion: the numbers.
        data: clips.
        build: widths of the descriptors (B,) -> the network.
        added: network and share of the training that is done -> a term of the loss.
        noted: network -> numbers for the log, once an epoch.

    Raises:
        TrainingError: the loss is not finite, or the ONNX file gives other probabilities.
    """
    config = replace(fusion.training, seed=data.seed)
    torch.manual_seed(data.seed)
    sizes = sizes_of(data.stack)
    rows = network_rows(data.stack, sizes)
    widths = tuple(size or data.classes for size in sizes)
    net = build(widths)
    prepared = Prepared(net, widths, data.classes, rows)
    labels = torch.from_numpy(data.labels)

    def loss(model: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        x, targets, done = batch
        more = added(net, float(done[0])) if added else torch.zeros(())
        return functional.cross_entropy(model(x), targets) + more

    def batches(epoch: int) -> Iterator[Batch]:
        draw = np.random.default_rng([data.seed, epoch])
        order = drawn_order(len(rows), config.steps * fusion.batch, draw)
        for step, chosen in enumerate(np.split(order, config.steps)):
            present = kept_branches(data.stack.present[chosen], fusion.drop, draw)
            x = np.hstack([rows[chosen, : -present.shape[1]], present.astype(np.float32)])
            done = (epoch * config.steps + step) / max(1, config.epochs * config.steps - 1)
            tensors = (torch.from_numpy(x), labels[chosen], torch.full((len(x),), done))
            yield Batch(tensors)

    def score(model: nn.Module) -> dict[str, float]:
        assert isinstance(model, Prepared)
        return noted(model.net) if noted else {}  # type: ignore[arg-type]  # a copy of `net`

    with _one_thread(), TemporaryDirectory(dir=data.folder) as scratch:
        trained = fit(prepared, batches, loss, score, config, Path(scratch), show=False)
        with atomic(data.folder / "log.csv") as partial:
            partial.write_bytes((Path(scratch) / "log.csv").read_bytes())
    return _exported(trained, fusion, data, sizes, rows)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Networks this small are fastest on a single thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


class Prepared(nn.Module):
    """Rows as `mien.fusion.fused_network.network_rows` gives them (n,W) -> logits (n,C).

    Args:
        net: takes descriptors (n,D), and the score tree also scores (n,B,C).
        widths: (B,) of the descriptors.
        classes: C.
        rows: (n,W) clips from which mean and deviation are taken; None leaves values as they are.
    """

    mean: Tensor
    spread: Tensor
    owner: Tensor

    def __init__(
        self, net: nn.Module, widths: tuple[int, ...], classes: int, rows: Floats | None = None
    ) -> None:
        super().__init__()
        self.net, self.widths, self.branches, self.classes = net, widths, len(widths), classes
        self.parts = [sum(widths), len(widths) * classes, len(widths)]
        owner = np.repeat(np.eye(len(widths)), widths, axis=1)
        mean: Floats = np.zeros(sum(widths), np.float32)
        spread: Floats = np.ones(sum(widths), np.float32)
        if rows is not None:
            mean, spread = _moments(rows[:, : self.parts[0]], rows[:, -len(widths) :] @ owner)
        self.register_buffer("mean", torch.from_numpy(mean).float())
        self.register_buffer("spread", torch.from_numpy(spread).float())
        self.register_buffer("owner", torch.from_numpy(owner).float())

    def forward(self, rows: Tensor) -> Tensor:
        """Logits."""
        values, scores, present = torch.split(rows, self.parts, 1)
        scaled = (values - self.mean) / self.spread * (present @ self.owner)
        if not isinstance(self.net, ScoreTreeNet):
            logits: Tensor = self.net(scaled)
            return logits
        each = scores.reshape(-1, self.branches, self.classes) * present.unsqueeze(2)
        return self.net(scaled, each)  # type: ignore[no-any-return]


def _moments(values: Floats, present: NDArray[np.float64]) -> tuple[Floats, Floats]:
    """Mean and deviation (D,) of values (n,D) where `present` (n,D) is 1."""
    count = present.sum(0)
    mean = (values * present).sum(0) / count
    spread = np.sqrt(((values - mean) ** 2 * present).sum(0) / count)
    # A value that never changes in training would turn noise into a shout.
    return mean, np.where(spread > 1e-6, spread, 1.0)


def kept_branches(present: Flags, drop: float, draw: np.random.Generator) -> Flags:
    """Modality dropout: what is present (n,B), less what is left out; never all of a clip."""
    kept = present & (draw.random(present.shape) >= drop)
    empty = ~kept.any(1)
    # Where all fell, one of those present stays: the one with the highest lot.
    stays = np.where(present, draw.random(present.shape), -1.0).argmax(1)
    kept[empty, stays[empty]] = True
    return kept


def drawn_order(clips: int, count: int, draw: np.random.Generator) -> NDArray[np.int64]:
    """`count` clips: all in random order, and again until there are enough."""
    rounds = -(-count // clips)
    return np.concatenate([draw.permutation(clips) for _ in range(rounds)])[:count]


class _LogProbs(nn.Module):
    """Log-probabilities out."""

    def __init__(self, prepared: nn.Module) -> None:
        super().__init__()
        self.prepared = prepared

    def forward(self, rows: Tensor) -> Tensor:
        return functional.log_softmax(self.prepared(rows), 1)


@torch.no_grad()
def _exported(
    trained: nn.Module, fusion: NetworkFusion, data: Given, sizes: tuple[int, ...], rows: Floats
) -> FusedNetwork:
    path = data.folder / ONNX_FILE
    fused = write_fusion(trained, fusion, data.stack.branches, data.classes, sizes, path)
    wanted = _LogProbs(trained).eval()(torch.from_numpy(rows)).double().exp().numpy()
    gap = float(np.abs(fused.fuse(data.stack) - wanted).max())
    if gap > _PARITY:
        raise TrainingError(f"{path}: differs from the network by {gap:.1e}")
    return fused


def write_fusion(
    trained: nn.Module,
    fusion: NetworkFusion,
    branches: tuple[str, ...],
    classes: int,
    sizes: tuple[int, ...],
    path: Path,
) -> FusedNetwork:
    """Write the ONNX file of a `Prepared` network, and give its form in use.

    Args:
        trained: the network.
        fusion: that declared it.
        branches: their names, sorted.
        classes: C.
        sizes: see `FusedNetwork`.
        path: of the file.
    """
    width = sum(size or classes for size in sizes) + len(branches) * (classes + 1)
    example, whole = torch.zeros(2, width), _LogProbs(trained).eval()
    to_onnx(whole, example, path, "rows", ["log_probs"], {0: "rows"}, half=False)
    return FusedNetwork(branches, classes, type(fusion).__name__, path, sizes)
