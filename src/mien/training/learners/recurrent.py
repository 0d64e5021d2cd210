"""LSTMs on rows in order: on an extractor's own rows, or on those of another branch's encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.core.atomic import atomic
from mien.inference.aggregation import Aggregation, BranchOutput
from mien.training.learners.clip_set import ClipSet
from mien.training.learners.encoder import EncoderLearner, write_encoder
from mien.training.learners.exported import Exported
from mien.training.learners.joint import OwnAnswer
from mien.training.learners.network_onnx import write_network
from mien.training.learners.row_file import RowFile
from mien.training.learners.rows import changed, padded, thinned
from mien.training.learners.staged import Draws, Staged, log_softmax, spoken
from mien.training.models.build import RowEncoder
from mien.training.models.recurrent import RecurrentHead
from mien.training.recipes.networks import Recurrent
from mien.types import Features

__all__ = ["RecurrentLearner"]

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


class _Scaled(nn.Module):
    """A head behind the standardisation of its rows."""

    mean: Tensor
    spread: Tensor
    inputs = 2

    def __init__(self, head: RecurrentHead, inputs: int) -> None:
        super().__init__()
        self.head = head
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("spread", torch.ones(inputs))

    def forward(self, rows: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        answer: tuple[Tensor, Tensor] = self.head((rows - self.mean) / self.spread, mask)
        return answer

    def whole(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """One unpadded sequence (1,T,D)."""
        return self.head.whole((rows - self.mean) / self.spread)

    def read(self, rows: Tensor, mask: Tensor) -> tuple[Tensor, list[OwnAnswer]]:
        """See `mien.training.learners.joint.Part`."""
        descriptor = self(rows, mask)[1]
        return descriptor, [(self.head.last(descriptor.detach()), None)]


class RecurrentLearner(Staged):
    """See `mien.training.recipes.networks.Recurrent` and `mien.training.learners.learner.Learner`.

    Args:
        model: as declared.
        classes: size of the label set.
        shape: of one row of the extractor.
        base: the trained encoder that makes the rows; None reads the extractor's own.
    """

    declared: Recurrent
    net: _Scaled

    def __init__(
        self,
        model: Recurrent,
        classes: int,
        shape: tuple[int, ...],
        base: EncoderLearner | None = None,
    ) -> None:
        self.declared, self.classes, self.shape, self.base = model, classes, shape, base
        self.reading = Aggregation(model.sampler, model.repeat, model.pooling)
        self.inputs = shape[-1] if base is None else _width(base)
        self.net = self._new()

    def _new(self) -> _Scaled:
        model = self.declared
        head = RecurrentHead(
            self.inputs,
            self.classes,
            model.hidden,
            model.layers,
            model.bidirectional,
            model.descriptor,
            "last" if model.last else "mean",
            model.dropout,
            model.input_dropout,
            model.uniform,
            model.forget_bias,
        )
        return _Scaled(head, self.inputs)

    def train(self, data: ClipSet, folder: Path, seed: int) -> None:
        """Learn from clips that all have a valid row."""
        super().train(data, folder, seed)
        if self.declared.end_to_end is not None:
            self._together(data, folder / "end_to_end", seed)

    def _begin(self, data: ClipSet) -> Draws:
        self.net = self._new()
        prepared = RowFile(self.inputs)
        for clip, features in zip(data.ids, data.features, strict=True):
            prepared.put(clip, *self._rows(features))
        if self.declared.standardise:
            mean, spread = prepared.moments()
            self.net.mean, self.net.spread = torch.from_numpy(mean), torch.from_numpy(spread + 1e-4)

        def draws(clips: ClipSet, draw: np.random.Generator, _: int) -> tuple[Tensor, ...]:
            drop, sequences = self.declared.schooling.drop_rows, []
            for clip in clips.ids:
                rows, times = prepared[clip]
                sequences.append(rows[self._sequence(times, drop, draw)])
            return padded(sequences)

        return draws

    def _sequence(
        self, times: Doubles, drop: float, draw: np.random.Generator
    ) -> NDArray[np.int64]:
        """Places of the rows of one random sequence, some of them left out."""
        order = self.reading.sequences(times, draw)
        return thinned(order[int(draw.integers(len(order)))], drop, draw)

    def _together(self, data: ClipSet, folder: Path, seed: int) -> None:
        """Encoder and head end to end, from where each of them is (papers 001 and 004)."""
        school, base = self.declared.end_to_end, self.base
        assert school is not None
        assert base is not None
        both = _EndToEnd(base.net, self.net)
        draws = self._pictures(school.drop_rows)
        trained = self._stages(both, data, school, draws, folder, seed)
        assert isinstance(trained, _EndToEnd)
        base.net, self.net = trained.encoder, trained.head

    def _pictures(self, drop: float) -> Draws:
        """What draws one sequence of the extractor's rows from each clip, as the base sees them."""
        base = self.base
        assert base is not None

        def draws(clips: ClipSet, draw: np.random.Generator, _: int) -> tuple[Tensor, ...]:
            sequences = []
            for features in clips.features:
                valid = np.flatnonzero(features.valid)
                order = self._sequence(features.times[valid], drop, draw)
                rows = np.asarray(features.values[valid[order]])
                sequences.append(changed(rows, base.declared.changes, draw))
            return padded(sequences)

        return draws

    def part(self, data: ClipSet) -> tuple[nn.Module, Draws]:
        """See `mien.training.learners.joint.JointLearner`."""
        if self.base is None:
            draws = self._begin(data)
            return self.net, draws
        encoder = self.base.fresh(data)
        self.net = self._new()
        if self.declared.standardise:
            self._begin(data)
        draws = self._pictures(self.declared.schooling.drop_rows)
        return _EndToEnd(encoder, self.net), draws

    def take_part(self, trained: nn.Module) -> None:
        """Have what `part` gave, now that it is trained."""
        if isinstance(trained, _EndToEnd):
            assert self.base is not None
            self.base.net, self.net = trained.encoder, trained.head
        else:
            assert isinstance(trained, _Scaled)
            self.net = trained

    def _logits(self, net: nn.Module, tensors: tuple[Tensor, ...]) -> Tensor:
        logits: Tensor = net(*tensors)[0]
        return logits

    def _rows(self, features: Features) -> tuple[Floats, Doubles]:
        """(T,D) rows of a clip and their times."""
        if self.base is None:
            valid = features.valid
            return np.asarray(features.values[valid], np.float32), features.times[valid]
        rows, times = self.base.rows(features)
        return rows[:, : self.inputs], times

    @torch.no_grad()
    def _head(self, rows: Floats) -> tuple[Doubles, Doubles]:
        device = self.net.mean.device
        logits, descriptor = self.net.eval().whole(torch.from_numpy(rows).to(device))
        return log_softmax(logits)[0], descriptor[0].double().cpu().numpy()

    def predict(self, features: Features) -> BranchOutput | None:
        """What a clip says; None where it has no valid row."""
        if not features.valid.any():
            return None
        rows, times = self._rows(features)
        return spoken(lambda x, t: self.reading(x, t, self.classes, self._head), rows, times)

    def save(self, folder: Path) -> None:
        """Write the weights, and those of the encoder, which may have been trained further."""
        super().save(folder)
        if self.base is not None:
            with atomic(folder / "encoder.pt") as partial:
                torch.save(self.base.net.state_dict(), partial)

    def load(self, folder: Path) -> None:
        """Read the weights."""
        super().load(folder)
        if self.base is not None:
            self.base.take(torch.load(folder / "encoder.pt", weights_only=True))

    def export(self, folder: Path, name: str) -> Exported:
        """Write the head, and the encoder if there is one."""
        path = folder / f"{name}.onnx"
        example, more = torch.zeros(1, 5, self.inputs), ("descriptor",)
        write_network(self.net, self.net.whole, example, path, {1: "time"}, more)
        model = self.declared
        branch = {
            "head": path.name,
            "sampler": vars(model.sampler),
            "repeat": model.repeat,
            "pooling": model.pooling,
        }
        if self.base is None:
            return Exported({}, branch)
        encoder = folder / f"{name}_encoder.onnx"
        write_encoder(self.base.net, self.base.declared.window, self.shape, encoder)
        stream: dict[str, object] = {"encoder": encoder.name}
        window, overlap = self.base.declared.window, self.base.declared.overlap
        if window > 1:
            stream |= {"window": window, "stride": window - overlap}
        return Exported(stream, branch)


class _EndToEnd(nn.Module):
    """Crops (B,T,...) and their mask -> logits, descriptor."""

    inputs = 2

    def __init__(self, encoder: RowEncoder, head: _Scaled) -> None:
        super().__init__()
        self.encoder, self.head = encoder, head

    def forward(self, frames: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        answer: tuple[Tensor, Tensor] = self.head(self._rows(frames, mask)[0], mask)
        return answer

    def read(self, frames: Tensor, mask: Tensor) -> tuple[Tensor, list[OwnAnswer]]:
        """See `mien.training.learners.joint.Part`."""
        rows, seen = self._rows(frames, mask)
        descriptor, answers = self.head.read(rows, mask)
        own = self.encoder.answer(seen.detach()), torch.nonzero(mask)[:, 0]
        return descriptor, [own, *answers]

    def _rows(self, frames: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """(B,T,D) with zeros behind, and (N,D) the real ones alone."""
        # Padding is left out, so that it cannot change the statistics of batch norms.
        seen = self.encoder.embed(frames[mask])
        rows = seen.new_zeros(*mask.shape, seen.shape[1])
        rows[mask] = seen
        return rows, seen


@torch.no_grad()
def _width(base: EncoderLearner) -> int:
    """Values of the encoder's embedding."""
    window = (base.declared.window,) if base.declared.window > 1 else ()
    dtype = torch.float32 if base.net.mean.ndim == 2 else torch.uint8
    return int(base.net.eval().embed(torch.zeros(1, *window, *base.shape, dtype=dtype)).shape[1])
