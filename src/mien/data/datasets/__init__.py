"""Labelled corpora, one a file; `corpora()` finds them all."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable

from mien.data.datasets.corpus import Corpus

__all__ = ["Corpus", "corpora", "published_folds"]


def corpora() -> dict[str, Corpus]:
    """All corpora that mien can read, by name."""
    by_name = {}
    for module in pkgutil.iter_modules(__path__):
        corpus = getattr(importlib.import_module(f"{__name__}.{module.name}"), "CORPUS", None)
        if isinstance(corpus, Corpus):
            by_name[corpus.name] = corpus
    return dict(sorted(by_name.items()))


def published_folds(name: str, speakers: Iterable[str]) -> list[frozenset[str]]:
    """The published folds of the corpus a manifest is named after, for the speakers at hand.

    Folds none of whose speakers are there are left out; nothing is given where there are no
    published ones, or where they do not hold all speakers.
    """
    here = set(speakers)
    for corpus in corpora().values():
        if name.startswith(corpus.name) and corpus.folds:
            kept = [fold & here for fold in corpus.folds if fold & here]
            return kept if set().union(*kept) == here else []
    return []
