"""Whether an embedding tells that its picture is like nothing the encoder has learned from.

Scores as they are known: distance of Mahalanobis (Lee et al. 2018), norm of the embedding (Yu et
al. 2020), and the likeliest class's probability (Hendrycks & Gimpel 2017). The answer for the
default bundle is in `reports/ranges.json`: none tells enough at few false alarms to warn by.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.bundle import Bundle
from mien.datasets import fer2013

__all__ = ["novelty"]

_COUNT = 1000
_FALSE = 0.01  # of FER2013's faces

Pictures = NDArray[np.uint8]
Rows = NDArray[np.float64]


def novelty(bundle: Bundle, root: Path) -> dict[str, dict[str, tuple[float, float]]]:
    """{pictures: {score: (AUROC against PublicTest, part found at 1 % of false alarms)}}.

    Args:
        bundle: whose face encoder is meant.
        root: of FER2013.
    """
    from sklearn.metrics import roc_auc_score

    splits = fer2013.load(root)
    names = len(bundle.labels)
    learned = _encode(bundle, splits["Training"].pictures)[:, :-names]
    centre = learned.mean(0)
    spread = np.linalg.pinv(np.cov(learned.T))

    def scores(pictures: Pictures) -> dict[str, Rows]:
        rows = _encode(bundle, pictures)
        away = rows[:, :-names] - centre
        return {
            "Mahalanobis": np.asarray(((away @ spread) * away).sum(1)),
            "norm": -np.linalg.norm(rows[:, :-names], axis=1),
            "probability": -rows[:, -names:].max(1),
        }

    faces = splits["PublicTest"].pictures
    usual, result = scores(faces), {}
    for name, pictures in _strange(faces[:_COUNT]).items():
        found = scores(pictures)
        result[name] = {
            score: (
                round(
                    float(
                        roc_auc_score(
                            np.r_[np.zeros(len(faces)), np.ones(len(pictures))],
                            np.r_[usual[score], found[score]],
                        )
                    ),
                    3,
                ),
                round(float(np.mean(found[score] > np.quantile(usual[score], 1 - _FALSE))), 3),
            )
            for score in usual
        }
    return result


def _encode(bundle: Bundle, pictures: Pictures) -> Rows:
    return np.asarray(bundle.encode("face", pictures, whole=True), np.float64)


def _strange(faces: Pictures) -> dict[str, Pictures]:
    """Noise, and faces that nobody could read."""
    draw, (count, side) = np.random.default_rng(0), faces.shape[:2]
    coarse = draw.integers(0, 256, (count, 8, 8)).astype(np.uint8)
    smooth = [cv2.resize(p, (side, side), interpolation=cv2.INTER_CUBIC) for p in coarse]
    tiles = faces.reshape(count, 4, side // 4, 4, side // 4)
    shuffled = tiles[:, draw.permutation(4)][:, :, :, draw.permutation(4)]
    return {
        "white noise": draw.integers(0, 256, faces.shape).astype(np.uint8),
        "smooth noise": np.asarray(smooth, np.uint8),
        "upside down": faces[:, ::-1].copy(),
        "cut into 16 and shuffled": shuffled.reshape(faces.shape),
        "blurred by 3 px": np.stack(
            [np.asarray(cv2.GaussianBlur(p, (0, 0), 3), np.uint8) for p in faces]
        ),
        "half covered": np.where(np.arange(side) < side // 2, np.uint8(128), faces),
    }
