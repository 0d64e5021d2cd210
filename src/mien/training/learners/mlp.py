"""Multi-layer perceptrons on functionals (papers 002 and 003)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.errors import TrainingError
from mien.inference.aggregation import BranchOutput
from mien.training.learners.clip_set import ClipSet
from mien.training.learners.exported import Exported
from mien.training.learners.joint import OwnAnswer
from mien.training.learners.network_onnx import write_network
from mien.training.learners.staged import Draws, Staged, log_softmax
from mien.training.recipes.networks import Mlp
from mien.types import Features

__all__ = ["MlpLearner", "components"]

Floats = NDArray[np.float32]


class _Perceptron(nn.Module):
    """Values (B,D) -> logits (B,C), descriptor (B,hidden)."""

    shift: Tensor
    projection: Tensor
    inputs = 1

    def __init__(self, declared: Mlp, inputs: int, kept: int, classes: int) -> None:
        super().__init__()
        self.register_buffer("shift", torch.zeros(inputs))
        self.register_buffer("projection", torch.zeros(inputs, kept))
        layers: list[nn.Module] = []
        for units in declared.hidden:
            layers += [nn.Linear(kept, units), nn.ReLU()]
            layers += [nn.BatchNorm1d(units)] if declared.batch_norm else []
            layers += [nn.Dropout(declared.dropout)]
            kept = units
        self.layers, self.last = nn.Sequential(*layers), nn.Linear(kept, classes)

    def forward(self, values: Tensor) -> tuple[Tensor, Tensor]:
        descriptor = self.layers((values - self.shift) @ self.projection)
        return self.last(descriptor), descriptor

    def read(self, values: Tensor) -> tuple[Tensor, list[OwnAnswer]]:
        """See `mien.training.learners.joint.Part`."""
        descriptor = self.layers((values - self.shift) @ self.projection)
        return descriptor, [(self.last(descriptor.detach()), None)]


class MlpLearner(Staged):
    """See `mien.training.recipes.networks.Mlp` and `mien.training.learners.learner.Learner`.

    Args:
        model: as declared.
        classes: size of the label set.
        shape: of one row, (D,).
    """

    declared: Mlp
    net: _Perceptron

    def __init__(self, model: Mlp, classes: int, shape: tuple[int, ...]) -> None:
        self.declared, self.classes, self.shape = model, classes, shape
        kept = shape[0] if model.reduce == "none" else 1
        self.net = _Perceptron(model, shape[0], kept, classes)

    def _begin(self, data: ClipSet) -> Draws:
        values = np.stack([_mean(f) for f in data.features])
        shift, projection = _projection(self.declared, values, data.labels)
        self.net = _Perceptron(self.declared, self.shape[0], projection.shape[1], self.classes)
        self.net.shift = torch.from_numpy(shift)
        self.net.projection = torch.from_numpy(projection)

        def draws(clips: ClipSet, _: np.random.Generator, __: int) -> tuple[Tensor, ...]:
            return (torch.from_numpy(np.stack([_mean(f) for f in clips.features])),)

        return draws

    def part(self, data: ClipSet) -> tuple[nn.Module, Draws]:
        """See `mien.training.learners.joint.JointLearner`."""
        draws = self._begin(data)
        return self.net, draws

    def take_part(self, trained: nn.Module) -> None:
        """Have what `part` gave, now that it is trained."""
        assert isinstance(trained, _Perceptron)
        self.net = trained

    def _logits(self, net: nn.Module, tensors: tuple[Tensor, ...]) -> Tensor:
        logits: Tensor = net(tensors[0])[0]
        return logits

    @torch.no_grad()
    def predict(self, features: Features) -> BranchOutput | None:
        """What a clip says; None where it has no valid row."""
        if not features.valid.any():
            return None
        device = next(self.net.parameters()).device
        logits, descriptor = self.net.eval()(torch.from_numpy(_mean(features)[None]).to(device))
        return BranchOutput(log_softmax(logits)[0], 1, descriptor[0].double().cpu().numpy())

    def load(self, folder: Path) -> None:
        """Read the weights."""
        weights = torch.load(folder / "weights.pt", weights_only=True)
        kept = weights["projection"].shape[1]
        self.net = _Perceptron(self.declared, self.shape[0], kept, self.classes)
        self.net.load_state_dict(weights)
        self.net.eval()

    def export(self, folder: Path, name: str) -> Exported:
        """Write the network: rows (N,D) -> log_probs (N,C), descriptor."""
        path = folder / f"{name}.onnx"
        example, more = torch.zeros(2, *self.shape), ("descriptor",)
        write_network(self.net, self.net.forward, example, path, {0: "rows"}, more)
        return Exported({}, {"head": path.name})


def _mean(features: Features) -> Floats:
    return np.asarray(features.values[features.valid].mean(0), np.float32)


def components(reduce: str, wanted: int, clips: int, values: int, classes: int) -> int:
    """How many components there can be.

    Paper 003 wants discriminant analysis "to 512 dimensions"; the scatter between C classes has
    rank C - 1 at most, and that of principal components one less than there are clips.
    """
    most = classes - 1 if reduce == "lda" else min(clips - 1, values)
    return min(wanted, most)


def _projection(declared: Mlp, values: Floats, labels: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Shift (D,) and matrix (D,K) that standardise, and reduce where it is wanted."""
    from sklearn.decomposition import PCA
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    mean, spread = values.mean(0), values.std(0) + 1e-4
    scale = np.diag(1 / spread)
    if declared.reduce == "none":
        return mean.astype(np.float32), scale.astype(np.float32)
    x = (values - mean) / spread
    classes = len(np.unique(labels))
    count = components(declared.reduce, declared.components, len(x), x.shape[1], classes)
    if declared.reduce == "pca":
        pca = PCA(count, whiten=True).fit(x)
        matrix = pca.components_.T / np.sqrt(pca.explained_variance_ + 1e-9)
    else:
        # The scatter within classes is singular with fewer clips than values: it is shrunk.
        lda = LinearDiscriminantAnalysis(solver="eigen", shrinkage="auto")
        try:
            lda.fit(x, labels)
        except (ValueError, np.linalg.LinAlgError):
            raise TrainingError(
                f"{len(x)} clips of {classes} classes are too few for discriminants; give more, "
                "or set model.reduce=pca"
            ) from None
        matrix = lda.scalings_[:, :count]
    return mean.astype(np.float32), (scale @ matrix).astype(np.float32)
