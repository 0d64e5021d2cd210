from __future__ import annotations

from pathlib import Path

import numpy as np

from mien.fusion.fit_log_pool import fit_log_pool
from mien.fusion.log_opinion import FusedLogPool, LogOpinion

from .clips import CLASSES, made


def test_it_is_the_log_pool(tmp_path: Path) -> None:
    parts, labels = made(200, seed=0)
    fused = LogOpinion(shrink=0.2).fit(parts, labels, CLASSES, 0, tmp_path)
    assert isinstance(fused, FusedLogPool)
    pool = fit_log_pool({n: p.log_probs for n, p in parts.items()}, labels, 0.2)
    assert dict(fused.weights) == dict(pool.weights)
    said = fused.batch(parts)
    for row in range(1, 40):
        here = {n: p.log_probs[row] if p.present[row] else None for n, p in parts.items()}
        wanted = pool(here)
        if wanted is not None:
            np.testing.assert_allclose(said[row], wanted, atol=1e-6)
