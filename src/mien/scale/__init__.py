"""The same analysis over a corpus that no single machine can take, on Ray.

    >>> from mien.scale import Run, analyze_corpus
    >>> analyze_corpus("s3://archive/2024", "s3://results/2024", run=Run(address="auto"))

See docs/scale.md.
"""

from __future__ import annotations

from mien.scale.corpus import Run, analyze_corpus
from mien.scale.state import State

__all__ = ["Run", "State", "analyze_corpus"]
