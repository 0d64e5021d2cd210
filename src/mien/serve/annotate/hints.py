"""mien's own answer for a stretch, for a coder who asks for it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np

from mien.errors import MienError, UsageError
from mien.evaluation.agree.windows import probabilities_over
from mien.inference.analysis import analyze
from mien.labels import LabelSet
from mien.output.stored_answers import answer_files, read_answer, stored_answers
from mien.serve.annotate.tasks import Task
from mien.types import Prediction

__all__ = ["Hints"]


class Hints:
    """Takes a stored answer beside the clip (`clip.mp4.json`), or works one out, a clip at a time.

    Args:
        model: folder or name of the bundle; None is the default one.
    """

    def __init__(self, model: str | None = None) -> None:
        self._model = model
        self._lock = threading.Lock()
        self._answer = lru_cache(maxsize=64)(self._answered)

    def probabilities(self, task: Task) -> Mapping[str, float] | None:
        """{label: p} over the stretch; None where there was nothing to go by.

        Raises:
            MediaError: the clip cannot be read.
            UsageError: what stands beside it is no answer.
            BundleError: the model cannot be used.
        """
        with self._lock:
            answer = self._answer(task.path)
        if task.start is None and task.end is None:
            return answer.probabilities
        labels = LabelSet("answer", answer.labels)
        start = np.array([task.start or 0.0])
        end = np.array([task.end if task.end is not None else float(answer.source["duration"])])
        shares, covered = probabilities_over(answer, labels, start, end)
        return labels.by_name(shares[0]) if covered[0] > 0 else None

    def _answered(self, path: Path) -> Prediction:
        stored = path.with_name(f"{path.name}.json")
        if stored.is_file():
            for file, name in answer_files([stored]):
                for content in stored_answers(file, name):
                    if isinstance(content, MienError):
                        raise UsageError(f"{content}; delete it, or let mien write it anew")
                    return read_answer(content)
        return analyze(path, model=self._model)
