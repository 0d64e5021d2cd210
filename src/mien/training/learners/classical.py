"""Forests, support vector machines, boosting and discriminants (scikit-learn) as learners.

A trained pipeline is kept as ONNX alone (skl2onnx), never as a pickle, so that what scores a clip
in the lab is what scores it in a bundle, and reading a run executes no code from it.
"""

from __future__ import annotations

import warnings
from copy import copy
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from mien.core.atomic import atomic
from mien.core.runtime import session
from mien.errors import TrainingError
from mien.inference.aggregation import BranchOutput
from mien.training.learners.clip_set import ClipSet, valid_rows
from mien.training.learners.exported import Exported
from mien.training.recipes.declaration import AdaBoost, Forest, Lda, Svm
from mien.types import Features

__all__ = ["ClassicalLearner"]

_PARITY = 1e-4


class ClassicalLearner:
    """A scikit-learn pipeline on the mean row of a clip; see `Learner`.

    Scores are log-probabilities: of `predict_proba`, or for the SVM the log-softmax of its
    one-against-rest decision values, whose largest is the class that `predict` gives; the
    temperature that is fitted later makes probabilities of them.
    """

    together = False

    def __init__(
        self, model: Svm | Forest | AdaBoost | Lda, classes: int, shape: tuple[int, ...]
    ) -> None:
        self.declared, self.classes, self.shape = model, classes, shape
        self._onnx = b""
        self._seen: NDArray[np.int64] = np.arange(classes)

    def train(self, data: ClipSet, folder: Path, seed: int) -> None:
        """Learn from clips that all have a valid row, and check the ONNX form on them."""
        x = np.stack([valid_rows(f).mean(0) for f in data.features])
        pipeline = _pipeline(self.declared, seed)
        pipeline.fit(x, data.labels)
        self._seen = np.unique(data.labels)
        self._onnx = self._converted(pipeline)
        folder.mkdir(parents=True, exist_ok=True)
        self.save(folder)
        self.load(folder)
        clear = _clear(pipeline, x)
        gap = float(np.abs(self._reference(pipeline, x) - self._rows(x))[clear].max(initial=0.0))
        if gap > _PARITY:
            raise TrainingError(f"the ONNX form differs from scikit-learn's by {gap:.1e}")

    def _converted(self, pipeline: Pipeline) -> bytes:
        from skl2onnx import to_onnx

        wanted = {"zipmap": False}
        if isinstance(self.declared, Svm):
            wanted["raw_scores"] = True
        options = {type(pipeline[-1]): wanted}
        example = np.zeros((1, *self.shape), np.float32)
        with warnings.catch_warnings():
            # skl2onnx still asks the SVM for an attribute that scikit-learn is giving up.
            warnings.simplefilter("ignore", FutureWarning)
            return bytes(to_onnx(pipeline, example, options=options).SerializeToString())

    def _reference(self, pipeline: Pipeline, x: NDArray[np.float32]) -> NDArray[np.float64]:
        if isinstance(self.declared, Svm):
            return self._spread(_log_softmax(_columns(pipeline.decision_function(x))))
        return self._spread(_log(pipeline.predict_proba(x)))

    def _rows(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        scores = np.asarray(self._run.run(None, {self._input: x})[1], np.float64)
        decides = isinstance(self.declared, Svm)
        return self._spread(_log_softmax(_columns(scores)) if decides else _log(scores))

    def _spread(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Columns of the classes seen in training -> of all classes; the others are unlikely."""
        result = np.full((len(rows), self.classes), np.log(1e-6))
        result[:, self._seen] = rows
        return result

    def predict(self, features: Features) -> BranchOutput | None:
        """What one clip says; None where it has no valid row."""
        if not features.valid.any():
            return None
        return BranchOutput(np.asarray(self._rows(valid_rows(features).mean(0)[None])[0]), 1)

    def save(self, folder: Path) -> None:
        """Write the ONNX file and the classes it knows."""
        for name, content in (
            ("model.onnx", self._onnx),
            ("classes.txt", " ".join(map(str, self._seen)).encode()),
        ):
            with atomic(folder / name) as partial:
                partial.write_bytes(content)

    def load(self, folder: Path) -> None:
        """Read what `save` wrote."""
        self._onnx = (folder / "model.onnx").read_bytes()
        self._seen = np.array([int(n) for n in (folder / "classes.txt").read_text().split()])
        self._run = session(folder / "model.onnx")
        self._input = self._run.get_inputs()[0].name

    def export(self, folder: Path, name: str) -> Exported:
        """Write `rows` (N,D) -> `log_probs` (N,C), in the form that bundles have."""
        from mien.training.learners.onnx_graph import with_log_probs

        decides, path = isinstance(self.declared, Svm), folder / f"{name}.onnx"
        with atomic(path) as partial:
            partial.write_bytes(
                with_log_probs(self._onnx, self._seen.tolist(), self.classes, decides)
            )
        return Exported({}, {"head": path.name})


def _pipeline(model: Svm | Forest | AdaBoost | Lda, seed: int) -> Pipeline:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.ensemble import AdaBoostClassifier, RandomForestClassifier
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC
    from sklearn.tree import DecisionTreeClassifier

    last: BaseEstimator
    if isinstance(model, Svm):
        weight = "balanced" if model.balanced else None
        last = SVC(
            C=model.c, kernel=model.kernel, gamma=model.gamma, class_weight=weight, break_ties=True
        )
    elif isinstance(model, Forest):
        weight = "balanced" if model.balanced else None
        last = RandomForestClassifier(
            model.trees,
            max_depth=model.depth,
            min_samples_leaf=model.leaf,
            min_samples_split=model.split,
            class_weight=weight,
            random_state=seed,
        )
        return Pipeline([("forest", last)])
    elif isinstance(model, AdaBoost):
        tree = DecisionTreeClassifier(max_depth=model.depth)
        last = AdaBoostClassifier(
            tree, n_estimators=model.rounds, learning_rate=model.rate, random_state=seed
        )
        return Pipeline([("boost", last)])
    else:
        last = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=model.shrinkage)
    if isinstance(model, Svm) and not model.standardise:
        return Pipeline([("model", last)])
    return Pipeline([("scale", StandardScaler()), ("model", last)])


def _columns(decision: NDArray[np.float64]) -> NDArray[np.float64]:
    """Decision values as (N,C); two classes have one value."""
    if decision.ndim == 1:
        decision = decision[:, None]
    return np.hstack([-decision, decision]) if decision.shape[1] == 1 else decision


def _log(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.log(np.clip(probabilities, 1e-6, 1)), np.float64)


def _clear(pipeline: Pipeline, x: NDArray[np.float32]) -> NDArray[np.bool_]:
    """(n,) False where two classes of an SVM tie: single precision may give the vote to either."""
    if pipeline[-1].__class__.__name__ != "SVC":
        return np.ones(len(x), bool)
    pairs = copy(pipeline[-1]).set_params(decision_function_shape="ovo")
    scaled = pipeline[:-1].transform(x) if len(pipeline) > 1 else x
    margins = np.abs(pairs.decision_function(scaled))
    return np.asarray(margins.reshape(len(x), -1).min(1) > _PARITY)


def _log_softmax(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted = rows - rows.max(1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(1, keepdims=True)))
