"""Fitting the stacked classifiers (scikit-learn and skl2onnx, extra `train`)."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.svm import SVC

from mien.core.atomic import atomic
from mien.errors import TrainingError, UsageError
from mien.fusion.fused_onnx import ONNX_FILE
from mien.fusion.fuser import Given
from mien.fusion.log_pool import softmax
from mien.fusion.stacked import FusedStacked, probabilities
from mien.training.learners.onnx_graph import with_log_probs

__all__ = ["fit_stacked"]

_PARITY = 1e-5

Floats = NDArray[np.float32]


def fit_stacked(classifier: ClassifierMixin, data: Given) -> FusedStacked:
    """Fit, write the ONNX file, and compare it with scikit-learn on the clips themselves.

    Raises:
        UsageError: all clips are of one class.
        TrainingError: the ONNX file gives other probabilities.
    """
    counts = np.bincount(data.labels, minlength=data.classes)
    if (counts > 0).sum() < 2:
        raise UsageError("a stacked fusion needs clips of two classes or more")
    prior = tuple((counts / counts.sum()).tolist())
    rows = probabilities(data.stack, prior)
    classifier.fit(rows, data.labels)
    path = data.folder / ONNX_FILE
    with atomic(path) as partial:
        partial.write_bytes(_onnx(classifier, rows.shape[1], data.classes))
    fused = FusedStacked(data.stack.branches, data.classes, type(classifier).__name__, path, prior)
    _check(fused, classifier, data, rows)
    return fused


def _onnx(classifier: ClassifierMixin, width: int, classes: int) -> bytes:
    from skl2onnx import to_onnx

    decides = isinstance(classifier, SVC)
    wanted = {"zipmap": False, **({"raw_scores": True} if decides else {})}
    example = np.zeros((1, width), np.float32)
    with warnings.catch_warnings():
        # skl2onnx still asks the SVM for an attribute that scikit-learn is giving up.
        warnings.simplefilter("ignore", FutureWarning)
        model = to_onnx(classifier, example, options={type(classifier): wanted})
    content = bytes(model.SerializeToString())
    return with_log_probs(content, classifier.classes_.tolist(), classes, decides)


def _check(fused: FusedStacked, classifier: ClassifierMixin, data: Given, rows: Floats) -> None:
    if isinstance(classifier, SVC):
        decided = classifier.decision_function(rows)
        two = decided.ndim == 1
        wanted = softmax(np.stack([-decided, decided], 1) if two else decided)
    else:
        wanted = classifier.predict_proba(rows)
    answers = fused.fuse(data.stack)[:, classifier.classes_]
    gaps = np.abs(answers - wanted).max(1)
    # In float32 a pair of classes, or a tree, may decide the other way where it hardly decides.
    if (gaps > _PARITY).sum() > max(1, len(gaps) // 100):
        raise TrainingError(f"the ONNX form differs from scikit-learn's by {gaps.max():.1e}")
