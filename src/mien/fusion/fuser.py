"""The one interface of all fusions: declared, fitted on scores, kept, and read back without torch.

A `Fusion` is what a recipe declares: a frozen dataclass of plain numbers. Its `fit` sees the
scores that it is given and nothing else; give it out-of-fold scores, since a network's scores on
its own training clips are far too sure. The result, a `Fused`, is numpy and onnxruntime alone
and the very same in the lab and in a bundle.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from mien.core.checked import json_bytes
from mien.core.found import file_name, module_of
from mien.errors import UsageError
from mien.fusion.branch_scores import BranchScores, Stack, stacked
from mien.fusion.log_pool import softmax

__all__ = ["Fused", "Fusion", "Given", "Say", "fusion"]

Vector = NDArray[np.float64]
Rows = NDArray[np.float64]
Labels = NDArray[np.int64]
Say = tuple[Vector | None, Vector | None]

_KNOWN: dict[str, type[Fusion]] = {}


@dataclass(frozen=True)
class Given:
    """What a fusion is fitted on: clips that all have at least one branch.

    Args:
        stack: the branches.
        labels: (n,) columns of the label set.
        classes: size of the label set.
        seed: of everything that is drawn.
        folder: takes the ONNX file and log of those that have one.
    """

    stack: Stack
    labels: Labels
    classes: int
    seed: int
    folder: Path


class Fusion(ABC):
    """A declared fusion; the numbers are the fields of the subclass."""

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        _KNOWN[cls.__name__] = cls

    def fit(
        self,
        parts: Mapping[str, BranchScores],
        labels: Labels,
        classes: int,
        seed: int,
        folder: Path,
    ) -> Fused:
        """Fit on held-out scores of n clips; clips without any branch teach nothing.

        Args:
            parts: {branch: its scores}.
            labels: (n,) columns of the label set.
            classes: size C of the label set.
            seed: of everything that is drawn.
            folder: of this fit alone, made if it is missing; takes the ONNX file and log of those
                that have one.

        Raises:
            UsageError: a branch is absent from every clip, or the arrays do not fit together.
        """
        stack = stacked(parts, sorted(parts), classes)
        if labels.shape != (len(stack),) or not ((labels >= 0) & (labels < classes)).all():
            raise UsageError(f"labels: must be {len(stack)} columns from 0 to {classes - 1}")
        for b, name in enumerate(stack.branches):
            if not stack.present[:, b].any():
                raise UsageError(f"branch '{name}' is absent from every clip; leave it out")
        here = stack.some()
        folder.mkdir(parents=True, exist_ok=True)
        return self._fitted(Given(stack.rows(here), labels[here], classes, seed, folder))

    @abstractmethod
    def _fitted(self, data: Given) -> Fused:
        """The fitted form."""


def fusion(name: str) -> type[Fusion] | None:
    """The declared fusion of this name, of those that were imported or that have a file here.

    Args:
        name: of the class; its file is called as it is, in lower case: `TrimmedMean` is looked for
            in `trimmed_mean.py`.
    """
    if name not in _KNOWN:
        module_of("mien.fusion", file_name(name))
    return _KNOWN.get(name)


@dataclass(frozen=True)
class Fused(ABC):
    """A fitted fusion.

    Args:
        branches: their names, sorted.
        classes: size C of the label set.
        temperature: by which log-probabilities are divided at the end (`mien.fusion.calibrate`).
    """

    kind: ClassVar[str]

    branches: tuple[str, ...]
    classes: int
    temperature: float = field(default=1.0, kw_only=True)

    def __post_init__(self) -> None:
        if not self.branches or self.classes < 1 or not 0 < self.temperature < np.inf:
            raise UsageError("a fusion needs a branch, a class and a temperature above 0")

    def __call__(self, answers: Mapping[str, Say]) -> Vector | None:
        """Fuse one clip.

        Args:
            answers: {branch: (log-probabilities (C,) or None where absent, descriptor (D,) or
                None)}; a branch left out is absent.

        Returns:
            (C,) probabilities; None when every branch is absent.
        """
        parts = {name: _single(*say, self.classes) for name, say in answers.items()}
        fused = self.batch(parts)[0] if parts else np.full(self.classes, np.nan)
        return None if np.isnan(fused[0]) else fused

    def batch(self, parts: Mapping[str, BranchScores]) -> Rows:
        """{branch: its scores of n clips} -> (n,C) probabilities, NaN where all are absent."""
        stack = stacked(parts, self.branches, self.classes)
        here = stack.some()
        result = np.full((len(stack), self.classes), np.nan)
        if here.any():
            result[here] = self.fuse(stack.rows(here))
        return result

    def fuse(self, stack: Stack) -> Rows:
        """(n,C) probabilities of clips that all have at least one branch."""
        scores = self._scores(stack)
        if self.temperature == 1:
            return scores
        return softmax(np.log(np.maximum(scores, 1e-12)) / self.temperature)

    @abstractmethod
    def _scores(self, stack: Stack) -> Rows:
        """(n,C) probabilities before the temperature."""

    def save(self, folder: Path) -> dict[str, object]:  # noqa: ARG002  (some write a file)
        """What `mien.fusion.load.load_fusion` needs: plain JSON, for some also a file."""
        return {"kind": self.kind, **msgspec.json.decode(json_bytes(self))}


def _single(log_probs: Vector | None, descriptor: Vector | None, classes: int) -> BranchScores:
    """A branch of a single clip."""
    if log_probs is None:
        return BranchScores(np.full((1, classes), np.nan), None, np.zeros(1, bool))
    rows = None if descriptor is None else np.asarray(descriptor, float)[None]
    return BranchScores(np.asarray(log_probs, float)[None], rows, np.ones(1, bool))
