"""Logistic regression on statistics over time: quick, convex, and strong where clips are few.

A clip is mean and deviation of its rows (Kaya et al. 2017 do the same with frames of AFEW), a
multinomial logistic regression reads them, and the whole of it is one matrix product in a bundle.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.core.atomic import atomic
from mien.features.windows import WindowStats
from mien.inference.aggregation import BranchOutput
from mien.inference.evidence import PIECE, GridStats
from mien.training.learners.clip_set import ClipSet, valid_rows
from mien.training.learners.exported import Exported
from mien.training.recipes.declaration import Linear
from mien.types import Features

__all__ = ["LinearHead", "LinearLearner", "fit_head"]

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

_UNSEEN = np.log(1e-6)  # of a class that no clip showed
_STEPS = 500


@dataclass(frozen=True)
class LinearHead:
    """Statistics -> log-probabilities.

    Args:
        weights: (E,C), standardisation included.
        bias: (C,); a class that was not seen in training has log(1e-6).
    """

    weights: Floats
    bias: Floats

    def __call__(self, rows: NDArray[np.floating]) -> Doubles:
        """Statistics (N,E) -> log-probabilities (N,C)."""
        logits = rows.astype(np.float64) @ self.weights + self.bias
        logits -= logits.max(1, keepdims=True)
        return np.asarray(logits - np.log(np.exp(logits).sum(1, keepdims=True)))

    def save(self, path: Path) -> None:
        """Write the ONNX file that bundles run: `rows` (N,E) -> `log_probs` (N,C)."""
        from onnx import TensorProto, checker, helper, numpy_helper

        shape, classes = self.weights.shape
        graph = helper.make_graph(
            [
                helper.make_node("Gemm", ["rows", "weights", "bias"], ["logits"]),
                helper.make_node("LogSoftmax", ["logits"], ["log_probs"], axis=1),
            ],
            "linear",
            [helper.make_tensor_value_info("rows", TensorProto.FLOAT, ["n", shape])],
            [helper.make_tensor_value_info("log_probs", TensorProto.FLOAT, ["n", classes])],
            [
                numpy_helper.from_array(self.weights, "weights"),
                numpy_helper.from_array(self.bias, "bias"),
            ],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        checker.check_model(model)
        with atomic(path) as partial:
            partial.write_bytes(model.SerializeToString())

    @classmethod
    def load(cls, path: Path) -> LinearHead:
        """Read what `save` wrote."""
        import onnx
        from onnx import numpy_helper

        parts = {w.name: numpy_helper.to_array(w) for w in onnx.load(str(path)).graph.initializer}
        return cls(parts["weights"], parts["bias"])


def fit_head(
    rows: Doubles, labels: NDArray[np.int64], classes: int, c: float, weights: Doubles
) -> LinearHead:
    """Fit multinomial logistic regression on standardised statistics (`sklearn`, L-BFGS).

    Args:
        rows: (n,E) statistics.
        labels: (n,) columns.
        classes: C.
        c: inverse of the strength of the L2 penalty.
        weights: (n,) of the rows.
    """
    from sklearn.linear_model import LogisticRegression

    mean, deviation = rows.mean(0), rows.std(0) + 1e-4
    seen = np.unique(labels)
    full = np.zeros((rows.shape[1], classes))
    bias = np.full(classes, _UNSEEN)
    if len(seen) == 1:
        bias[seen] = 0.0
    else:
        model = LogisticRegression(C=c, max_iter=_STEPS)
        model.fit((rows - mean) / deviation, labels, sample_weight=weights / weights.mean())
        two = len(seen) == 2  # scikit-learn keeps one column then
        columns = np.concatenate([-model.coef_, model.coef_]) / 2 if two else model.coef_
        first = np.concatenate([-model.intercept_, model.intercept_]) / 2 if two else None
        full[:, seen] = columns.T / deviation[:, None]
        bias[seen] = (model.intercept_ if first is None else first) - mean @ full[:, seen]
    return LinearHead(full.astype(np.float32), bias.astype(np.float32))


class LinearLearner:
    """See `Linear` in `declaration`, and `Learner`.

    Args:
        model: as declared.
        classes: size of the label set.
        shape: of one row, (D,).
    """

    together = False

    def __init__(self, model: Linear, classes: int, shape: tuple[int, ...]) -> None:
        self.declared, self.classes = model, classes
        size = 2 * int(np.prod(shape))
        zeros = np.zeros((size, classes), np.float32), np.zeros(classes, np.float32)
        self.head = LinearHead(*zeros)

    def train(self, data: ClipSet, folder: Path, seed: int) -> None:  # noqa: ARG002  (convex)
        """Learn from clips that all have a valid row."""
        stats = [WindowStats.of(valid_rows(clip)) for clip in data.features]
        rows = np.stack([stat.row for stat in stats]).astype(np.float64)
        counts = np.array(data.counts, float)
        weights = 1 / counts[data.labels] if self.declared.balanced else np.ones(len(data))
        self.head = fit_head(rows, data.labels, self.classes, self.declared.c, weights)
        folder.mkdir(parents=True, exist_ok=True)

    def predict(self, features: Features) -> BranchOutput | None:
        """What a clip says; None where it has no valid row."""
        evidence = GridStats(self._read, piece=PIECE)
        evidence.add(features.times[features.valid], valid_rows(features))
        return evidence.all()

    def _read(self, stats: WindowStats) -> BranchOutput:
        return BranchOutput(self.head(stats.row[None])[0], stats.n)

    def save(self, folder: Path) -> None:
        """Write the head."""
        self.head.save(folder / "head.onnx")

    def load(self, folder: Path) -> None:
        """Read the head."""
        self.head = LinearHead.load(folder / "head.onnx")

    def export(self, folder: Path, name: str) -> Exported:
        """Write the head, and how a bundle reads with it."""
        path = folder / f"{name}.onnx"
        self.head.save(path)
        return Exported({}, {"head": path.name, "pooling": "statistics"})
