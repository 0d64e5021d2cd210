"""Extractors: a stretch of a file in, `Features` out; one a file."""

from mien.features.extractors.catalog import extractor, extractors
from mien.features.extractors.extractor import Extractor

__all__ = ["Extractor", "extractor", "extractors"]
