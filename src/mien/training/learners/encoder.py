"""Networks on single rows or windows of rows: the papers' CNNs and C3D."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from mien.errors import UsageError
from mien.features.samplers import central, sliding
from mien.inference.aggregation import Aggregation, BranchOutput
from mien.training.learners.clip_set import ClipSet
from mien.training.learners.exported import Exported
from mien.training.learners.network_onnx import write_network
from mien.training.learners.rows import changed
from mien.training.learners.staged import Draws, Staged, spoken
from mien.training.learners.starts import initialise, initialise_shipped, ships
from mien.training.models.build import RowEncoder
from mien.training.recipes.networks import Encoder, Weighting
from mien.types import Features

__all__ = ["EncoderLearner"]

_MOST = 64  # inputs at a time in use

Floats = NDArray[np.float32]


class EncoderLearner(Staged):
    """See `mien.training.recipes.networks.Encoder` and `mien.training.learners.learner.Learner`.

    Args:
        model: as declared.
        classes: size of the label set.
        shape: of one row of the extractor.
    """

    declared: Encoder
    net: RowEncoder

    def __init__(self, model: Encoder, classes: int, shape: tuple[int, ...]) -> None:
        if len(shape) not in (2, 3) or shape[0] != shape[1]:
            raise UsageError(f"rows of shape {shape}: an Encoder needs pictures or square maps")
        self.declared, self.classes, self.shape = model, classes, shape
        self.net = self._new()

    def _new(self) -> RowEncoder:
        model = self.declared
        return RowEncoder(model.net, self.classes, self.shape, model.changes.corner_crop)

    def fresh(self, data: ClipSet) -> RowEncoder:
        """The network as it starts on these clips."""
        self._begin(data)
        return self.net

    def _begin(self, data: ClipSet) -> Draws:
        self.net = self._new()
        if len(self.shape) == 2 and data.features[0].values.dtype != np.uint8:
            self._standardise(data)
        if self.declared.init:
            initialise(self.net, self.declared.start, Path(self.declared.init))
        elif ships(self.declared.start):
            initialise_shipped(self.net, self.declared.start)
        weights = _Weights(self, data, self.declared.weighting)

        def draws(clips: ClipSet, draw: np.random.Generator, epoch: int) -> tuple[Tensor, ...]:
            shares, rows = weights.of(epoch), []
            for clip, features in zip(clips.ids, clips.features, strict=True):
                places = self._places(features, training=True)
                chosen = places[draw.choice(len(places), p=shares.get(clip))]
                window = np.asarray(features.values[np.atleast_1d(chosen)])
                new = changed(window, self.declared.changes, draw)
                rows.append(new if self.declared.window > 1 else new[0])
            return (torch.from_numpy(np.stack(rows)),)

        return draws

    def _standardise(self, data: ClipSet) -> None:
        """Take the range of each line of float maps from the training clips."""
        values = np.concatenate([f.values[f.valid] for f in data.features])
        mean, spread = values.mean((0, 2)), values.std((0, 2)) + 1e-6
        self.net.standardise(
            torch.from_numpy(mean[:, None].astype(np.float32)),
            torch.from_numpy(spread[:, None].astype(np.float32)),
        )

    def _logits(self, net: nn.Module, tensors: tuple[Tensor, ...]) -> Tensor:
        logits: Tensor = net(tensors[0])[1]
        return logits

    def _places(self, features: Features, training: bool = False) -> NDArray[np.int64]:
        """Which rows the network sees one by one (K,), or in windows (K,L)."""
        valid = np.flatnonzero(features.valid)
        if self.declared.window == 1:
            return valid
        times, length = features.times[valid], self.declared.window
        if self._one_window(training):
            return np.asarray(valid[central(times, length).indices])
        return np.asarray(valid[sliding(times, length, self.declared.overlap).indices])

    def _inputs(self, features: Features) -> Iterator[NDArray[np.generic]]:
        """What the network sees of a clip in use, so many at a time as it takes."""
        places = self._places(features)
        for first in range(0, len(places), _MOST):
            yield np.asarray(features.values[places[first : first + _MOST]])

    def _times(self, features: Features) -> NDArray[np.float64]:
        times = features.times[features.valid]
        if self.declared.window == 1:
            return times
        length, overlap = self.declared.window, self.declared.overlap
        alone = self._one_window()
        at = central(times, length) if alone else sliding(times, length, overlap)
        return np.asarray(times[at.indices[:, length // 2]])

    def _one_window(self, training: bool = False) -> bool:
        """Whether only the window in the middle of a clip is seen."""
        windows = self.declared.windows
        return windows == "central" or (windows == "random" and not training)

    @torch.no_grad()
    def rows(self, features: Features) -> tuple[Floats, NDArray[np.float64]]:
        """(K,D+C) embeddings and log-probabilities of a clip, and their times (K,)."""
        device = next(self.net.parameters()).device
        parts = []
        for inputs in self._inputs(features):
            embedding, logits = self.net.eval()(torch.from_numpy(inputs).to(device))
            both = torch.cat([embedding, functional.log_softmax(logits, 1)], 1)
            parts.append(both.float().cpu().numpy())
        return np.concatenate(parts), self._times(features)

    def predict(self, features: Features) -> BranchOutput | None:
        """What a clip says; None where it has no valid row."""
        if not features.valid.any():
            return None
        reading = Aggregation(pooling=self.declared.pooling)
        return spoken(lambda x, t: reading(x, t, self.classes, None), *self.rows(features))

    def load(self, folder: Path) -> None:
        """Read the weights."""
        self.take(torch.load(folder / "weights.pt", weights_only=True))

    def take(self, weights: dict[str, Tensor]) -> None:
        """Have these weights, with the preparation of the rows that they were trained on."""
        self.net.load_state_dict(weights)
        self.net.eval()

    def export(self, folder: Path, name: str) -> Exported:
        """Write the network: rows -> embedding (N,D), log_probs (N,C)."""
        if self._one_window():
            raise UsageError(f"branch '{name}': sees only the middle window, as no bundle can")
        path = folder / f"{name}_encoder.onnx"
        write_encoder(self.net, self.declared.window, self.shape, path)
        stream: dict[str, object] = {"encoder": path.name}
        if self.declared.window > 1:
            stride = self.declared.window - self.declared.overlap
            stream |= {"window": self.declared.window, "stride": stride}
        return Exported(stream, {"pooling": self.declared.pooling})


def write_encoder(net: RowEncoder, window: int, shape: tuple[int, ...], path: Path) -> None:
    """Rows (N,...) or windows of them -> embedding and log_probs."""
    dtype = torch.float32 if net.mean.ndim == 2 else torch.uint8
    length = (window,) if window > 1 else ()
    example = torch.zeros(2, *length, *shape, dtype=dtype)
    write_network(net, lambda rows: net(rows)[::-1], example, path, {0: "rows"}, ("embedding",))


class _Weights:
    """How likely each window of a clip is drawn, worked out anew in each epoch."""

    def __init__(self, owner: EncoderLearner, data: ClipSet, weighting: Weighting | None) -> None:
        self._owner, self._data, self._weighting, self._epoch = owner, data, weighting, -1
        self._shares: dict[str, NDArray[np.float64]] = {}

    def of(self, epoch: int) -> dict[str, NDArray[np.float64]]:
        """{id of a clip: (K,)}; of none while all count alike."""
        weighting, data = self._weighting, self._data
        if weighting is None or epoch < weighting.after:
            return {}
        if epoch != self._epoch:
            self._epoch = epoch
            last = max(1, self._owner.declared.schooling.fit.epochs - weighting.after - 1)
            done = min(1.0, (epoch - weighting.after) / last)
            temperature = weighting.start * (weighting.end / weighting.start) ** done
            self._shares = {}
            modes = {module: module.training for module in self._owner.net.modules()}
            for clip, features, label in zip(data.ids, data.features, data.labels, strict=True):
                rows, _ = self._owner.rows(features)
                log_probs = rows[:, int(label) - self._owner.classes].astype(np.float64)
                self._shares[clip] = window_weights(log_probs, temperature, weighting.literal)
            for module, mode in modes.items():  # training goes on as it was
                module.training = mode
        return self._shares


def window_weights(
    log_probs: NDArray[np.float64], temperature: float, literal: bool = False
) -> NDArray[np.float64]:
    """w_j = exp(-s_j / T), normalised over the windows of a clip (paper 002, section 2.4).

    Args:
        log_probs: (K,) of the true class in each window.
        temperature: T; towards 0 the best window takes all, towards infinity all weigh the same.
        literal: s is the score, as printed, and not the loss: the worst window weighs most.
    """
    s = np.exp(log_probs) if literal else -log_probs
    scaled = -(s - s.min()) / temperature
    weights = np.exp(scaled)
    return np.asarray(weights / weights.sum())
