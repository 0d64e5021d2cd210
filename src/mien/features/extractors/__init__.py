"""Extractors: a stretch of a file in, `Features` out; one a file."""

from mien.features.extractors.catalog import EXTRACTORS, extractor
from mien.features.extractors.extractor import Extractor

__all__ = ["EXTRACTORS", "Extractor", "extractor"]
